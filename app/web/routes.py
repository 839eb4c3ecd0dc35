"""The route class of the API: it runs each endpoint in a thread with a database session.

One thread runs the endpoint, serializes its result and commits the transaction. Then the response is sent.

An endpoint is a synchronous function with typed parameters and a return type. One parameter is its database session: a
`RequestSession`, or `Transactions` if it needs several transactions.
"""

import inspect
from collections.abc import Callable, Coroutine
from enum import Enum
from functools import cache, wraps
from typing import Annotated, Any, get_args, get_origin

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError
from typing_extensions import override

from app.core.db.request_runner import RequestSession
from app.core.db.transactions import Transactions
from app.core.networks import network_of
from app.core.settings import Settings
from app.web import problems
from app.web.query_params import QueryParams
from app.web.rate_limits import RateLimits
from app.web.request_body import JsonRequest

API_PREFIX = "/v1"

Endpoint = Callable[..., Any]


class InvalidResponse(Exception):
    """An endpoint's result does not match its return type. The message contains no values, which may be sensitive."""


class BodyLimit:
    """Marks a body parameter, and names the setting that limits the body's size."""

    def __init__(self, setting: str) -> None:
        self.setting = setting


class FromState:
    """Marks an endpoint parameter that receives an attribute of `AppState`.

    It replaces a FastAPI dependency, which would add 20 microseconds to each request.
    """

    def __init__(self, name: str) -> None:
        self.name = name


class Route(APIRoute):
    """Validates requests and runs the endpoint. Async endpoints must not block, and are not rate limited."""

    def __init__(self, path: str, endpoint: Endpoint, **options: Any) -> None:
        self._query = QueryParams.of_endpoint(endpoint)
        limits = _markers(inspect.signature(endpoint), BodyLimit).values()
        self._body_limit_setting = next((limit.setting for limit in limits), "max_body_bytes")
        self._is_rate_limited = not inspect.iscoroutinefunction(endpoint)
        if self._is_rate_limited:
            media_type = getattr(options.get("response_class"), "media_type", None) or "application/json"
            endpoint = _run_in_thread(endpoint, options.get("status_code") or 200, media_type)
        super().__init__(path, endpoint, **options)

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_checked(request: Request) -> Response:
            services = request.app.state.services.web
            settings: Settings = services.settings
            if self._is_rate_limited:
                limits: RateLimits = services.limits
                limits.count("requests", network_of(request.client and request.client.host))
            if request.scope["query_string"]:
                self._query.check(request.scope["query_string"])
            max_bytes = getattr(settings, self._body_limit_setting)
            return await handle(
                JsonRequest(request.scope, request.receive, max_bytes=max_bytes, timeout_seconds=settings.body_seconds)
            )

        return handle_checked


def api_router(prefix: str = "", *, tag: str, responses: problems.Responses | None = None, **options: Any) -> APIRouter:
    """Return a router for API endpoints, whose paths start with `/v1`."""
    return _router(API_PREFIX + prefix, tag, problems.RATE_LIMIT_RESPONSES | (responses or {}), **options)


def operations_router(prefix: str = "", **options: Any) -> APIRouter:
    """Return a router for operators' endpoints, such as health checks, without the prefix `/v1`."""
    return _router(prefix, "Operations", {}, **options)


def _router(prefix: str, tag: str, responses: problems.Responses, **options: Any) -> APIRouter:
    tags: list[str | Enum] = [tag]
    return APIRouter(
        prefix=prefix,
        tags=tags,
        responses=problems.COMMON_RESPONSES | responses,
        route_class=Route,
        generate_unique_id_function=_operation_id,
        **options,
    )


def _operation_id(route: APIRoute) -> str:
    """Return the endpoint's function name, which client generators use as the method name."""
    return route.name


def _run_in_thread(endpoint: Endpoint, status: int, media_type: str) -> Endpoint:
    """Wrap a synchronous endpoint in a coroutine that runs it in a thread.

    FastAPI does not see `FromState` parameters, because the wrapper's signature omits them. The wrapper also copies the
    headers and status of FastAPI's `Response` parameter to its response, because FastAPI would ignore them.
    """
    signature = inspect.signature(endpoint)
    session_parameter = _session_parameter(signature)
    state_parameters = {name: marker.name for name, marker in _markers(signature, FromState).items()}
    names_by_type = {parameter.annotation: name for name, parameter in signature.parameters.items()}
    added_names = {
        type_: name for type_, name in ((Request, "_request"), (Response, "_response")) if type_ not in names_by_type
    }
    all_names = {**names_by_type, **added_names}
    return_type = signature.return_annotation

    @wraps(endpoint)
    async def run(**values: Any) -> Response:
        request: Request = values[all_names[Request]]
        response: Response = values[all_names[Response]]
        session: RequestSession | Transactions = values[session_parameter]
        state = request.app.state.services
        for name in added_names.values():
            del values[name]
        for name, attribute in state_parameters.items():
            values[name] = getattr(state, attribute)

        def call_endpoint() -> bytes:
            return _serialize(return_type, endpoint(**values))

        content = await session.run(call_endpoint)
        result = Response(content, response.status_code or status, media_type=media_type if content else None)
        result.raw_headers.extend(response.raw_headers)
        return result

    parameters = [parameter for name, parameter in signature.parameters.items() if name not in state_parameters]
    parameters += [_keyword_parameter(name, type_) for type_, name in added_names.items()]
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return run


def _serialize(return_type: Any, value: Any) -> bytes:
    """Serialize an endpoint's result. Raise InvalidResponse if it does not match the return type."""
    if return_type is None:
        return b""
    if isinstance(value, str | bytes) and return_type in {str, bytes}:
        return value.encode() if isinstance(value, str) else value
    try:
        return _type_adapter(return_type).dump_json(value, by_alias=True, warnings="error")
    except PydanticSerializationError:
        raise InvalidResponse(str(return_type)) from None


@cache
def _type_adapter(return_type: Any) -> TypeAdapter[Any]:
    return TypeAdapter(return_type)


def _session_parameter(signature: inspect.Signature) -> str:
    for name, parameter in signature.parameters.items():
        if get_origin(parameter.annotation) is Annotated:
            type_ = get_args(parameter.annotation)[0]
            if isinstance(type_, type) and issubclass(type_, RequestSession | Transactions):
                return name
    raise TypeError("An endpoint needs a session parameter.")


def _markers(signature: inspect.Signature, marker_type: type[Any]) -> dict[str, Any]:
    """Return the annotation markers of type `marker_type`, by parameter name."""
    return {
        name: marker
        for name, parameter in signature.parameters.items()
        if get_origin(parameter.annotation) is Annotated
        for marker in get_args(parameter.annotation)[1:]
        if isinstance(marker, marker_type)
    }


def _keyword_parameter(name: str, annotation: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation)
