"""Tests for starting a 21-day journey: client-generated ids, start dates, and one current journey per member."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from time_machine import Traveller

from tests.factories.results import consenting_member, new_id, status_and_code
from tests.factories.rows import row_counts
from tests.factories.runs import (
    MORNING,
    ONE_DAY,
    RUNS_PATH,
    TODAY,
    RunClient,
    day_statuses,
    ok_json,
    problem_summary,
    run_body,
    run_concurrently,
    start_run,
)
from tests.factories.services import MemberClient, Service

INVALID_FIELDS: dict[str, tuple[Any, ...]] = {
    "time_zone": ("Europe/Dublinn", "europe/dublin", "GMT+1", "", "UTC\0", "../UTC", None, 1),
    "pace": ("fast", "Daily", None, 1),
    "starts_on": ("2027-1-11", "2027-01-11T00:00:00Z", "2027-02-29", "", None, 20270111),
    "journey": ("No Slug", "", None, 21, ["21-days"]),
    "started_at": ("2027-01-01T00:00:00Z",),
    "status": ("active",),
}


@pytest.fixture(scope="module")
def member_without_run(site: Service) -> MemberClient:
    """Return a member without a journey, shared by tests that start none."""
    with time_machine.travel(MORNING, tick=False):
        return consenting_member(site)


def test_start_run_repeated_returns_same_run(site: Service, clock: Traveller) -> None:
    member, run_id = consenting_member(site), new_id()

    first, *others = [start_run(member, run_id) for _ in range(3)]

    assert [first.status_code, *(response.status_code for response in others)] == [201, 200, 200]
    assert {response.text for response in (first, *others)} == {first.text}
    assert (first.json()["id"], first.json()["status"]) == (run_id, "active")
    assert member.request("GET", RUNS_PATH).json()["total"] == 1


def test_start_run_repeated_returns_current_state(client: RunClient) -> None:
    client.complete_days(1)
    client.update_run(reminder_time="07:30", time_zone="Asia/Tokyo")
    client.travel(2 * ONE_DAY)

    repeated = start_run(client.member, client.run_id)

    assert (repeated.status_code, repeated.json()) == (200, client.dashboard())
    assert repeated.json()["days_completed"] == 1


@pytest.mark.parametrize("ended", ["abandoned", "completed"])
def test_start_run_repeated_after_end_does_not_restart(client: RunClient, ended: str) -> None:
    if ended == "abandoned":
        client.update_run(status=ended)
    else:
        client.complete_all_days()

    repeated = start_run(client.member, client.run_id)

    assert (repeated.status_code, repeated.json()["status"]) == (200, ended)


def test_start_run_with_reused_id_returns_409(readonly_client: RunClient, clock: Traveller) -> None:
    before = readonly_client.dashboard()
    for fields in (
        {"pace": "gentle"},
        {"time_zone": "Europe/Paris"},
        {"starts_on": str(TODAY + ONE_DAY)},
        {"journey": "no-such-journey"},
    ):
        response = start_run(readonly_client.member, readonly_client.run_id, **fields)
        assert problem_summary(response) == (409, "id_reused", ["path/run_id"])

    assert readonly_client.dashboard() == before


def test_two_members_can_use_same_run_id(site: Service, readonly_client: RunClient, clock: Traveller) -> None:
    other = consenting_member(site)

    assert start_run(other, readonly_client.run_id).status_code == 201
    ok_json(other.request("PATCH", f"{RUNS_PATH}/{readonly_client.run_id}", {"status": "abandoned"}))

    assert readonly_client.dashboard()["status"] == "active"


def test_start_run_with_run_underway_returns_409(site: Service, clock: Traveller) -> None:
    client = RunClient.create(site, clock, starts_on=str(TODAY + ONE_DAY), consents=False)
    assert client.dashboard()["status"] == "scheduled"
    assert status_and_code(start_run(client.member)) == (409, "run_underway")
    client.travel(ONE_DAY)
    for status in ("active", "paused"):
        assert client.update_run(status=status)["status"] == status
        assert status_and_code(start_run(client.member)) == (409, "run_underway")

    assert client.member.request("GET", RUNS_PATH).json()["total"] == 1


def test_concurrent_starts_create_one_run(site: Service, clock: Traveller) -> None:
    member, ids = consenting_member(site), [new_id(), new_id()]
    before = row_counts(site.database)["runs"]

    responses = run_concurrently(10, lambda n: start_run(member, ids[n % 2]))

    assert Counter(response.status_code for response in responses) == {201: 1, 200: 4, 409: 5}
    assert {response.json()["code"] for response in responses if response.status_code == 409} == {"run_underway"}
    assert row_counts(site.database)["runs"] == before + 1


@pytest.mark.parametrize(("zone", "today"), [("Pacific/Kiritimati", TODAY), ("Pacific/Pago_Pago", TODAY - ONE_DAY)])
def test_start_date_must_be_within_30_days_in_zone_of_run(
    site: Service, clock: Traveller, zone: str, today: date
) -> None:
    member = site.register()
    for days in (-1, 31):
        response = start_run(member, time_zone=zone, starts_on=str(today + timedelta(days=days)))
        assert problem_summary(response) == (422, "invalid_input", ["body/starts_on"])
    for days in (0, 30):
        starts_on = str(today + timedelta(days=days))
        response = start_run(member, time_zone=zone, starts_on=starts_on)
        assert response.status_code == 201
        assert (response.json()["today"], response.json()["starts_on"]) == (str(today), starts_on)
        ok_json(member.request("PATCH", f"{RUNS_PATH}/{response.json()['id']}", {"status": "abandoned"}))


def test_future_run_is_scheduled_without_current_day(site: Service, clock: Traveller) -> None:
    client = RunClient.create(site, clock, starts_on="2027-01-13", time_zone="America/New_York")

    dashboard = client.dashboard()
    assert (dashboard["status"], dashboard["current_day"]) == ("scheduled", None)
    assert (dashboard["next_day"], dashboard["up_next"]) == (None, None)
    assert set(day_statuses(dashboard)) == {"locked"}
    assert dashboard["next_opens_at"] == dashboard["days"][0]["opens_at"] == "2027-01-13T05:00:00Z"
    assert status_and_code(client.request("GET", "/days/1")) == (403, "day_locked")

    client.travel(datetime(2027, 1, 13, 5, tzinfo=UTC))
    assert (client.dashboard()["status"], client.dashboard()["current_day"]) == ("active", 1)


def test_start_run_defaults_to_daily_today_in_profile_zone(site: Service, clock: Traveller) -> None:
    member = site.register(time_zone="Asia/Tokyo")
    clock.move_to(datetime(2027, 1, 11, 15, tzinfo=UTC))  # midnight in Tokyo
    member.refresh_session()

    response = member.request("PUT", f"{RUNS_PATH}/{new_id()}", {"journey": "21-days"})

    assert response.status_code == 201
    run = response.json()
    assert (run["time_zone"], run["pace"], run["starts_on"]) == ("Asia/Tokyo", "daily", "2027-01-12")
    ok_json(member.request("PATCH", "/v1/me", {"time_zone": "Europe/London"}))
    assert member.request("GET", f"{RUNS_PATH}/current").json()["time_zone"] == "Asia/Tokyo"


def test_start_run_with_invalid_field_returns_422(member_without_run: MemberClient, clock: Traveller) -> None:
    for name, values in INVALID_FIELDS.items():
        for value in values:
            response = start_run(member_without_run, **{name: value})
            assert problem_summary(response) == (422, "invalid_input", [f"body/{name}"]), value
    response = start_run(member_without_run, journey="22-days")
    assert problem_summary(response) == (422, "unknown_journey", ["body/journey"])
    for run_id in ("current", "1", "9d2f6f0e", "%00"):
        response = member_without_run.request("PUT", f"{RUNS_PATH}/{run_id}", run_body())
        assert problem_summary(response) == (422, "invalid_input", ["path/run_id"]), run_id

    assert member_without_run.request("GET", RUNS_PATH).json()["total"] == 0
