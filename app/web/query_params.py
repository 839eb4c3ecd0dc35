"""Query strings say what they mean: each parameter known, readable, and given once unless it is a list."""

from collections import Counter
from typing import get_origin
from urllib.parse import unquote_to_bytes

from fastapi import Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query
from fastapi.routing import APIRoute

from app.core.errors import BadInput, FieldError
from app.core.text_fields import shown_name


class BadQuery(BadInput):
    says = "Some of the query parameters can't be used."


async def check_query(request: Request) -> None:
    """Refuse parameters that no one reads, single ones given twice, NUL and broken UTF-8.

    A reply is kept under its query with the parameters in order (`web/cache/response_cache.py`): that is sound only
    because none of them is ignored and none depends on which of two values came last.
    """
    query: bytes = request.scope["query_string"]
    if not query:
        return
    pairs = [pair.partition(b"=")[::2] for pair in query.split(b"&") if pair]
    names = [_shown(name) for name, _ in pairs]
    known, lists = _declared(request.scope["route"])
    times = Counter(names)
    errors = [
        *(_error(name, "There is no such parameter here.") for name in dict.fromkeys(names) if name not in known),
        *(
            _error(name, "Give this parameter once.")
            for name, count in times.items()
            if count > 1 and name in known - lists
        ),
        *(
            _error(_shown(name), "This must be UTF-8 text without NUL.")
            for name, value in pairs
            if not _readable(value)
        ),
    ]
    if errors:
        raise BadQuery(*errors)


def _declared(route: APIRoute) -> tuple[frozenset[str], frozenset[str]]:
    """The names of the route's parameters, and those of them that may be repeated."""
    params = [param for param in get_flat_params(route.dependant) if isinstance(param.field_info, Query)]
    lists = (param for param in params if get_origin(param.field_info.annotation) is list)
    return frozenset(param.alias for param in params), frozenset(param.alias for param in lists)


def _error(name: str, detail: str) -> FieldError:
    return FieldError("query", f"/{name}", detail)


def _shown(name: bytes) -> str:
    return shown_name(unquote_to_bytes(name.replace(b"+", b" ")).decode("latin-1"))


def _readable(value: bytes) -> bool:
    raw = unquote_to_bytes(value)
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in raw
