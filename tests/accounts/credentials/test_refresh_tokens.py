"""Tests for refresh tokens: format, authentication, and whether a token is current, reused or unknown."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

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
HOUR = timedelta(hours=1)
ONE_MICROSECOND = timedelta(microseconds=1)


def encode(raw: bytes | bytearray) -> str:
    return urlsafe_b64encode(raw).decode()


def state(presented: int, stored: int, *, elapsed: timedelta = timedelta()) -> TokenState:
    return token_state(presented, stored, refreshed_at=NOON, grace_period=HOUR, now=NOON + elapsed)


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


def test_state_of_matching_counter_is_current() -> None:
    assert state(7, 7, elapsed=300 * HOUR) is TokenState.CURRENT
    assert state(MAX_COUNTER - 1, MAX_COUNTER - 1) is TokenState.CURRENT


def test_state_at_maximum_counter_is_unknown() -> None:
    assert state(MAX_COUNTER, MAX_COUNTER) is TokenState.UNKNOWN


def test_state_of_previous_token_is_reused_after_grace_period() -> None:
    assert state(6, 7, elapsed=HOUR) is TokenState.PREVIOUS
    assert state(6, 7, elapsed=HOUR + ONE_MICROSECOND) is TokenState.REUSED


def test_state_of_older_token_is_reused() -> None:
    assert [state(presented, 7) for presented in (0, 5)] == [TokenState.REUSED] * 2


def test_state_of_future_counter_is_unknown() -> None:
    assert state(8, 7) is TokenState.UNKNOWN
    assert state(9, 7, elapsed=2 * HOUR) is TokenState.UNKNOWN
