"""Every error is one shape, RFC 9457 problem details, whoever found it."""

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

from app.core.errors import AppError, BadInput, FieldError, Moved, TooMany, Unavailable
from app.core.problems import content, pointer_of
from app.web.request_body import RefusedBody

log = structlog.get_logger("app.problems")

MOST_TOLD = 50  # errors of one request
ALWAYS: tuple[type[AppError], ...] = (BadInput, TooMany, Unavailable)
READ_ONLY = "25006"  # as PostgreSQL names it
MEDIA_TYPE = "application/problem+json"
DETAILS = {
    400: "The request could not be read.",
    401: "This needs a valid token.",
    404: "There is nothing at this address.",
    405: "This address does not take that method.",
    408: "The request took too long to arrive.",
    413: "The body is larger than this address takes.",
    422: "Some of what was sent can't be used.",
    415: "The body must be JSON, sent as application/json in UTF-8.",
    431: "The request's headers are larger than this server takes.",
    500: "Something went wrong on our side. It has been recorded under the request id.",
    503: "The database can't be reached just now. Please try again in a moment.",
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


def refusals(*errors: type[AppError]) -> Responses:
    """The OpenAPI `responses` for the errors that an endpoint may raise, beside those that every endpoint may."""
    said: dict[int, dict[str, str]] = defaultdict(dict)
    more: dict[str, Mapping[str, Any]] = {}
    for error in errors:
        always = {each.code: each.says for each in ALWAYS if each.status == error.status}
        said[error.status] |= always | {error.code: error.says}
        more[error.code] = error.more_example
    return {status: problem_response(status, texts, more) for status, texts in said.items()}


def problem_response(
    status: int, texts: Mapping[str, str], more: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
) -> dict[str, Any]:
    """One status in the document, with an example of each code that comes with it, and of what stands beside it."""
    examples = {code: {"value": content(status, code, text, more=more.get(code))} for code, text in texts.items()}
    return {
        "description": " or ".join(f"`{code}`" for code in texts),
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}},
    }


def problem(
    status: int,
    code: str,
    detail: str,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Response:
    body = content(status, code, detail, errors, more)
    return JSONResponse(body, status_code=status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def plain_problem(status: int, headers: Mapping[str, str] | None = None) -> Response:
    """The problem that stands for a bare status code."""
    code = CODES.get(status) or HTTPStatus(status).phrase.lower().replace(" ", "_")
    return problem(status, code, DETAILS.get(status) or HTTPStatus(status).description, headers=headers)


def install(app: FastAPI) -> None:
    app.add_exception_handler(AppError, _refused)
    app.add_exception_handler(Moved, _moved)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _bare)
    app.add_exception_handler(DBAPIError, _database_failed)
    app.add_exception_handler(PoolTimeout, _database_failed)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, AppError)
    return problem(error.status, error.code, error.detail, error.errors, error.headers, error.more)


def _moved(request: Request, error: Exception) -> Response:
    assert isinstance(error, Moved)
    query = request.scope["query_string"].decode("latin-1")
    address = request.scope["path"].rpartition("/")[0] + f"/{error.name}" + (f"?{query}" if query else "")
    return Response(status_code=308, headers={"Location": address, "Cache-Control": "public, max-age=300"})


def _invalid(request: Request, error: Exception) -> Response:
    """Says what was wrong and where; never what was sent, which may be somebody's password."""
    assert isinstance(error, RequestValidationError)
    errors = [_field_error(each) for each in error.errors()[:MOST_TOLD]]
    if any(each["type"] == "json_invalid" for each in error.errors()):
        return problem(400, CODES[400], "The body isn't valid JSON.", errors)
    return problem(BadInput.status, BadInput.code, DETAILS[422], errors)


def _field_error(error: Mapping[str, Any]) -> FieldError:
    place, *path = error["loc"]
    if error["type"] == "json_invalid":
        return FieldError("body", "", f"JSON stops making sense at character {path[0]}.")
    return FieldError(place, pointer_of(path), error["msg"].removeprefix("Value error, "))


def _bare(request: Request, error: Exception) -> Response:
    if isinstance(error, RefusedBody):
        return _refused(request, error.refusal)
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_allowed_methods(request.app.routes, request.scope["path"]))
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=headers)
    return plain_problem(error.status_code, headers)


def _allowed_methods(routes: Iterable[BaseRoute], path: str) -> list[str]:
    """Every method that some route takes at this path; Starlette names only the first route's."""
    methods = {"OPTIONS"}
    for route in routes:
        if isinstance(route, Route) and route.methods and route.path_regex.match(path):
            methods |= route.methods
    return sorted(methods | {"HEAD"} if "GET" in methods else methods)


def _database_failed(request: Request, error: Exception) -> Response:
    """503 when the database is away or busy; anything else is a fault of ours, for the catch-all."""
    if not is_away(error):
        raise error
    said = error.orig if isinstance(error, DBAPIError) else error
    log.warning("database_unavailable", error=type(error).__name__, reason=str(said).partition("\n")[0])
    return plain_problem(503, {"Retry-After": "2"})


def is_away(error: Exception) -> bool:
    """Whether the database is away or busy."""
    return isinstance(error, OperationalError | PoolTimeout) or (
        isinstance(error, DBAPIError) and (error.connection_invalidated or _is_standby(error))
    )


def _is_standby(error: DBAPIError) -> bool:
    """A PostgreSQL that takes no writes just now; SQLite tells as much by an OperationalError."""
    return getattr(error.orig, "sqlstate", None) == READ_ONLY


EVERYWHERE = refusals(BadInput, Unavailable) | {500: problem_response(500, {CODES[500]: DETAILS[500]})}
LIMITED = refusals(TooMany)
OF_BODIES = {status: problem_response(status, {CODES[status]: DETAILS[status]}) for status in (400, 408, 413, 415)}
