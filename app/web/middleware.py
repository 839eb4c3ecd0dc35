"""ASGI middleware for responses that are not cached: headers, access log, metrics and errors."""

import time
from asyncio import CancelledError
from collections.abc import Awaitable
from secrets import token_hex

import structlog
from pydantic import ValidationError
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.cache.cached_response import REQUEST_ID_PATTERN
from app.web.metrics import METHOD_LABELS, Metrics
from app.web.problems import status_problem

access_log = structlog.get_logger("app.access")
error_log = structlog.get_logger("app.errors")

READ_METHODS = {"GET", "HEAD"}
SECURITY_HEADERS = {
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "cross-origin-resource-policy": "cross-origin",
    "cache-control": "no-store",
}
RAW_SECURITY_HEADERS = [(name.encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]


class CacheBypass:
    """Sends GET and HEAD requests through the response cache, and other requests past it."""

    def __init__(self, app: ASGIApp, cache: ASGIApp) -> None:
        self.app = app
        self.cache = cache

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        is_read = scope["type"] == "http" and scope["method"] in READ_METHODS
        return self.cache(scope, receive, send) if is_read else self.app(scope, receive, send)


class RequestLogging:
    """Adds a request id and security headers to responses, logs requests, and records metrics.

    Log lines and metrics contain the route template, such as `/articles/{slug}`, but no queries, resource ids or client
    addresses.
    """

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self.app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started_at = time.perf_counter()
        request_id = _request_id(scope)
        status = 500

        def send_with_headers(message: Message) -> Awaitable[None]:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message["headers"]
                names = {name for name, _ in headers}
                missing = [header for header in RAW_SECURITY_HEADERS if header[0] not in names]
                message = {**message, "headers": [*headers, *missing, (b"x-request-id", request_id.encode())]}
            return send(message)

        structlog.contextvars.clear_contextvars()  # remove the values of an earlier request
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            await self.app(scope, receive, send_with_headers)
        finally:
            self._observe(scope, status, time.perf_counter() - started_at)

    def _observe(self, scope: Scope, status: int, seconds: float) -> None:
        route = scope.get("route")
        template = route.path if isinstance(route, Route) else "unmatched"
        method = scope["method"] if scope["method"] in METHOD_LABELS else "other"
        self._metrics.requests.labels(method, template, str(status)).inc()
        self._metrics.durations.labels(method, template).observe(seconds)
        if not template.startswith("/health"):
            milliseconds = round(seconds * 1000, 1)
            access_log.info("request", method=scope["method"], route=template, status=status, milliseconds=milliseconds)


class UnhandledErrors:
    """Logs unhandled exceptions with their tracebacks, and returns a generic error response (status 500).

    If the server stops before a request is complete, the response has status 503.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        def track_start(message: Message) -> Awaitable[None]:
            nonlocal started
            started = True
            return send(message)

        try:
            await self.app(scope, receive, track_start)
        except CancelledError:  # the time for the graceful shutdown is over
            if scope["type"] == "http" and not started:
                await status_problem(503, {"Retry-After": "2"})(scope, receive, send)
            raise
        except Exception as error:
            if scope["type"] != "http" or started:
                raise
            if isinstance(error, ValidationError):  # omit the message, which contains the invalid values
                fields = [".".join(map(str, detail["loc"])) for detail in error.errors()]
                error_log.error("unhandled_error", error=type(error).__name__, fields=fields)
            else:
                error_log.exception("unhandled_error", error=type(error).__name__)
            await status_problem(500)(scope, receive, send)


def _request_id(scope: Scope) -> str:
    """Return the client's request id if it is well-formed, otherwise a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and REQUEST_ID_PATTERN.match(value):
            return str(value, "ascii")
    return token_hex(16)
