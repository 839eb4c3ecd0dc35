"""Error responses as problem details (RFC 9457), and their descriptions in the OpenAPI document."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Route

from app.core.errors import AppError, FieldError, InvalidInput, PermanentRedirect, TooManyRequests, Unavailable
from app.core.problems import json_pointer, problem_body
from app.web.request_body import InvalidBody

log = structlog.get_logger("app.problems")

MAX_ERRORS = 50  # maximum number of errors in one response
COMMON_ERRORS: tuple[type[AppError], ...] = (InvalidInput, TooManyRequests, Unavailable)
READ_ONLY_SQLSTATE = "25006"  # PostgreSQL error code read_only_sql_transaction
MEDIA_TYPE = "application/problem+json"
DETAILS = {
    400: "The request could not be read.",
    401: "A valid access token is required.",
    404: "This address does not exist.",
    405: "This address does not support the request method.",
    408: "The request took too long to arrive.",
    413: "The request body is too large.",
    422: "Some values are not valid. Please check them and try again.",
    415: "The body must be UTF-8 JSON with the content type application/json.",
    431: "The request headers are too large.",
    500: "Something went wrong on our side. The error was logged; the header X-Request-ID identifies it.",
    503: "The service is temporarily unavailable. Please try again in a moment.",
}
CODES = {
    400: "malformed_request",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    413: "body_too_large",
    415: "unsupported_media_type",
    431: "headers_too_large",
    500: "internal_error",
    503: "unavailable",
}


Responses = dict[int | str, dict[str, Any]]


def responses(*errors: type[AppError]) -> Responses:
    """Return the OpenAPI `responses` for the errors that an endpoint can return.

    Each status code also lists the errors with this code that all endpoints share.
    """
    messages_by_status: dict[int, dict[str, str]] = defaultdict(dict)
    extensions: dict[str, Mapping[str, Any]] = {}
    for error in errors:
        common_messages = {common.code: common.message for common in COMMON_ERRORS if common.status == error.status}
        messages_by_status[error.status] |= common_messages | {error.code: error.message}
        extensions[error.code] = error.extensions_example
    return {status: documented_problem(status, messages, extensions) for status, messages in messages_by_status.items()}


def documented_problem(
    status: int, messages: Mapping[str, str], extensions: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
) -> dict[str, Any]:
    """Return the OpenAPI description of an error status, with one example per error code."""
    examples = {
        code: {"value": problem_body(status, code, message, extensions=extensions.get(code))}
        for code, message in messages.items()
    }
    return {
        "description": " or ".join(f"`{code}`" for code in messages),
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}},
    }


def problem(
    status: int,
    code: str,
    detail: str,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
    extensions: Mapping[str, Any] | None = None,
) -> Response:
    body = problem_body(status, code, detail, errors, extensions)
    return JSONResponse(body, status_code=status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def status_problem(status: int, headers: Mapping[str, str] | None = None) -> Response:
    """Return a generic error response for a status code, as problem details."""
    code = CODES.get(status) or HTTPStatus(status).phrase.lower().replace(" ", "_")
    return problem(status, code, DETAILS.get(status) or HTTPStatus(status).description, headers=headers)


def add_exception_handlers(app: FastAPI) -> None:
    app.add_exception_handler(AppError, _handle_app_error)
    app.add_exception_handler(PermanentRedirect, _handle_redirect)
    app.add_exception_handler(RequestValidationError, _handle_validation_error)
    app.add_exception_handler(HTTPException, _handle_http_exception)
    app.add_exception_handler(DBAPIError, _handle_database_error)
    app.add_exception_handler(PoolTimeout, _handle_database_error)


def _handle_app_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, AppError)
    return problem(error.status, error.code, error.detail, error.errors, error.headers, error.extensions)


def _handle_redirect(request: Request, error: Exception) -> Response:
    assert isinstance(error, PermanentRedirect)
    query = request.scope["query_string"].decode("latin-1")
    address = request.scope["path"].rpartition("/")[0] + f"/{error.name}" + (f"?{query}" if query else "")
    return Response(status_code=308, headers={"Location": address, "Cache-Control": "public, max-age=300"})


def _handle_validation_error(request: Request, error: Exception) -> Response:
    """Return a response that lists the invalid fields without their values, which may be sensitive."""
    assert isinstance(error, RequestValidationError)
    errors = [_field_error(detail) for detail in error.errors()[:MAX_ERRORS]]
    if any(detail["type"] == "json_invalid" for detail in error.errors()):
        return problem(400, CODES[400], "The body is not valid JSON.", errors)
    return problem(InvalidInput.status, InvalidInput.code, DETAILS[422], errors)


def _field_error(error: Mapping[str, Any]) -> FieldError:
    location, *path = error["loc"]
    if error["type"] == "json_invalid":
        return FieldError("body", "", f"Invalid JSON at character {path[0]}.")
    return FieldError(location, json_pointer(path), error["msg"].removeprefix("Value error, "))


def _handle_http_exception(request: Request, error: Exception) -> Response:
    if isinstance(error, InvalidBody):
        return _handle_app_error(request, error.error)
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_allowed_methods(request.app.routes, request.scope["path"]))
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=headers)
    return status_problem(error.status_code, headers)


def _allowed_methods(routes: Iterable[BaseRoute], path: str) -> list[str]:
    """Return the methods of all routes that match a path. Starlette only considers the first route."""
    methods = {"OPTIONS"}
    for route in routes:
        if isinstance(route, Route) and route.methods and route.path_regex.match(path):
            methods |= route.methods
    return sorted(methods | {"HEAD"} if "GET" in methods else methods)


def _handle_database_error(request: Request, error: Exception) -> Response:
    """Return status 503 if the database is unavailable. Re-raise any other error."""
    if not is_database_unavailable(error):
        raise error
    cause = error.orig if isinstance(error, DBAPIError) else error
    log.warning("database_unavailable", error=type(error).__name__, reason=str(cause).partition("\n")[0])
    return status_problem(503, {"Retry-After": "2"})


def is_database_unavailable(error: Exception) -> bool:
    """Return whether an error means that the database is unreachable, read-only or busy."""
    return isinstance(error, OperationalError | PoolTimeout) or (
        isinstance(error, DBAPIError) and (error.connection_invalidated or _is_read_only(error))
    )


def _is_read_only(error: DBAPIError) -> bool:
    """Return whether PostgreSQL rejected a write as read-only. SQLite raises OperationalError instead."""
    return getattr(error.orig, "sqlstate", None) == READ_ONLY_SQLSTATE


COMMON_RESPONSES = responses(InvalidInput, Unavailable) | {500: documented_problem(500, {CODES[500]: DETAILS[500]})}
RATE_LIMIT_RESPONSES = responses(TooManyRequests)
BODY_RESPONSES = {
    status: documented_problem(status, {CODES[status]: DETAILS[status]}) for status in (400, 408, 413, 415)
}
