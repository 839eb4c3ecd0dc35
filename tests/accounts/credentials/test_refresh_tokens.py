"""Tests for refresh tokens: format, authentication, and the state that a session's counters give it."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.accounts.credentials.refresh_tokens import (
    MAX_COUNTER,
    MalformedToken,
    RefreshToken,
    TokenState,
    encode_refresh_token,
    token_state,
)
from app.core.crypto.encryption import generate_key

KEY, MEMBER, SESSION = generate_key(), uuid4(), uuid4()
TOKEN = encode_refresh_token(KEY, MEMBER, SESSION, 7)
RAW_TOKEN = urlsafe_b64decode(TOKEN)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ONE_MICROSECOND = timedelta(microseconds=1)


def encode(raw: bytes | bytearray) -> str:
    return urlsafe_b64encode(raw).decode()


def test_token_contains_ids_and_is_authenticated_by_its_key() -> None:
    token = RefreshToken.parse(TOKEN)

    assert (token.member_id, token.session_id, token.counter) == (MEMBER, SESSION, 7)
    assert token.has_valid_mac(KEY)
    assert not token.has_valid_mac(generate_key())


def test_encode_is_deterministic_for_each_counter() -> None:
    assert encode_refresh_token(KEY, MEMBER, SESSION, 7) == TOKEN
    assert (
        len({TOKEN, encode_refresh_token(KEY, MEMBER, SESSION, 8), encode_refresh_token(KEY, MEMBER, uuid4(), 7)}) == 3
    )


def test_token_has_documented_layout() -> None:
    assert RAW_TOKEN[:37] == b"\x01" + MEMBER.bytes + SESSION.bytes + bytes([0, 0, 0, 7])
    assert (len(RAW_TOKEN), len(TOKEN)) == (69, 92)


def test_token_with_modified_byte_has_invalid_mac() -> None:
    modified_tokens = {index: bytearray(RAW_TOKEN) for index in range(1, len(RAW_TOKEN))}
    for index, token in modified_tokens.items():
        token[index] ^= 1

    parsed = {index: RefreshToken.parse(encode(token)) for index, token in modified_tokens.items()}
    assert [index for index, token in parsed.items() if token.has_valid_mac(KEY)] == []


INVALID_TEXTS = {
    "empty": "",
    "three letters": "abc",
    "one group less": TOKEN[:-4],
    "one group more": TOKEN + "AAAA",
    "additional padding": TOKEN + "=",
    "leading line break": "\n" + TOKEN,
    "not ASCII": "\u00e9" * 92,
    "other version": encode(bytes(69)),
}


@pytest.mark.parametrize("invalid_text", INVALID_TEXTS.values(), ids=INVALID_TEXTS)
def test_parse_invalid_text_raises_malformed_token(invalid_text: str) -> None:
    with pytest.raises(MalformedToken):
        RefreshToken.parse(invalid_text)


@pytest.mark.parametrize(
    ("presented", "stored", "successors", "elapsed", "expected"),
    [
        (7, 7, 1, 300 * HOUR, TokenState.CURRENT),
        (MAX_COUNTER - 1, MAX_COUNTER - 1, 1, HOUR, TokenState.CURRENT),
        (MAX_COUNTER, MAX_COUNTER, 1, HOUR, TokenState.UNKNOWN),
        (8, 7, 1, HOUR, TokenState.UNKNOWN),
        (6, 7, 1, MINUTE, TokenState.REPEATED),
        (6, 7, 1, MINUTE + ONE_MICROSECOND, TokenState.LOST),
        (6, 7, 1, 300 * HOUR, TokenState.LOST),
        (5, 7, 1, HOUR, TokenState.REUSED),  # older than the previous token
        (4, 7, 3, HOUR, TokenState.LOST),  # the previous token, of which three successors were issued
        (4, 7, 3, MINUTE, TokenState.REPEATED),
        (6, 7, 3, MINUTE, TokenState.REUSED),  # replaced by token 7
        (5, 7, 3, HOUR, TokenState.REUSED),
        (3, 7, 3, HOUR, TokenState.REUSED),
    ],
)
def test_state_depends_on_counter_successors_and_time(
    presented: int, stored: int, successors: int, elapsed: timedelta, expected: TokenState
) -> None:
    state = token_state(presented, stored, successors, refreshed_at=NOON, grace_period=MINUTE, now=NOON + elapsed)

    assert state is expected


@given(counter=st.integers(0, 9), successors=st.integers(1, 9))
def test_state_of_exactly_two_tokens_continues_session(counter: int, successors: int) -> None:
    successors = min(successors, max(counter, 1))
    states = {
        presented: token_state(presented, counter, successors, refreshed_at=NOON, grace_period=MINUTE, now=NOON + HOUR)
        for presented in range(counter + 1)
    }

    assert {presented for presented, state in states.items() if state is not TokenState.REUSED} == {
        presented for presented in (counter, counter - successors) if presented >= 0
    }
