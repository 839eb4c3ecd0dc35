"""Health data are erased on request, and 30 days after the consent was withdrawn."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import ClassVar
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import MetaData
from sqlmodel import Field, SQLModel, col, func, select

from app.accounts.services import Caller
from app.core.timestamps import utc_now
from app.privacy.erasure import erase_my_health_data, erase_withdrawn
from app.privacy.registry import Holding
from tests.factories.services import PASSWORD, Person, Service

HEALTH = "/v1/me/consents/health_data"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Diary(SQLModel, table=True):
    """A table of health data, as results and reflections will be."""

    __tablename__ = "diaries"
    metadata: ClassVar[MetaData] = MetaData()

    member_id: UUID = Field(primary_key=True)
    words: str


HOLDINGS = (Holding(Diary, lambda subject: col(Diary.member_id) == subject.id, "diary", is_health=True),)


@pytest.fixture
def diaries(service: Service) -> Iterator[Service]:
    Diary.metadata.create_all(service.database.writes)
    yield service
    Diary.metadata.drop_all(service.database.writes)


def writer(service: Service) -> Person:
    """Somebody who agreed, and wrote something."""
    person = service.register(consents=[{"purpose": "health_data", "granted": True, "version": "1"}])
    member_id = UUID(person.ask("GET", "/v1/me").json()["id"])
    with service.database.loading() as session:
        session.add(Diary(member_id=member_id, words="a hard day"))
    return person


def many(service: Service) -> int:
    with service.database.loading() as session:
        return session.scalar(select(func.count()).select_from(Diary)) or 0


def withdraw(person: Person, *, granted: bool = False) -> None:
    assert person.ask("PUT", HEALTH, {"granted": granted, "version": "1"}).status_code == 200


def clean_up(service: Service) -> None:
    erase_withdrawn(service.database, holdings=HOLDINGS, now=utc_now())


def test_health_data_are_erased_at_once_and_the_account_stays(diaries: Service) -> None:
    person, other = writer(diaries), writer(diaries)
    access = diaries.app.state.services.accounts.tokens.read(person.access, now=utc_now())

    transactions = diaries.database.transactions(utc_now())
    erase_my_health_data(
        transactions,
        diaries.app.state.services.accounts,
        Caller("unknown", "x"),
        access,
        PASSWORD,
        holdings=HOLDINGS,
    )

    assert many(diaries) == 1
    assert person.ask("GET", "/v1/me").status_code == other.ask("GET", "/v1/me").status_code == 200


def test_over_http_it_needs_the_password(service: Service) -> None:
    person = service.register()

    wrong = person.ask("DELETE", "/v1/me/health-data", {"password": "wrong"})
    right = person.ask("DELETE", "/v1/me/health-data", {"password": PASSWORD})

    assert (wrong.status_code, right.status_code) == (403, 204)
    assert person.ask("GET", "/v1/me").status_code == 200
    assert person.ask("DELETE", "/v1/me/health-data", {"password": PASSWORD}).status_code == 204


def test_thirty_days_after_a_withdrawal_what_it_was_about_is_erased(diaries: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        gone, stays = writer(diaries), writer(diaries)
        withdraw(gone)
        clock.shift(timedelta(days=30, seconds=-1))
        clean_up(diaries)
        assert many(diaries) == 2

        clock.shift(timedelta(seconds=1))
        clean_up(diaries)

        assert many(diaries) == 1
        assert stays.sign_in().status_code == 200


def test_who_agrees_again_in_time_keeps_everything(diaries: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        person = writer(diaries)
        withdraw(person)
        clock.shift(timedelta(days=29))
        person.sign_in()
        withdraw(person, granted=True)
        clock.shift(timedelta(days=60))
        clean_up(diaries)

        assert many(diaries) == 1


def test_a_second_withdrawal_has_thirty_days_of_its_own(diaries: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        person = writer(diaries)
        for granted in (False, True, False):
            person.sign_in()
            withdraw(person, granted=granted)
            clock.shift(timedelta(days=20))
        clean_up(diaries)
        assert many(diaries) == 1

        clock.shift(timedelta(days=10))
        clean_up(diaries)
        assert many(diaries) == 0
