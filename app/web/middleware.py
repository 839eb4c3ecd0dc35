"""Pure ASGI layers around every reply that isn't kept: headers, faults, the size and kind of a body."""

import asyncio
from collections.abc import Iterable, Mapping

import structlog
from fastapi.exceptions import ResponseValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.problems import plain_problem

log = structlog.get_logger("app.faults")

Headers = Iterable[tuple[bytes, bytes]]

SECURITY = {
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "cross-origin-resource-policy": "cross-origin",
    "cache-control": "no-store",
}


RAW = [(name.encode(), value.encode()) for name, value in SECURITY.items()]


class SecurityHeaders:
    """Every reply says what a browser may do with it; what a route says itself stands."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = {name for name, _ in message["headers"]}
                more = [header for header in RAW if header[0] not in said]
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        await self.app(scope, receive, send_secured if scope["type"] == "http" else send)


class Faults:
    """The last resort: a fault of ours is logged with its trace, and answered with a problem that shows none of it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def send_noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, send_noted)
        except Exception as error:
            if scope["type"] != "http" or started:
                raise
            if isinstance(error, ResponseValidationError | ValidationError):  # their texts repeat what didn't fit
                places = [".".join(map(str, each["loc"])) for each in error.errors()]
                log.error("fault", error=type(error).__name__, places=places)  # noqa: TRY400
            else:
                log.exception("fault", error=type(error).__name__)
            await plain_problem(500)(scope, receive, send)


class BodyLimit:
    """Refuses a body over the limit while it is read, whether or not its length was announced, and one that takes too
    long. `larger` has the limits of addresses that end so.
    """

    def __init__(self, app: ASGIApp, *, most_bytes: int, larger: Mapping[str, int], seconds: float) -> None:
        self.app = app
        self._seconds = seconds
        self._most_bytes = most_bytes
        self._larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = next((bytes_ for end, bytes_ in self._larger.items() if scope["path"].endswith(end)), self._most_bytes)
        if _announced(scope["headers"]) > most:
            await plain_problem(413)(scope, receive, send)
            return
        total = 0
        until = asyncio.get_running_loop().time() + self._seconds

        async def receive_counted() -> Message:
            nonlocal total
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408) from None
            total += len(message.get("body", b""))
            if total > most:
                raise HTTPException(413)  # the only kind that FastAPI lets through
            return message

        await self.app(scope, receive_counted, send)


class JsonBodies:
    """Refuses a body that isn't JSON in UTF-8; Python would read UTF-16 too, and guess."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in {"POST", "PUT", "PATCH", "DELETE"}:
            await self.app(scope, receive, send)
            return
        is_json = _is_json(scope["headers"])

        async def receive_utf8() -> Message:
            """What is read of the body; an address that reads none takes any."""
            message = await receive()
            body = message.get("body", b"")
            if body and not is_json:
                raise HTTPException(415)
            if b"\0" in body:  # never in JSON in UTF-8, always in UTF-16 and UTF-32
                raise HTTPException(400)
            return message

        await self.app(scope, receive_utf8, send)


def _is_json(headers: Headers) -> bool:
    sent = next((value for name, value in headers if name == b"content-type"), b"").lower()
    kind, *parameters = (part.strip() for part in sent.split(b";"))
    charsets = [each.partition(b"=")[2].strip(b' "') for each in parameters if each.startswith(b"charset")]
    return kind == b"application/json" and all(charset in {b"utf-8", b"utf8"} for charset in charsets)


def _announced(headers: Headers) -> int:
    """The length that was announced; what isn't a number, the server has refused before."""
    return next((int(value) for name, value in headers if name == b"content-length" and value.isdigit()), 0)
