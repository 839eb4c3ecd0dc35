"""Tests for the cache of decoded access tokens: the expiry is checked on every use."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from jose import jwt

from app.accounts.credentials.access_tokens import CLOCK_SKEW_SECONDS, AccessTokens, BadToken, SignedInMember
from app.core.crypto.key_ring import KeyRing, generate_entry
from tests.factories.tokens import CLAIMS, HEADER, ISSUED_AT, MEMBER, NOW, RING, TOKEN_LIFETIME, sign_token

ONE_MICROSECOND = timedelta(microseconds=1)


def utc_time(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def raise_value_error(*_: Any, **__: Any) -> None:
    raise ValueError


@pytest.fixture(autouse=True)
def freeze_time() -> Iterator[None]:
    """Freeze the system clock, because python-jose reads it to check the expiry."""
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def tokens() -> AccessTokens:
    return AccessTokens(RING, lifetime=TOKEN_LIFETIME)


@pytest.mark.parametrize("length", [1, 2, 3, 20])  # with and without padding of the header in base64
def test_verify_accepts_key_ids_of_any_length(length: int) -> None:
    ring = KeyRing("k" * length + generate_entry()[8:])
    tokens = AccessTokens(ring, lifetime=TOKEN_LIFETIME)

    assert tokens.verify(tokens.issue(MEMBER, now=NOW), now=NOW) == MEMBER


def test_verify_cached_tokens_returns_their_members(tokens: AccessTokens) -> None:
    members = [SignedInMember(uuid4(), uuid4()) for _ in range(3)]
    issued = [tokens.issue(member, now=NOW) for member in members]

    for _ in range(2):
        assert [tokens.verify(token, now=NOW) for token in issued] == members


def test_verify_cached_token_skips_decoding(tokens: AccessTokens, monkeypatch: pytest.MonkeyPatch) -> None:
    cached, other = (tokens.issue(MEMBER, now=NOW) for _ in range(2))
    tokens.verify(cached, now=NOW)

    monkeypatch.setattr(jwt, "decode", raise_value_error)

    assert tokens.verify(cached, now=NOW) == MEMBER
    with pytest.raises(BadToken):
        tokens.verify(other, now=NOW)


def test_full_cache_evicts_oldest_token(tokens: AccessTokens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.accounts.credentials.access_tokens.MAX_CACHED_TOKENS", 2)
    first, *others = (tokens.issue(MEMBER, now=NOW) for _ in range(3))
    for token in (first, *others):
        tokens.verify(token, now=NOW)

    monkeypatch.setattr(jwt, "decode", raise_value_error)

    assert [tokens.verify(token, now=NOW) for token in others] == [MEMBER, MEMBER]
    with pytest.raises(BadToken):
        tokens.verify(first, now=NOW)


def test_verify_at_expiry_raises_bad_token(tokens: AccessTokens) -> None:
    token, end = sign_token(HEADER, CLAIMS), utc_time(ISSUED_AT + 600)

    assert tokens.verify(token, now=end - ONE_MICROSECOND) == MEMBER
    with pytest.raises(BadToken):
        tokens.verify(token, now=end)


@pytest.mark.parametrize("claim", ["iat", "nbf"])
def test_verify_allows_30_seconds_of_clock_skew(tokens: AccessTokens, claim: str) -> None:
    earlier = {"iat": ISSUED_AT - 60, "nbf": ISSUED_AT - 60, "exp": ISSUED_AT + 500}
    token = sign_token(HEADER, CLAIMS | earlier | {claim: ISSUED_AT})
    earliest = utc_time(ISSUED_AT - CLOCK_SKEW_SECONDS)

    assert tokens.verify(token, now=earliest) == MEMBER
    with pytest.raises(BadToken):
        tokens.verify(token, now=earliest - ONE_MICROSECOND)
