"""Refreshing: honest clients are never thrown out by a lost reply, and old copies end the session."""

from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlmodel import Session, col, select

from app.accounts.credentials.refresh_tokens import refresh_token
from app.accounts.members import member_by_id
from app.accounts.models import SignedInSession
from app.core.crypto.encryption import unseal_json
from app.core.db.database import Database
from app.core.db.session import Session as ReadingSession
from tests.conftest import MakeService
from tests.factories.services import Person, Service, post

REFRESH = "/v1/auth/refresh"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def stored_sessions(service: Service) -> list[int]:
    """The counters of all sessions, through a new connection."""
    database = Database(service.settings.database)
    with Session(database.writes) as session:
        counters = list(session.exec(select(col(SignedInSession.counter))))
    database.close()
    return counters


def test_a_refresh_gives_the_next_pair(service: Service) -> None:
    person = service.register()
    before = person.refresh

    reply = person.renew()

    assert reply.json()["token_type"] == "Bearer"
    assert reply.json()["expires_in"] == 600
    assert person.refresh != before
    assert person.ask("GET", "/v1/me").status_code == 200
    assert stored_sessions(service) == [1]


def test_twenty_at_once_with_one_token_get_the_same_successor(service: Service) -> None:
    person = service.register()

    with ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda _: post(service.client, REFRESH, {"refresh_token": person.refresh}), range(20)))

    assert {reply.status_code for reply in replies} == {200}
    assert len({reply.json()["refresh_token"] for reply in replies}) == 1
    assert stored_sessions(service) == [1]
    person.keep(replies[0])
    assert person.renew().status_code == 200


def test_a_lost_reply_is_cured_by_asking_again_half_an_hour_later(service: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        person = service.register()
        lost = post(service.client, REFRESH, {"refresh_token": person.refresh}).json()["refresh_token"]

        clock.shift(timedelta(minutes=30))

        assert person.renew().json()["refresh_token"] == lost
        assert person.ask("GET", "/v1/me").status_code == 200
        assert person.renew().status_code == 200


def test_asking_again_does_not_prolong_the_hour(service: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        person = service.register()
        body = {"refresh_token": person.refresh}
        for minutes, status in ((0, 200), (40, 200), (20, 200), (1, 401)):
            clock.shift(timedelta(minutes=minutes))
            assert post(service.client, REFRESH, body).status_code == status
    assert stored_sessions(service) == []


def test_a_token_two_behind_ends_the_session_and_that_survives_the_401(service: Service) -> None:
    person = service.register()
    stolen = person.refresh
    person.renew()
    person.renew()
    assert stored_sessions(service) == [2]

    reply = post(service.client, REFRESH, {"refresh_token": stolen})

    assert (reply.status_code, reply.json()["code"]) == (401, "session_ended")
    assert stored_sessions(service) == []
    assert person.ask("GET", "/v1/me").status_code == 401
    assert person.renew().status_code == 401


def test_the_theft_of_one_session_leaves_the_others(service: Service) -> None:
    person = service.register()
    phone = person.on_another_device()
    stolen = person.refresh
    person.renew()
    person.renew()

    assert post(service.client, REFRESH, {"refresh_token": stolen}).status_code == 401

    assert phone.renew().status_code == 200


def test_a_session_that_is_not_used_is_over_after_its_idle_time(make_service: MakeService) -> None:
    service = make_service(session_idle_days=30, session_days=365)
    with time_machine.travel(NOON, tick=False) as clock:
        person = service.register()
        clock.shift(timedelta(days=29))
        assert person.renew().status_code == 200
        clock.shift(timedelta(days=29))
        assert person.renew().status_code == 200
        clock.shift(timedelta(days=30))
        assert person.renew().status_code == 401


def test_no_session_outlives_its_absolute_lifetime(make_service: MakeService) -> None:
    service = make_service(session_idle_days=30, session_days=60)
    with time_machine.travel(NOON, tick=False) as clock:
        person = service.register()
        for _ in range(2):
            clock.shift(timedelta(days=29))
            assert person.renew().status_code == 200
        clock.shift(timedelta(days=2))
        assert person.renew().status_code == 401


def test_an_access_token_is_over_after_ten_minutes(service: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        person = service.register()
        clock.shift(timedelta(seconds=599))
        assert person.ask("GET", "/v1/me").status_code == 200
        clock.shift(timedelta(seconds=1))
        assert person.ask("GET", "/v1/me").status_code == 401


def test_a_turn_that_never_was_changes_nothing(service: Service) -> None:
    """As after a restored backup: the client is ahead of the database."""
    person = service.register()
    person.renew()
    ahead = person.refresh
    with service.database.loading() as session:
        session.exec(select(SignedInSession)).one().counter = 0

    assert post(service.client, REFRESH, {"refresh_token": ahead}).status_code == 401
    assert stored_sessions(service) == [0]


@pytest.mark.parametrize("place", [0, 10, 30, 45, 60])
def test_a_token_that_was_changed_anywhere_is_refused_and_ends_nothing(service: Service, place: int) -> None:
    person = service.register()
    token = person.refresh
    other = "A" if token[place] != "A" else "B"

    reply = post(service.client, REFRESH, {"refresh_token": token[:place] + other + token[place + 1 :]})

    assert (reply.status_code, reply.json()["code"]) == (401, "session_ended")
    assert person.renew().status_code == 200


@pytest.mark.parametrize("token", ["x", "é", "a b", "A" * 91, "A" * 92, "A" * 93, "=" * 92, "AA==" * 23])
def test_what_was_never_a_token_is_refused(service: Service, token: str) -> None:
    reply = post(service.client, REFRESH, {"refresh_token": token})

    assert (reply.status_code, reply.json()["code"]) == (401, "session_ended")


def test_an_access_token_does_not_refresh_nor_a_refresh_token_sign_in(service: Service) -> None:
    person = service.register()

    assert post(service.client, REFRESH, {"refresh_token": person.access}).status_code == 422
    assert Person(service.client, person.address, access=person.refresh).ask("GET", "/v1/me").status_code == 401


def test_the_last_turn_that_a_database_can_hold_ends_in_a_401(service: Service) -> None:
    person = service.register()
    access = service.app.state.services.accounts.tokens.read(person.access, now=datetime.now(UTC))
    with service.database.loading() as session:
        row = session.exec(select(SignedInSession)).one()
        row.counter = 2**31 - 1
    with service.database.reading() as reading:
        key = b64decode(stored_key(service, reading, row))
    last = refresh_token(key, access.id, access.session_id, 2**31 - 1)

    assert post(service.client, REFRESH, {"refresh_token": last}).status_code == 401


def stored_key(service: Service, session: ReadingSession, row: SignedInSession) -> str:
    member = member_by_id(session, row.member_id)
    assert member
    place = f"sessions|{row.member_id}|{row.id}"
    return str(unseal_json(member.key(service.app.state.services.accounts.ring), row.sealed, bound_to=place)["key"])
