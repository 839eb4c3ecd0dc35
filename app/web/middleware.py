"""Pure ASGI layers around every reply that is not cached: its name, headers, log line and figures, and faults."""

import time
from collections.abc import Awaitable
from secrets import token_hex

import structlog
from pydantic import ValidationError
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.cache.reply import REQUEST_ID
from app.web.metrics import METHODS, Metrics
from app.web.problems import plain_problem

access_log = structlog.get_logger("app.access")
fault_log = structlog.get_logger("app.faults")

READS = {"GET", "HEAD"}
SECURITY = {
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "cross-origin-resource-policy": "cross-origin",
    "cache-control": "no-store",
}
RAW_SECURITY = [(name.encode(), value.encode()) for name, value in SECURITY.items()]


class PastCache:
    """Lets the cache see reads only."""

    def __init__(self, app: ASGIApp, cache: ASGIApp) -> None:
        self.app = app
        self.cache = cache

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        is_read = scope["type"] == "http" and scope["method"] in READS
        return self.cache(scope, receive, send) if is_read else self.app(scope, receive, send)


class RequestLogging:
    """Gives each request an id, adds the security headers that its route did not set, and writes one log line and one
    observation under the route's template: no query, no ids, no addresses.
    """

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self.app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = _request_id(scope)
        status = 500

        def send_named(message: Message) -> Awaitable[None]:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message["headers"]
                names = {name for name, _ in headers}
                more = [header for header in RAW_SECURITY if header[0] not in names]
                message = {**message, "headers": [*headers, *more, (b"x-request-id", request_id.encode())]}
            return send(message)

        structlog.contextvars.clear_contextvars()  # each request has a context of its own
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            await self.app(scope, receive, send_named)
        finally:
            self._observe(scope, status, time.perf_counter() - started)

    def _observe(self, scope: Scope, status: int, seconds: float) -> None:
        route = scope.get("route")
        template = route.path if isinstance(route, Route) else "unmatched"
        method = scope["method"] if scope["method"] in METHODS else "other"
        self._metrics.requests.labels(method, template, str(status)).inc()
        self._metrics.seconds.labels(method, template).observe(seconds)
        if not template.startswith("/health"):
            milliseconds = round(seconds * 1000, 1)
            access_log.info("request", method=scope["method"], route=template, status=status, milliseconds=milliseconds)


class UnhandledErrors:
    """Logs an unhandled exception with its traceback, and answers a 500 problem that shows nothing of it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        def send_noted(message: Message) -> Awaitable[None]:
            nonlocal started
            started = True
            return send(message)

        try:
            await self.app(scope, receive, send_noted)
        except Exception as error:
            if scope["type"] != "http" or started:
                raise
            if isinstance(error, ValidationError):  # its text repeats the values
                places = [".".join(map(str, each["loc"])) for each in error.errors()]
                fault_log.error("fault", error=type(error).__name__, places=places)
            else:
                fault_log.exception("fault", error=type(error).__name__)
            await plain_problem(500)(scope, receive, send)


def _request_id(scope: Scope) -> str:
    """The caller's own id where it is harmless to repeat, or a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and REQUEST_ID.match(value):
            return str(value, "ascii")
    return token_hex(16)
