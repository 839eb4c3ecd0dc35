"""Bodies of requests: JSON in UTF-8, up to a size, within a time, and without a name twice in one object."""

import asyncio
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope
from typing_extensions import override

from app.core.errors import AppError, BadInput, FieldError
from app.core.text_fields import shown_name

MOST_NAMES = 20  # that a refusal lists
DEEPEST = 10  # steps of a place that a refusal names

Headers = Iterable[tuple[bytes, bytes]]
Place = tuple[str, ...]


class DuplicateKeys(BadInput):
    says = "The body has a duplicate key."


class RefusedBody(HTTPException):
    """Carries a refusal through FastAPI, which lets only an HTTPException out of the reading of a body."""

    def __init__(self, refusal: AppError) -> None:
        super().__init__(refusal.status)
        self.refusal = refusal


class JsonRequest(Request):
    """A request whose body is refused while it is read (413, 408, 415, 400), and parsed once.

    `json.loads` alone would take UTF-16, and silently the last of two values under one name.
    """

    def __init__(self, scope: Scope, receive: Receive, *, most_bytes: int, seconds: float) -> None:
        """Raises HTTPException for an announced length above the limit."""
        if _announced_length(scope["headers"]) > most_bytes:
            raise HTTPException(413)
        super().__init__(scope, _LimitedBody(receive, scope["headers"], most_bytes, seconds))

    @override
    async def json(self) -> Any:
        body = await self.body()
        is_duplicate = False

        def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            nonlocal is_duplicate
            found = dict(pairs)
            is_duplicate |= len(found) < len(pairs)
            return found

        try:
            value = json.loads(body, object_pairs_hook=unique)
            if is_duplicate:
                places = list(islice(_duplicates(json.loads(body, object_pairs_hook=_Pairs), ()), MOST_NAMES))
                errors = (FieldError("body", at, "Duplicate key: send it once.") for at in places or [""])
                raise RefusedBody(DuplicateKeys(*errors))
        except RecursionError:
            raise HTTPException(400) from None
        return value


class _LimitedBody:
    """The parts of a body. It does not refer to its request: a cycle would be left to the garbage collector."""

    def __init__(self, receive: Receive, headers: Headers, most_bytes: int, seconds: float) -> None:
        self._receive = receive
        self._headers = headers
        self._most_bytes = most_bytes
        self._seconds = seconds
        self._ends_at = 0.0
        self._total = 0

    async def __call__(self) -> Message:
        self._ends_at = self._ends_at or asyncio.get_running_loop().time() + self._seconds
        try:
            async with asyncio.timeout_at(self._ends_at):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408) from None
        body = message.get("body", b"")
        self._total += len(body)
        if self._total > self._most_bytes:
            raise HTTPException(413)
        if body and not _is_json(self._headers):
            raise HTTPException(415)
        if b"\0" in body:  # never in JSON in UTF-8, always in UTF-16 and UTF-32
            raise HTTPException(400)
        return message


class _Pairs(list[tuple[str, Any]]):
    """An object with every pair that was sent."""


def _duplicates(value: Any, at: Place) -> Iterator[str]:
    """The places of names that stand twice, down to some depth."""
    if len(at) > DEEPEST:
        return
    if isinstance(value, _Pairs):
        names: set[str] = set()
        for name, part in value:
            if name in names:
                yield "".join(f"/{shown_name(step)}" for step in (*at, name))
            names.add(name)
            yield from _duplicates(part, (*at, name))
    elif isinstance(value, list):
        for n, part in enumerate(value):
            yield from _duplicates(part, (*at, str(n)))


def _is_json(headers: Headers) -> bool:
    sent = next((value for name, value in headers if name == b"content-type"), b"").lower()
    if sent == b"application/json":
        return True
    kind, *parameters = (part.strip() for part in sent.split(b";"))
    charsets = [each.partition(b"=")[2].strip(b' "') for each in parameters if each.startswith(b"charset")]
    return kind == b"application/json" and all(charset in {b"utf-8", b"utf8"} for charset in charsets)


def _announced_length(headers: Headers) -> int:
    """The `Content-Length`; the server has refused one that is not a number."""
    return next((int(value) for name, value in headers if name == b"content-length" and value.isdigit()), 0)
