"""Tests for query parameters that an endpoint declares in different ways."""

from typing import Annotated

import pytest
from fastapi import Depends, Query

from app.web.query_params import InvalidQuery, QueryParams


async def innermost(deep: Annotated[str, Query()] = "") -> str:
    return deep


async def intermediate(deep: Annotated[str, Depends(innermost)], limit: Annotated[int, Query()] = 20) -> int:
    return limit


class CallableDependency:
    async def __call__(self, from_object: Annotated[str, Query()] = "") -> str:
        return from_object


def endpoint(
    limit: Annotated[int, Depends(intermediate)],
    other: Annotated[str, Depends(CallableDependency())],
    topic: Annotated[list[str], Query()],
    since: Annotated[str, Query(alias="from")] = "",
    path_part: Annotated[str, "no parameter"] = "",
) -> None:
    """Declare query parameters directly, with an alias and in dependencies."""


PARAMS = QueryParams.of_endpoint(endpoint)


def query_errors(query: bytes) -> list[str]:
    """Check an invalid query. Return its errors as `pointer: detail`."""
    with pytest.raises(InvalidQuery) as caught:
        PARAMS.check(query)
    return [f"{error.pointer}: {error.detail}" for error in caught.value.errors]


@pytest.mark.parametrize(
    "query",
    [
        b"limit=1&deep=1&from_object=1&topic=1&from=1",
        b"&&",
        b"topic=a&topic=b",
        b"%74opic=a",
        b"deep=%C3%A9&limit=1",
        b"deep=a=b",
    ],
)
def test_check_accepts_declared_parameters_lists_and_escapes(query: bytes) -> None:
    PARAMS.check(query)


@pytest.mark.parametrize("name", [b"since", b"path_part", b"other", b"Limit"])
def test_check_rejects_unknown_parameter(name: bytes) -> None:
    assert query_errors(name + b"=1") == [f"/{name.decode()}: This parameter does not exist."]


@pytest.mark.parametrize("query", [b"deep&deep", b"deep=1&%64eep=2", b"from=1&topic=a&from=2"])
def test_check_rejects_duplicate_parameter_in_any_encoding(query: bytes) -> None:
    [error] = query_errors(query)

    assert error in {"/deep: Send this parameter only once.", "/from: Send this parameter only once."}


@pytest.mark.parametrize("value", [b"%ff", b"\xff", b"%ed%a0%80", b"a%00b"])
def test_check_rejects_invalid_utf_8_and_nul_in_value(value: bytes) -> None:
    assert query_errors(b"deep=" + value) == ["/deep: The value must be UTF-8 text without NUL characters."]


def test_check_rejects_invalid_utf_8_in_name_without_echo() -> None:
    assert query_errors(b"%ff%fe=1") == ["/?: This parameter does not exist."]


def test_check_reports_all_errors() -> None:
    assert query_errors(b"color=blue&deep=1&deep=%ff") == [
        "/color: This parameter does not exist.",
        "/deep: Send this parameter only once.",
        "/deep: The value must be UTF-8 text without NUL characters.",
    ]
