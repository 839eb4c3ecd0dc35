"""Query strings: each parameter known, readable, and given once unless it is a list."""

import inspect
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin
from urllib.parse import unquote_to_bytes

from fastapi.params import Depends, Query

from app.core.errors import BadInput, FieldError
from app.core.text_fields import shown_name


class BadQuery(BadInput):
    says = "Some of the query parameters can't be used."


@dataclass(frozen=True, slots=True)
class QueryParams:
    """The parameters that an endpoint declares, by itself and through its dependencies."""

    names: frozenset[str]
    lists: frozenset[str]

    @classmethod
    def of(cls, endpoint: Callable[..., Any]) -> "QueryParams":
        declared = dict(_declared(endpoint))
        return cls(frozenset(declared), frozenset(name for name, is_list in declared.items() if is_list))

    def check(self, query: bytes) -> None:
        """Refuse unknown parameters, single ones given twice, NUL and broken UTF-8.

        Replies are cached under the query with its parameters in order (`web/cache`). That is sound only because none
        of them is ignored, and none depends on which of two values came last. Raises BadQuery.
        """
        pairs = [pair.partition(b"=")[::2] for pair in query.split(b"&") if pair]
        names = [_shown(name) for name, _ in pairs]
        times = Counter(names)
        once = self.names - self.lists
        errors = [
            *(_error(name, "There is no such parameter here.") for name in times if name not in self.names),
            *(_error(name, "Give this parameter once.") for name, n in times.items() if n > 1 and name in once),
            *(
                _error(_shown(name), "This must be UTF-8 text without NUL.")
                for name, value in pairs
                if not _is_readable(value)
            ),
        ]
        if errors:
            raise BadQuery(*errors)


NO_PARAMS = QueryParams(frozenset(), frozenset())


def _declared(call: Callable[..., Any]) -> Iterator[tuple[str, bool]]:
    """The names of query parameters, each with whether it may be repeated."""
    for name, parameter in inspect.signature(call).parameters.items():
        if get_origin(parameter.annotation) is not Annotated:
            continue
        kind, *metadata = get_args(parameter.annotation)
        for each in metadata:
            if isinstance(each, Query):
                yield each.alias or name, get_origin(kind) is list
            elif isinstance(each, Depends) and each.dependency is not None:
                yield from _declared(each.dependency)


def _error(name: str, detail: str) -> FieldError:
    return FieldError("query", f"/{name}", detail)


def _shown(name: bytes) -> str:
    return shown_name(unquote_to_bytes(name.replace(b"+", b" ")).decode("latin-1"))


def _is_readable(value: bytes) -> bool:
    raw = unquote_to_bytes(value)
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in raw
