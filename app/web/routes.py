"""One way to run a request: the endpoint, its reply as bytes, one commit, then the answer, in one thread.

An endpoint is a plain function with typed parameters and a typed return. One of its parameters is the session that it
works on: a `RequestSession`, or `Transactions` where it needs several.
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

from app.core.db.requests import RequestSession
from app.core.db.transactions import Transactions
from app.core.networks import network_of
from app.core.settings import Settings
from app.web import problems
from app.web.query_params import QueryParams
from app.web.rate_limits import RateLimits
from app.web.request_body import JsonRequest

VERSION = "/v1"

Endpoint = Callable[..., Any]


class WrongShape(Exception):
    """A reply does not have the type that its endpoint declares. Its values are not repeated: they may be private."""


class LargeBody:
    """Marks a body that may be as large as the setting of this name says."""

    def __init__(self, setting: str) -> None:
        self.setting = setting


class PartOfState:
    """Marks a parameter of an endpoint: what `create_app` built for the folder of this name. Each request saves the
    solving of a dependency (20 us).
    """

    def __init__(self, name: str) -> None:
        self.name = name


class Route(APIRoute):
    """Checks a request, and runs its endpoint. A coroutine runs on the event loop, uncounted: it must not block."""

    def __init__(self, path: str, endpoint: Endpoint, **options: Any) -> None:
        self._query = QueryParams.of(endpoint)
        marks = _marks(inspect.signature(endpoint), LargeBody).values()
        self._body_setting = next((mark.setting for mark in marks), "max_body_bytes")
        self._is_counted = not inspect.iscoroutinefunction(endpoint)
        if self._is_counted:
            media_type = getattr(options.get("response_class"), "media_type", None) or "application/json"
            endpoint = _in_one_thread(endpoint, options.get("status_code") or 200, media_type)
        super().__init__(path, endpoint, **options)

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_checked(request: Request) -> Response:
            services = request.app.state.services.web
            settings: Settings = services.settings
            if self._is_counted:
                limits: RateLimits = services.limits
                limits.count("requests", network_of(request.client and request.client.host))
            if request.scope["query_string"]:
                self._query.check(request.scope["query_string"])
            most = getattr(settings, self._body_setting)
            return await handle(
                JsonRequest(request.scope, request.receive, most_bytes=most, seconds=settings.body_seconds)
            )

        return handle_checked


def api_router(prefix: str = "", *, tag: str, responses: problems.Responses | None = None, **options: Any) -> APIRouter:
    """A router of the API, under `/v1`."""
    return _router(VERSION + prefix, tag, problems.LIMITED | (responses or {}), **options)


def operations_router(prefix: str = "", **options: Any) -> APIRouter:
    """A router for operators."""
    return _router(prefix, "Operations", {}, **options)


def _router(prefix: str, tag: str, responses: problems.Responses, **options: Any) -> APIRouter:
    tags: list[str | Enum] = [tag]
    return APIRouter(
        prefix=prefix,
        tags=tags,
        responses=problems.EVERYWHERE | responses,
        route_class=Route,
        generate_unique_id_function=_operation_id,
        **options,
    )


def _operation_id(route: APIRoute) -> str:
    """The function's name: it becomes the name of the generated clients' method."""
    return route.name


def _in_one_thread(endpoint: Endpoint, status: int, media_type: str) -> Endpoint:
    """A coroutine with the endpoint's signature, without parts of the state. It merges what dependencies and the
    endpoint set on FastAPI's `Response`, which FastAPI would drop beside a returned `Response`.
    """
    signature = inspect.signature(endpoint)
    session_name = _session_name(signature)
    parts = {name: mark.name for name, mark in _marks(signature, PartOfState).items()}
    given = {each.annotation: name for name, each in signature.parameters.items()}
    added = {kind: name for kind, name in ((Request, "_request"), (Response, "_response")) if kind not in given}
    names = {**given, **added}
    result = signature.return_annotation

    @wraps(endpoint)
    async def run(**values: Any) -> Response:
        request: Request = values[names[Request]]
        response: Response = values[names[Response]]
        session: RequestSession | Transactions = values[session_name]
        state = request.app.state.services
        for name in added.values():
            del values[name]
        for name, part in parts.items():
            values[name] = getattr(state, part)

        def work() -> bytes:
            return _content(result, endpoint(**values))

        content = await session.run(work)
        reply = Response(content, response.status_code or status, media_type=media_type if content else None)
        reply.raw_headers.extend(response.raw_headers)
        return reply

    parameters = [each for name, each in signature.parameters.items() if name not in parts]
    parameters += [_keyword(name, kind) for kind, name in added.items()]
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return run


def _content(result: Any, value: Any) -> bytes:
    """A reply as bytes. Raises WrongShape."""
    if result is None:
        return b""
    if isinstance(value, str | bytes) and result in {str, bytes}:
        return value.encode() if isinstance(value, str) else value
    try:
        return _adapter(result).dump_json(value, by_alias=True, warnings="error")
    except PydanticSerializationError:
        raise WrongShape(str(result)) from None


@cache
def _adapter(result: Any) -> TypeAdapter[Any]:
    return TypeAdapter(result)


def _session_name(signature: inspect.Signature) -> str:
    for name, parameter in signature.parameters.items():
        if get_origin(parameter.annotation) is Annotated:
            kind = get_args(parameter.annotation)[0]
            if isinstance(kind, type) and issubclass(kind, RequestSession | Transactions):
                return name
    raise TypeError("An endpoint needs a session.")


def _marks(signature: inspect.Signature, kind: type[Any]) -> dict[str, Any]:
    """What is marked in the annotations of an endpoint's parameters, by the parameter's name."""
    return {
        name: mark
        for name, parameter in signature.parameters.items()
        if get_origin(parameter.annotation) is Annotated
        for mark in get_args(parameter.annotation)[1:]
        if isinstance(mark, kind)
    }


def _keyword(name: str, annotation: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation)
