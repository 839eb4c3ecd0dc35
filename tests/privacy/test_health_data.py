"""Tests for erasing health data, such as the notes of a journey: on request, and 30 days after withdrawn consent."""

from datetime import timedelta

from sqlmodel import col, select
from time_machine import Traveller

from app.core.timestamps import utc_now
from app.journey.models import AppliedChange
from tests.factories.results import set_consent, status_and_code
from tests.factories.rows import row_counts
from tests.factories.runs import ONE_DAY, RunClient, offline_change
from tests.factories.services import PASSWORD, Service

PATH = "/v1/me/health-data"


def member_with_notes(service: Service, clock: Traveller) -> RunClient:
    client = RunClient.create(service, clock)
    client.update_day(1, completed=True, reflection="a hard day")
    return client


def count_notes_after_clean_up(service: Service) -> int:
    service.clean_up(now=utc_now())
    return row_counts(service.database)["day_notes"]


def change_consent(client: RunClient, *, granted: bool) -> None:
    client.member.sign_in()
    set_consent(client.member, granted=granted)


def test_erase_health_data_requires_password_and_keeps_account(service: Service, clock: Traveller) -> None:
    client = member_with_notes(service, clock)

    assert status_and_code(client.member.request("DELETE", PATH, {"password": "wrong"})) == (403, "wrong_password")
    assert client.read_day(1)["progress"]["reflection"] == "a hard day"
    for _ in range(2):
        assert client.member.request("DELETE", PATH, {"password": PASSWORD}).status_code == 204

    assert client.read_day(1)["progress"]["reflection"] is None
    assert '"health_data_erased"' in client.member.request("GET", "/v1/me/export").text


def test_only_notes_are_erased_30_days_after_withdrawal(service: Service, clock: Traveller) -> None:
    withdrawn, consenting = member_with_notes(service, clock), member_with_notes(service, clock)
    for client in (withdrawn, consenting):
        client.sync(offline_change(1, client.now, mood_before=2))
    change_consent(withdrawn, granted=False)
    for granted in (False, True):  # decisions of another member do not count
        change_consent(consenting, granted=granted)
    for delay, count in ((timedelta(days=30, seconds=-1), 2), (timedelta(seconds=1), 1)):
        clock.shift(delay)
        assert count_notes_after_clean_up(service) == count

    assert [row_counts(service.database)[table] for table in ("runs", "run_days")] == [2, 2]
    with service.database.reads.connect() as connection:
        hashes = list(connection.execute(select(col(AppliedChange.body_hash))).scalars())
    assert sorted(map(bool, hashes)) == [False, True]  # of the withdrawn and of the consenting member
    for client, reflection in ((withdrawn, None), (consenting, "a hard day")):
        client.member.sign_in()
        day = client.read_day(1)
        assert (day["status"], day["progress"]["reflection"]) == ("completed", reflection)


def test_second_withdrawal_restarts_erasure_delay(service: Service, clock: Traveller) -> None:
    client = member_with_notes(service, clock)
    for granted in (False, True, False):
        change_consent(client, granted=granted)
        clock.shift(20 * ONE_DAY)
    assert count_notes_after_clean_up(service) == 1

    clock.shift(10 * ONE_DAY)

    assert count_notes_after_clean_up(service) == 0


def test_notes_when_consent_is_renewed_are_not_erased(service: Service, clock: Traveller) -> None:
    client = member_with_notes(service, clock)
    change_consent(client, granted=False)
    clock.shift(29 * ONE_DAY)
    change_consent(client, granted=True)
    clock.shift(60 * ONE_DAY)

    assert count_notes_after_clean_up(service) == 1
