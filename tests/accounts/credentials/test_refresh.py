"""Tests for refreshing a session: a retry after a lost response succeeds, and reuse of an old token ends it."""

from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from httpx2 import Response
from sqlmodel import col, select

from app.accounts.credentials.refresh_tokens import MAX_COUNTER, encode_refresh_token
from app.accounts.members import member_by_id
from app.accounts.models import SignedInSession
from app.core.crypto.encryption import decrypt_json
from tests.conftest import MakeService
from tests.factories.accounts import NOON
from tests.factories.services import MemberClient, Service, post

MINUTE = timedelta(minutes=1)
REUSED_SUBJECT = "One of your sessions was ended"


def refresh(service: Service, token: str) -> Response:
    return post(service.client, "/v1/auth/refresh", {"refresh_token": token})


def stored_counters(service: Service) -> list[int]:
    """Return the stored refresh counter of every session."""
    with service.database.content_load() as session:
        return list(session.exec(select(col(SignedInSession.counter))))


def test_refresh_returns_next_token_pair(service: Service) -> None:
    member = service.register()
    first_token = member.refresh_token

    response = member.refresh_session()

    assert response.json()["token_type"] == "Bearer"
    assert response.json()["expires_in"] == 600
    assert member.refresh_token != first_token
    assert member.request("GET", "/v1/me").status_code == 200
    assert stored_counters(service) == [1]


def test_concurrent_refreshes_return_same_successor(service: Service) -> None:
    member = service.register()

    with ThreadPoolExecutor(20) as pool:
        responses = list(pool.map(lambda _: refresh(service, member.refresh_token), range(20)))

    assert {response.status_code for response in responses} == {200}
    assert len({response.json()["refresh_token"] for response in responses}) == 1
    assert stored_counters(service) == [1]
    member.store_tokens(responses[0])
    assert member.refresh_session().status_code == 200


def test_refresh_repeated_within_one_minute_returns_same_successor(service: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        member = service.register()
        next_token = refresh(service, member.refresh_token).json()["refresh_token"]

        clock.shift(MINUTE)

        assert member.refresh_session().json()["refresh_token"] == next_token
        assert member.request("GET", "/v1/me").status_code == 200
        assert member.refresh_session().status_code == 200


# Each step presents a token, and receives another one, or an error that ends the session.
REFRESHES = {
    "lost responses": ["a>b", "a>c", "a>d", "d>e", "d>f", "f>g"],
    "stolen previous token": ["a>b", "a>c", "b>", "c>"],
    "stolen replaced token": ["a>b", "a>c", "c>d", "b>", "d>"],
    "one of two replaced tokens": ["a>b", "a>c", "a>d", "c>", "d>"],
    "stolen older token": ["a>b", "b>c", "a>", "c>"],
    "older token after a lost response": ["a>b", "b>c", "b>d", "a>", "d>"],
}


@pytest.mark.parametrize("elapsed", [MINUTE + timedelta(seconds=1), timedelta(hours=1), timedelta(days=30)], ids=str)
@pytest.mark.parametrize("steps", REFRESHES.values(), ids=REFRESHES)
def test_refresh_continues_after_lost_response_and_ends_after_theft(
    service: Service, steps: list[str], elapsed: timedelta
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        tokens = {"a": service.register().refresh_token}
        for step in steps:
            presented, received = step.split(">")
            clock.shift(elapsed)

            response = refresh(service, tokens[presented])

            assert response.status_code == (200 if received else 401), step
            if received:
                tokens[received] = response.json()["refresh_token"]
            else:
                assert (response.json()["code"], stored_counters(service)) == ("session_ended", [])
        assert len(set(tokens.values())) == len(tokens)


@pytest.mark.parametrize(("is_verified", "notices"), [(True, [REUSED_SUBJECT]), (False, [])])
def test_refresh_with_older_token_ends_only_its_session(
    service: Service, notices: list[str], *, is_verified: bool
) -> None:
    member = service.register_verified() if is_verified else service.register()
    phone = member.sign_in_on_new_device()
    old_token = member.refresh_token
    member.refresh_session()
    member.refresh_session()
    assert sorted(stored_counters(service)) == [0, 2]

    assert refresh(service, old_token).json()["code"] == "session_ended"

    assert stored_counters(service) == [0]
    assert member.request("GET", "/v1/me").status_code == 401
    assert member.refresh_session().status_code == 401
    assert phone.refresh_session().status_code == 200
    assert [mail["Subject"] for mail in service.sent_emails(to=member.email)][1:] == notices


def test_unused_session_expires_after_idle_time(make_service: MakeService) -> None:
    service = make_service(session_idle_days=30, session_days=365)
    with time_machine.travel(NOON, tick=False) as clock:
        member = service.register()
        clock.shift(timedelta(days=29))
        assert member.refresh_session().status_code == 200
        clock.shift(timedelta(days=29))
        assert member.refresh_session().status_code == 200
        clock.shift(timedelta(days=30))
        assert member.refresh_session().status_code == 401


def test_session_expires_after_absolute_lifetime(make_service: MakeService) -> None:
    service = make_service(session_idle_days=30, session_days=60)
    with time_machine.travel(NOON, tick=False) as clock:
        member = service.register()
        for _ in range(2):
            clock.shift(timedelta(days=29))
            assert member.refresh_session().status_code == 200
        clock.shift(timedelta(days=2))
        assert member.refresh_session().status_code == 401


def test_access_token_expires_after_ten_minutes(service: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        member = service.register()
        clock.shift(timedelta(seconds=599))
        assert member.request("GET", "/v1/me").status_code == 200
        clock.shift(timedelta(seconds=1))
        assert member.request("GET", "/v1/me").status_code == 401


def test_refresh_with_future_counter_returns_401_and_preserves_session(service: Service) -> None:
    """After a backup is restored, a client can have a newer token than the database."""
    member = service.register()
    member.refresh_session()
    future_token = member.refresh_token
    with service.database.content_load() as session:
        session.exec(select(SignedInSession)).one().counter = 0

    assert refresh(service, future_token).status_code == 401
    assert stored_counters(service) == [0]


def test_refresh_with_invalid_token_returns_401_and_preserves_session(service: Service) -> None:
    member = service.register()
    token = member.refresh_token
    replaced = {position: "A" if token[position] != "A" else "B" for position in (10, 30, 60)}
    modified = [token[:position] + letter + token[position + 1 :] for position, letter in replaced.items()]

    for invalid_token in ("x", "\u00e9", *modified):  # with another member, another session and another MAC
        response = refresh(service, invalid_token)

        assert (response.status_code, response.json()["code"]) == (401, "session_ended"), invalid_token
    assert member.refresh_session().status_code == 200


def test_access_and_refresh_tokens_are_not_interchangeable(service: Service) -> None:
    member = service.register()
    swapped = MemberClient(service.client, member.email, access_token=member.refresh_token)

    assert refresh(service, member.access_token).status_code == 422
    assert swapped.request("GET", "/v1/me").status_code == 401


def test_refresh_at_maximum_counter_returns_401(service: Service) -> None:
    member = service.register()
    accounts = service.app.state.services.accounts
    session_id = accounts.tokens.verify(member.access_token, now=datetime.now(UTC)).session_id
    with service.database.content_load() as session:
        row = session.exec(select(SignedInSession)).one()
        row.counter = MAX_COUNTER
        member_id, sealed = row.member_id, row.sealed
    with service.database.transaction() as session:
        stored_member = member_by_id(session, member_id)
    assert stored_member
    associated_data = f"sessions|{member_id}|{session_id}"
    secrets: Any = decrypt_json(stored_member.key(accounts.ring), sealed, associated_data=associated_data)
    last_token = encode_refresh_token(b64decode(secrets["key"]), member_id, session_id, MAX_COUNTER)

    assert refresh(service, last_token).status_code == 401
