"""Tests for erasing health data: on request, and 30 days after consent is withdrawn."""

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
from app.privacy.erasure import erase_own_health_data, erase_withdrawn_health_data
from app.privacy.registry import PersonalDataTable
from tests.factories.services import PASSWORD, MemberClient, Service

CONSENT_PATH = "/v1/me/consents/health_data"
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Diary(SQLModel, table=True):
    """A table with health data that only these tests use."""

    __tablename__ = "diaries"
    metadata: ClassVar[MetaData] = MetaData()

    member_id: UUID = Field(primary_key=True)
    text: str


REGISTRY = (PersonalDataTable(Diary, lambda subject: col(Diary.member_id) == subject.id, "diary", is_health_data=True),)


@pytest.fixture
def diaries(service: Service) -> Iterator[Service]:
    Diary.metadata.create_all(service.database.writes)
    yield service
    Diary.metadata.drop_all(service.database.writes)


def member_with_diary(service: Service) -> MemberClient:
    """Register a member who consents to storing health data and has a row in `diaries`."""
    member = service.register(consents=[{"purpose": "health_data", "granted": True, "version": "1"}])
    member_id = UUID(member.request("GET", "/v1/me").json()["id"])
    with service.database.content_load() as session:
        session.add(Diary(member_id=member_id, text="a hard day"))
    return member


def count_diaries(service: Service) -> int:
    with service.database.content_load() as session:
        return session.scalar(select(func.count()).select_from(Diary)) or 0


def set_consent(member: MemberClient, *, granted: bool) -> None:
    assert member.request("PUT", CONSENT_PATH, {"granted": granted, "version": "1"}).status_code == 200


def erase_withdrawn(service: Service) -> None:
    erase_withdrawn_health_data(service.database, registry=REGISTRY, now=utc_now())


def test_erase_own_health_data_keeps_account(diaries: Service) -> None:
    member, other = member_with_diary(diaries), member_with_diary(diaries)
    signed_in = diaries.app.state.services.accounts.tokens.verify(member.access_token, now=utc_now())

    transactions = diaries.database.transactions(utc_now())
    erase_own_health_data(
        transactions,
        diaries.app.state.services.accounts,
        Caller("unknown", "x"),
        signed_in,
        PASSWORD,
        registry=REGISTRY,
    )

    assert count_diaries(diaries) == 1
    assert member.request("GET", "/v1/me").status_code == other.request("GET", "/v1/me").status_code == 200


def test_erase_health_data_requires_password(service: Service) -> None:
    member = service.register()

    rejected = member.request("DELETE", "/v1/me/health-data", {"password": "wrong"})
    accepted = member.request("DELETE", "/v1/me/health-data", {"password": PASSWORD})

    assert (rejected.status_code, accepted.status_code) == (403, 204)
    assert member.request("GET", "/v1/me").status_code == 200
    assert member.request("DELETE", "/v1/me/health-data", {"password": PASSWORD}).status_code == 204


def test_health_data_is_erased_30_days_after_withdrawal(diaries: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        withdrawn, consenting = member_with_diary(diaries), member_with_diary(diaries)
        set_consent(withdrawn, granted=False)
        clock.shift(timedelta(days=30, seconds=-1))
        erase_withdrawn(diaries)
        assert count_diaries(diaries) == 2

        clock.shift(timedelta(seconds=1))
        erase_withdrawn(diaries)

        assert count_diaries(diaries) == 1
        assert consenting.sign_in().status_code == 200


def test_health_data_when_consent_is_renewed_is_not_erased(diaries: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        member = member_with_diary(diaries)
        set_consent(member, granted=False)
        clock.shift(timedelta(days=29))
        member.sign_in()
        set_consent(member, granted=True)
        clock.shift(timedelta(days=60))
        erase_withdrawn(diaries)

        assert count_diaries(diaries) == 1


def test_second_withdrawal_restarts_erasure_delay(diaries: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        member = member_with_diary(diaries)
        for granted in (False, True, False):
            member.sign_in()
            set_consent(member, granted=granted)
            clock.shift(timedelta(days=20))
        erase_withdrawn(diaries)
        assert count_diaries(diaries) == 1

        clock.shift(timedelta(days=10))
        erase_withdrawn(diaries)
        assert count_diaries(diaries) == 0
