"""Access tokens that come again and again: known by their hash, and looked at by their times."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from jose import jwt

from app.accounts.credentials.access_tokens import AHEAD, AccessTokens, BadToken, SignedInMember
from app.core.crypto.key_ring import KeyRing, new_entry
from tests.factories.tokens import ACCESS, CLAIMS, GOOD_FOR, HEADER, NOW, RING, SECOND, made

BLINK = timedelta(microseconds=1)


def moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def refuse(*_: Any, **__: Any) -> None:
    raise ValueError


@pytest.fixture(autouse=True)
def at_the_moment_of_tokens() -> Iterator[None]:
    """python-jose looks at the clock itself, and the suite may come here late."""
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def tokens() -> AccessTokens:
    return AccessTokens(RING, good_for=GOOD_FOR)


def test_a_token_made_by_hand_is_read_by_whoever_has_the_ring(tokens: AccessTokens) -> None:
    assert tokens.read(made(HEADER, CLAIMS), now=NOW) == ACCESS


@pytest.mark.parametrize("length", range(1, 21))
def test_a_token_is_read_whatever_the_length_of_its_header(length: int) -> None:
    ring = KeyRing("k" * length + new_entry()[8:])
    tokens = AccessTokens(ring, good_for=GOOD_FOR)

    assert tokens.read(tokens.issue(ACCESS, now=NOW), now=NOW) == ACCESS


def test_tokens_that_are_known_are_not_mistaken_for_each_other(tokens: AccessTokens) -> None:
    people = [SignedInMember(uuid4(), uuid4()) for _ in range(3)]
    issued = [tokens.issue(person, now=NOW) for person in people]

    for _ in range(2):
        assert [tokens.read(token, now=NOW) for token in issued] == people


def test_a_token_that_is_known_is_not_verified_again(tokens: AccessTokens, monkeypatch: pytest.MonkeyPatch) -> None:
    known, other = (tokens.issue(ACCESS, now=NOW) for _ in range(2))
    tokens.read(known, now=NOW)

    monkeypatch.setattr(jwt, "decode", refuse)

    assert tokens.read(known, now=NOW) == ACCESS
    with pytest.raises(BadToken):
        tokens.read(other, now=NOW)


def test_of_too_many_tokens_the_one_known_longest_is_forgotten(
    tokens: AccessTokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.accounts.credentials.access_tokens.AT_MOST", 2)
    first, *others = (tokens.issue(ACCESS, now=NOW) for _ in range(3))
    for token in (first, *others):
        tokens.read(token, now=NOW)

    monkeypatch.setattr(jwt, "decode", refuse)

    assert [tokens.read(token, now=NOW) for token in others] == [ACCESS, ACCESS]
    with pytest.raises(BadToken):
        tokens.read(first, now=NOW)


def test_a_token_ends_at_the_very_second(tokens: AccessTokens) -> None:
    token, end = made(HEADER, CLAIMS), moment(SECOND + 600)

    assert tokens.read(token, now=end - BLINK) == ACCESS
    with pytest.raises(BadToken):
        tokens.read(token, now=end)


@pytest.mark.parametrize("claim", ["iat", "nbf"])
def test_a_clock_may_be_half_a_minute_behind_the_one_that_issued_or_let_begin(tokens: AccessTokens, claim: str) -> None:
    earlier = {"iat": SECOND - 60, "nbf": SECOND - 60, "exp": SECOND + 500}
    token, first = made(HEADER, CLAIMS | earlier | {claim: SECOND}), moment(SECOND - AHEAD)

    assert tokens.read(token, now=first) == ACCESS
    with pytest.raises(BadToken):
        tokens.read(token, now=first - BLINK)
