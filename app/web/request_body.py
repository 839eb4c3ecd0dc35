"""Request bodies: UTF-8 JSON without duplicate keys, limited in size and time."""

import asyncio
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope
from typing_extensions import override

from app.core.errors import AppError, FieldError, InvalidInput
from app.core.text_fields import safe_name

MAX_DUPLICATE_KEYS = 20  # maximum number in one error response
MAX_POINTER_DEPTH = 10  # deeper duplicates are reported without their location

Headers = Iterable[tuple[bytes, bytes]]
KeyPath = tuple[str, ...]


class DuplicateKeys(InvalidInput):
    message = "The body contains a duplicate key."


class InvalidBody(HTTPException):
    """Wraps an AppError in an HTTPException, the only type that FastAPI propagates while it reads a body."""

    def __init__(self, error: AppError) -> None:
        super().__init__(error.status)
        self.error = error


class JsonRequest(Request):
    """A request whose JSON body must have no duplicate keys, and arrive within limits of size and time.

    Unlike `json.loads`, it rejects UTF-16. Invalid bodies result in status 400, 408, 413, 415 or 422.
    """

    def __init__(self, scope: Scope, receive: Receive, *, max_bytes: int, timeout_seconds: float) -> None:
        """Raise HTTPException (413) if the `Content-Length` header exceeds `max_bytes`."""
        if _content_length(scope["headers"]) > max_bytes:
            raise HTTPException(413)
        super().__init__(scope, _LimitedBody(receive, scope["headers"], max_bytes, timeout_seconds))

    @override
    async def json(self) -> Any:
        body = await self.body()
        is_duplicate = False

        def check_unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            nonlocal is_duplicate
            result = dict(pairs)
            is_duplicate |= len(result) < len(pairs)
            return result

        try:
            value = json.loads(body, object_pairs_hook=check_unique)
            if is_duplicate:
                pointers = list(
                    islice(_duplicate_keys(json.loads(body, object_pairs_hook=_Pairs), ()), MAX_DUPLICATE_KEYS)
                )
                errors = (
                    FieldError("body", pointer, "Duplicate key. Send it only once.") for pointer in pointers or [""]
                )
                raise InvalidBody(DuplicateKeys(*errors))
        except RecursionError:
            raise HTTPException(400) from None
        return value


class _LimitedBody:
    """Receives a request body within limits of size and time.

    It has no reference to its request, because a reference cycle would delay the release of memory.
    """

    def __init__(self, receive: Receive, headers: Headers, max_bytes: int, timeout_seconds: float) -> None:
        self._receive = receive
        self._headers = headers
        self._max_bytes = max_bytes
        self._timeout_seconds = timeout_seconds
        self._deadline = 0.0
        self._received_bytes = 0

    async def __call__(self) -> Message:
        self._deadline = self._deadline or asyncio.get_running_loop().time() + self._timeout_seconds
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408) from None
        body = message.get("body", b"")
        self._received_bytes += len(body)
        if self._received_bytes > self._max_bytes:
            raise HTTPException(413)
        if body and not _is_json(self._headers):
            raise HTTPException(415)
        if b"\0" in body:  # NUL bytes occur in UTF-16 and UTF-32, never in UTF-8 JSON
            raise HTTPException(400)
        return message


class _Pairs(list[tuple[str, Any]]):
    """A JSON object as a list of key-value pairs, including duplicate keys."""


def _duplicate_keys(value: Any, path: KeyPath) -> Iterator[str]:
    """Yield JSON Pointers to duplicate keys, down to a depth of MAX_POINTER_DEPTH."""
    if len(path) > MAX_POINTER_DEPTH:
        return
    if isinstance(value, _Pairs):
        seen: set[str] = set()
        for name, part in value:
            if name in seen:
                yield "".join(f"/{safe_name(step)}" for step in (*path, name))
            seen.add(name)
            yield from _duplicate_keys(part, (*path, name))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _duplicate_keys(part, (*path, str(index)))


def _is_json(headers: Headers) -> bool:
    content_type = next((value for name, value in headers if name == b"content-type"), b"").lower()
    if content_type == b"application/json":
        return True
    media_type, *parameters = (part.strip() for part in content_type.split(b";"))
    charsets = [
        parameter.partition(b"=")[2].strip(b' "') for parameter in parameters if parameter.startswith(b"charset")
    ]
    return media_type == b"application/json" and all(charset in {b"utf-8", b"utf8"} for charset in charsets)


def _content_length(headers: Headers) -> int:
    """Return the value of the `Content-Length` header, or 0. The server has already rejected invalid values."""
    return next((int(value) for name, value in headers if name == b"content-length" and value.isdigit()), 0)
