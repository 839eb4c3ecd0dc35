"""A name stands once in an object: of two values, Python would silently take the last."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from app.core.errors import BadInput, FieldError
from app.core.text_fields import shown_name

MOST_TOLD = 20  # names
DEEPEST = 10  # steps of a place that is told

Pairs = list[tuple[str, Any]]
Place = tuple[str, ...]


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

    try:
        json.loads(body or b"null", object_pairs_hook=look)
    except RecursionError:  # it was read before, from a place that is not as deep
        raise HTTPException(400) from None
    if twice:
        repeated = islice(_repeated(json.loads(body, object_pairs_hook=_Pairs), ()), MOST_TOLD)
        places = list(repeated) or [""]
        raise NamedTwice(*(FieldError("body", place, "This stands there twice: send it once.") for place in places))


class _Pairs(list[tuple[str, Any]]):
    """An object with every pair that was sent."""


def _repeated(value: Any, at: Place) -> Iterator[str]:
    """Where names stand twice, down to some depth."""
    if len(at) > DEEPEST:
        return
    if isinstance(value, _Pairs):
        names: set[str] = set()
        for name, part in value:
            if name in names:
                yield "".join(f"/{shown_name(step)}" for step in (*at, name))
            names.add(name)
            yield from _repeated(part, (*at, name))
    elif isinstance(value, list):
        for n, part in enumerate(value):
            yield from _repeated(part, (*at, str(n)))
