"""Strict validation of query strings: no unknown, duplicate or undecodable parameters."""

import inspect
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin
from urllib.parse import unquote_to_bytes

from fastapi.params import Depends, Query

from app.core.errors import FieldError, InvalidInput
from app.core.text_fields import safe_name


class InvalidQuery(InvalidInput):
    message = "Some query parameters are invalid."


@dataclass(frozen=True, slots=True)
class QueryParams:
    """The query parameters that an endpoint and its dependencies declare."""

    names: frozenset[str]
    repeatable: frozenset[str]

    @classmethod
    def of_endpoint(cls, endpoint: Callable[..., Any]) -> "QueryParams":
        declared = dict(_declared_params(endpoint))
        return cls(frozenset(declared), frozenset(name for name, is_list in declared.items() if is_list))

    def check(self, query: bytes) -> None:
        """Raise InvalidQuery for unknown, duplicate or undecodable parameters.

        Only list parameters may be repeated. Values must be UTF-8 text without NUL characters.

        The response cache relies on these checks: it sorts the parameters to build its key, which is only correct if no
        parameter is ignored and only list parameters are repeated.
        """
        pairs = [pair.partition(b"=")[::2] for pair in query.split(b"&") if pair]
        names = [_display_name(name) for name, _ in pairs]
        counts = Counter(names)
        single_valued = self.names - self.repeatable
        errors = [
            *(_error(name, "This parameter does not exist.") for name in counts if name not in self.names),
            *(
                _error(name, "Send this parameter only once.")
                for name, count in counts.items()
                if count > 1 and name in single_valued
            ),
            *(
                _error(_display_name(name), "The value must be UTF-8 text without NUL characters.")
                for name, value in pairs
                if not _is_readable(value)
            ),
        ]
        if errors:
            raise InvalidQuery(*errors)


def _declared_params(function: Callable[..., Any]) -> Iterator[tuple[str, bool]]:
    """Yield the name of each query parameter, and whether it may be repeated."""
    for name, parameter in inspect.signature(function).parameters.items():
        if get_origin(parameter.annotation) is not Annotated:
            continue
        type_, *metadata = get_args(parameter.annotation)
        for annotation in metadata:
            if isinstance(annotation, Query):
                yield annotation.alias or name, get_origin(type_) is list
            elif isinstance(annotation, Depends) and annotation.dependency is not None:
                yield from _declared_params(annotation.dependency)


def _error(name: str, detail: str) -> FieldError:
    return FieldError("query", f"/{name}", detail)


def _display_name(name: bytes) -> str:
    return safe_name(unquote_to_bytes(name.replace(b"+", b" ")).decode("latin-1"))


def _is_readable(value: bytes) -> bool:
    decoded = unquote_to_bytes(value)
    try:
        decoded.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in decoded
