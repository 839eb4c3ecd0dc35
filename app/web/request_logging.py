"""What operators see of a request: an id, one log line, one observation."""

import time
from collections.abc import Mapping
from secrets import token_hex

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.cache.reply import REQUEST_ID
from app.web.metrics import Metrics

log = structlog.get_logger("app.access")


class Observe:
    """Names the request, times it, and writes it down under its route's template: no query, no ids, no addresses."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, templates: Mapping[object, str]) -> None:
        self.app = app
        self._metrics = metrics
        self._templates = templates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = _request_id(scope)
        status = 500

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message["headers"], (b"x-request-id", request_id.encode())]}
            await send(message)

        structlog.contextvars.clear_contextvars()  # each request has a context of its own
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            await self.app(scope, receive, send_named)
        finally:
            seconds = time.perf_counter() - started
            route = self._templates.get(scope.get("endpoint"), "unmatched")
            self._metrics.observe(scope["method"], route, status, seconds)
            if not route.startswith("/health"):
                log.info(
                    "request",
                    method=scope["method"],
                    route=route,
                    status=status,
                    milliseconds=round(seconds * 1000, 1),
                )


def _request_id(scope: Scope) -> str:
    """The caller's own id where it is harmless to repeat, or a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and REQUEST_ID.match(value):
            return str(value, "ascii")
    return token_hex(16)
