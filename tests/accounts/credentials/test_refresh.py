"""Tests for refreshing a session: a retry after a lost response succeeds, and reuse of an old token ends it."""

from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlmodel import Session, col, select

from app.accounts.credentials.refresh_tokens import encode_refresh_token
from app.accounts.members import member_by_id
from app.accounts.models import SignedInSession
from app.core.crypto.encryption import decrypt_json
from app.core.db.database import Database
from app.core.db.session import Session as ReadingSession
from tests.conftest import MakeService
from tests.factories.services import MemberClient, Service, post

REFRESH = "/v1/auth/refresh"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def stored_counters(service: Service) -> list[int]:
    """Return the stored refresh counter of every session."""
    database = Database(service.settings.database)
    with Session(database.writes) as session:
        counters = list(session.exec(select(col(SignedInSession.counter))))
    database.close()
    return counters


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
        responses = list(
            pool.map(lambda _: post(service.client, REFRESH, {"refresh_token": member.refresh_token}), range(20))
        )

    assert {response.status_code for response in responses} == {200}
    assert len({response.json()["refresh_token"] for response in responses}) == 1
    assert stored_counters(service) == [1]
    member.store_tokens(responses[0])
    assert member.refresh_session().status_code == 200


def test_refresh_repeated_within_grace_period_returns_same_successor(service: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        member = service.register()
        next_token = post(service.client, REFRESH, {"refresh_token": member.refresh_token}).json()["refresh_token"]

        clock.shift(timedelta(minutes=30))

        assert member.refresh_session().json()["refresh_token"] == next_token
        assert member.request("GET", "/v1/me").status_code == 200
        assert member.refresh_session().status_code == 200


def test_repeated_refresh_does_not_extend_grace_period(service: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        member = service.register()
        body = {"refresh_token": member.refresh_token}
        for minutes, status in ((0, 200), (40, 200), (20, 200), (1, 401)):
            clock.shift(timedelta(minutes=minutes))
            assert post(service.client, REFRESH, body).status_code == status
    assert stored_counters(service) == []


def test_refresh_with_older_token_ends_session(service: Service) -> None:
    member = service.register()
    old_token = member.refresh_token
    member.refresh_session()
    member.refresh_session()
    assert stored_counters(service) == [2]

    response = post(service.client, REFRESH, {"refresh_token": old_token})

    assert (response.status_code, response.json()["code"]) == (401, "session_ended")
    assert stored_counters(service) == []
    assert member.request("GET", "/v1/me").status_code == 401
    assert member.refresh_session().status_code == 401


def test_reused_token_ends_only_its_session(service: Service) -> None:
    member = service.register()
    phone = member.sign_in_on_new_device()
    old_token = member.refresh_token
    member.refresh_session()
    member.refresh_session()

    assert post(service.client, REFRESH, {"refresh_token": old_token}).status_code == 401

    assert phone.refresh_session().status_code == 200


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

    assert post(service.client, REFRESH, {"refresh_token": future_token}).status_code == 401
    assert stored_counters(service) == [0]


@pytest.mark.parametrize("position", [0, 10, 30, 45, 60])
def test_refresh_with_modified_token_returns_401_and_preserves_session(service: Service, position: int) -> None:
    member = service.register()
    token = member.refresh_token
    replacement = "A" if token[position] != "A" else "B"

    response = post(service.client, REFRESH, {"refresh_token": token[:position] + replacement + token[position + 1 :]})

    assert (response.status_code, response.json()["code"]) == (401, "session_ended")
    assert member.refresh_session().status_code == 200


@pytest.mark.parametrize("token", ["x", "é", "a b", "A" * 91, "A" * 92, "A" * 93, "=" * 92, "AA==" * 23])
def test_refresh_with_malformed_token_returns_401(service: Service, token: str) -> None:
    response = post(service.client, REFRESH, {"refresh_token": token})

    assert (response.status_code, response.json()["code"]) == (401, "session_ended")


def test_access_and_refresh_tokens_are_not_interchangeable(service: Service) -> None:
    member = service.register()

    assert post(service.client, REFRESH, {"refresh_token": member.access_token}).status_code == 422
    assert (
        MemberClient(service.client, member.email, access_token=member.refresh_token)
        .request("GET", "/v1/me")
        .status_code
        == 401
    )


def test_refresh_at_maximum_counter_returns_401(service: Service) -> None:
    member = service.register()
    signed_in_member = service.app.state.services.accounts.tokens.verify(member.access_token, now=datetime.now(UTC))
    with service.database.content_load() as session:
        row = session.exec(select(SignedInSession)).one()
        row.counter = 2**31 - 1
    with service.database.autocommit() as session:
        key = b64decode(stored_key(service, session, row))
    last_token = encode_refresh_token(key, signed_in_member.id, signed_in_member.session_id, 2**31 - 1)

    assert post(service.client, REFRESH, {"refresh_token": last_token}).status_code == 401


def stored_key(service: Service, session: ReadingSession, row: SignedInSession) -> str:
    member = member_by_id(session, row.member_id)
    assert member
    associated_data = f"sessions|{row.member_id}|{row.id}"
    return str(
        decrypt_json(member.key(service.app.state.services.accounts.ring), row.sealed, associated_data=associated_data)[
            "key"
        ]
    )
