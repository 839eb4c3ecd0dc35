"""Which query parameters an endpoint knows, however they are declared and however they are written."""

from typing import Annotated

import pytest
from fastapi import Depends, Query

from app.web.query_params import BadQuery, QueryParams


async def innermost(deep: Annotated[str, Query()] = "") -> str:
    return deep


async def in_between(deep: Annotated[str, Depends(innermost)], limit: Annotated[int, Query()] = 20) -> int:
    return limit


class OfObject:
    async def __call__(self, of_object: Annotated[str, Query()] = "") -> str:
        return of_object


def endpoint(
    limit: Annotated[int, Depends(in_between)],
    other: Annotated[str, Depends(OfObject())],
    topic: Annotated[list[str], Query()],
    since: Annotated[str, Query(alias="from")] = "",
    path_part: Annotated[str, "no parameter"] = "",
) -> None:
    """Declares parameters in every way."""


PARAMS = QueryParams.of(endpoint)


def refused(query: bytes) -> list[str]:
    """Where, and of what kind."""
    with pytest.raises(BadQuery) as caught:
        PARAMS.check(query)
    return [f"{each.pointer}: {each.detail}" for each in caught.value.errors]


@pytest.mark.parametrize("name", [b"limit", b"deep", b"of_object", b"topic", b"from"])
def test_parameters_of_the_endpoint_and_of_its_dependencies_are_known(name: bytes) -> None:
    PARAMS.check(name + b"=1")


@pytest.mark.parametrize("name", [b"since", b"path_part", b"other", b"session", b"Limit"])
def test_what_is_no_parameter_is_refused_by_its_name(name: bytes) -> None:
    assert refused(name + b"=1") == [f"/{name.decode()}: There is no such parameter here."]


@pytest.mark.parametrize("query", [b"deep=1&deep=1", b"deep&deep", b"deep=1&%64eep=2", b"from=1&topic=a&from=2"])
def test_a_parameter_given_twice_is_refused_however_it_is_written(query: bytes) -> None:
    [error] = refused(query)

    assert error in {"/deep: Give this parameter once.", "/from: Give this parameter once."}


@pytest.mark.parametrize("query", [b"", b"&&", b"topic=a&topic=b", b"%74opic=a", b"deep=%C3%A9&limit=1", b"deep=a=b"])
def test_lists_escapes_and_empty_pairs_are_accepted(query: bytes) -> None:
    PARAMS.check(query)


@pytest.mark.parametrize("value", [b"%ff", b"\xff", b"%c3", b"%ed%a0%80", b"a%00b"])
def test_what_is_not_utf_8_without_nul_is_refused(value: bytes) -> None:
    assert refused(b"deep=" + value) == ["/deep: This must be UTF-8 text without NUL."]


def test_a_name_that_is_not_utf_8_is_refused_and_not_repeated() -> None:
    assert refused(b"%ff%fe=1") == ["/?: There is no such parameter here."]


def test_everything_that_is_wrong_is_named_at_once() -> None:
    assert refused(b"colour=blue&deep=1&deep=%ff") == [
        "/colour: There is no such parameter here.",
        "/deep: Give this parameter once.",
        "/deep: This must be UTF-8 text without NUL.",
    ]
