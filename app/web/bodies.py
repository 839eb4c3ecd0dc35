"""A name stands once in an object: of two values, Python would silently take the last."""

import json
from collections.abc import Iterator
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute

from app.core.errors import BadInput, FieldError
from app.core.texts import shown_name

Pairs = list[tuple[str, Any]]


class NamedTwice(BadInput):
    says = "Something stands twice in what was sent."


async def check_body(request: Request) -> None:
    """Refuse a body, which has been read as JSON by now, in which a name stands twice in one object."""
    route: APIRoute = request.scope["route"]
    if route.body_field is None:
        return
    body = await request.body()
    twice = False

    def look(pairs: Pairs) -> dict[str, Any]:
        nonlocal twice
        found = dict(pairs)
        twice |= len(found) < len(pairs)
        return found

    if body:
        json.loads(body, object_pairs_hook=look)
    if twice:
        places = dict.fromkeys(_repeated(json.loads(body, object_pairs_hook=_Pairs), ""))
        raise NamedTwice(*(FieldError("body", place, "This stands there twice: send it once.") for place in places))


class _Pairs(list[tuple[str, Any]]):
    """An object with every pair that was sent."""


def _repeated(value: Any, at: str) -> Iterator[str]:
    parts = value if isinstance(value, _Pairs) else enumerate(value) if isinstance(value, list) else ()
    places: set[str] = set()
    for name, part in parts:
        place = f"{at}/{shown_name(str(name))}"
        if place in places:
            yield place
        places.add(place)
        yield from _repeated(part, place)
