"""Refresh tokens by themselves: what they look like, what proves them, and whose turn it is."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from app.accounts.credentials.refresh_tokens import LAST, Malformed, RefreshToken, Turn, refresh_token, turn_of
from app.core.crypto.encryption import new_key

KEY, MEMBER, SESSION = new_key(), uuid4(), uuid4()
TOKEN = refresh_token(KEY, MEMBER, SESSION, 7)
RAW = urlsafe_b64decode(TOKEN)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
BLINK = timedelta(microseconds=1)


def text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode()


def turn(presented: int, stored: int, *, since: timedelta = timedelta()) -> Turn:
    return turn_of(presented, stored, refreshed_at=NOON, again_for=HOUR, now=NOON + since)


def test_a_token_says_whose_it_is_and_is_proven_by_its_key_only() -> None:
    token = RefreshToken.parse(TOKEN)

    assert (token.member_id, token.session_id, token.counter) == (MEMBER, SESSION, 7)
    assert token.is_proven_by(KEY)
    assert not token.is_proven_by(new_key())


def test_a_token_is_the_same_for_the_same_turn_and_another_for_the_next() -> None:
    assert refresh_token(KEY, MEMBER, SESSION, 7) == TOKEN
    assert len({TOKEN, refresh_token(KEY, MEMBER, SESSION, 8), refresh_token(KEY, MEMBER, uuid4(), 7)}) == 3


def test_its_parts_stand_where_they_are_looked_for() -> None:
    assert RAW[:37] == b"\x01" + MEMBER.bytes + SESSION.bytes + bytes([0, 0, 0, 7])
    assert (len(RAW), len(TOKEN)) == (69, 92)


@pytest.mark.parametrize("place", range(69))
def test_whatever_byte_is_changed_it_is_malformed_or_unproven(place: int) -> None:
    changed = text(RAW[:place] + bytes([RAW[place] ^ 1]) + RAW[place + 1 :])

    if place == 0:
        with pytest.raises(Malformed):
            RefreshToken.parse(changed)
    else:
        assert not RefreshToken.parse(changed).is_proven_by(KEY)


WRONG = {
    "nothing": "",
    "a letter": "a",
    "three letters": "abc",
    "a letter less": TOKEN[:-1],
    "a group less": TOKEN[:-4],
    "a group more": TOKEN + "AAAA",
    "a sign more": TOKEN + "=",
    "a line's end before": "\n" + TOKEN,
    "no ASCII": "\u00e9" * 92,
    "another version": text(bytes(69)),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_was_never_made_here_is_malformed(wrong: str) -> None:
    with pytest.raises(Malformed):
        RefreshToken.parse(wrong)


def test_the_token_in_use_is_followed_by_the_next() -> None:
    assert turn(7, 7, since=300 * HOUR) is Turn.NEXT
    assert turn(LAST - 1, LAST - 1) is Turn.NEXT


def test_after_the_last_turn_that_can_be_counted_there_is_none() -> None:
    assert turn(LAST, LAST) is Turn.FOREIGN


def test_the_one_before_is_told_again_within_the_hour_and_is_stolen_after_it() -> None:
    assert turn(6, 7, since=HOUR) is Turn.AGAIN
    assert turn(6, 7, since=HOUR + BLINK) is Turn.STOLEN


@pytest.mark.parametrize("presented", [5, 4, 0])
def test_an_older_one_is_stolen_however_soon(presented: int) -> None:
    assert turn(presented, 7) is Turn.STOLEN


def test_a_turn_that_never_was_is_foreign() -> None:
    assert turn(8, 7) is Turn.FOREIGN
    assert turn(9, 7, since=2 * HOUR) is Turn.FOREIGN
