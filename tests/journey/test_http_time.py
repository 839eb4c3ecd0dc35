"""Tests for the opening times of a 21-day journey's days: local midnight, clock and time zone changes, and pauses."""

from datetime import datetime, timedelta
from typing import Any

from time_machine import Traveller

from tests.factories.results import status_and_code
from tests.factories.runs import (
    ONE_DAY,
    ONE_HOUR,
    TODAY,
    RunClient,
    day_statuses,
    format_utc,
    local_time,
    offline_change,
    streak_lengths,
)
from tests.factories.services import Service

ONE_SECOND = timedelta(seconds=1)


def opening_times(client: RunClient) -> list[Any]:
    return [day["opens_at"] for day in client.dashboard()["days"] if day["status"] != "locked"]


def test_day_opens_exactly_at_local_midnight(site: Service, clock: Traveller) -> None:
    client = RunClient.create(site, clock, time_zone="Asia/Kathmandu", starts_on="2027-01-12", consents=False)
    for number, midnight in enumerate(("2027-01-11T18:15:00Z", "2027-01-12T18:15:00Z"), start=1):
        assert client.dashboard()["next_opens_at"] == midnight
        client.travel(datetime.fromisoformat(midnight) - ONE_SECOND)
        assert status_and_code(client.request("GET", f"/days/{number}")) == (403, "day_locked")
        client.travel(datetime.fromisoformat(midnight))
        assert client.read_day(number)["opens_at"] == midnight
        assert client.dashboard()["current_day"] == number


def test_gentle_day_opens_on_date_after_previous_completion(site: Service, clock: Traveller) -> None:
    client = RunClient.create(site, clock, pace="gentle", consents=False)
    client.travel(local_time(TODAY + 3 * ONE_DAY, 23, 59))
    dashboard = client.dashboard()
    assert (dashboard["current_day"], dashboard["next_opens_at"]) == (1, None)
    assert [day["scheduled_on"] for day in dashboard["days"][:3]] == ["2027-01-11", None, None]

    client.complete_days(1)

    assert client.dashboard()["next_opens_at"] == client.dashboard()["days"][1]["opens_at"] == "2027-01-15T00:00:00Z"
    client.travel(5 * ONE_DAY)
    assert client.dashboard()["current_day"] == 2


def test_paused_run_opens_no_days_and_resume_moves_them(client: RunClient) -> None:
    client.travel(ONE_DAY)
    dashboard = client.update_run(status="paused")
    assert (dashboard["status"], dashboard["paused_at"]) == ("paused", "2027-01-12T09:00:00Z")
    assert client.update_run(status="paused") == dashboard

    client.travel(4 * ONE_DAY)  # the whole of 13, 14 and 15 January is paused

    dashboard = client.dashboard()
    assert (dashboard["status"], dashboard["current_day"], dashboard["next_opens_at"]) == ("paused", 2, None)
    assert {(day["scheduled_on"], day["opens_at"]) for day in dashboard["days"][2:]} == {(None, None)}
    assert status_and_code(client.request("GET", "/days/3")) == (403, "day_locked")
    client.complete_days(2)
    assert client.read_day(1)["progress"]["completed_at"] is None

    dashboard = client.update_run(status="active")

    assert (dashboard["status"], dashboard["current_day"], dashboard["paused_at"]) == ("active", 3, None)
    assert [day["scheduled_on"] for day in dashboard["days"][:5]] == [f"2027-01-{day}" for day in (11, 12, 16, 17, 18)]
    assert opening_times(client) == ["2027-01-11T00:00:00Z", "2027-01-12T00:00:00Z", "2027-01-16T09:00:00Z"]
    assert dashboard["next_opens_at"] == "2027-01-17T00:00:00Z"
    assert client.update_run(status="active") == dashboard


def test_zone_change_locks_no_open_day_and_preserves_dates(site: Service, clock: Traveller) -> None:
    client = RunClient.create(site, clock, time_zone="Pacific/Kiritimati", consents=False)
    client.travel(2 * ONE_HOUR)
    before = client.dashboard()
    assert (before["today"], before["current_day"]) == ("2027-01-12", 2)

    dashboard = client.update_run(time_zone="Pacific/Pago_Pago")

    assert (dashboard["today"], dashboard["time_zone"]) == ("2027-01-11", "Pacific/Pago_Pago")
    assert [day["scheduled_on"] for day in dashboard["days"]] == [day["scheduled_on"] for day in before["days"]]
    assert dashboard["days"][:2] == before["days"][:2]
    assert dashboard["next_opens_at"] == "2027-01-13T11:00:00Z"
    client.complete_days(2)
    assert client.read_day(2)["progress"]["completed_on"] == "2027-01-11"
    assert client.update_run(time_zone="Pacific/Kiritimati")["current_day"] == 2
    assert opening_times(client) == ["2027-01-10T10:00:00Z", "2027-01-11T10:00:00Z"]


def test_sync_after_ten_days_counts_completions_on_their_dates(client: RunClient) -> None:
    evenings = [local_time(TODAY + n * ONE_DAY, 21) for n in range(10)]
    client.travel(10 * ONE_DAY)
    changes = [
        offline_change(day, at, completed=True, mood_after=4, reflection=f"evening {day}")
        for day, at in enumerate(evenings, start=1)
    ]

    response = client.sync(*changes)

    assert [result["status"] for result in response["results"]] == ["applied"] * 10
    dashboard = response["dashboard"]
    assert dashboard == client.dashboard()
    assert (dashboard["days_completed"], dashboard["next_day"], streak_lengths(dashboard)) == (10, 11, (10, 10, 0))
    assert [day["completed_at"] for day in dashboard["days"][:10]] == [format_utc(at) for at in evenings]
    assert [day["completed_on"] for day in dashboard["days"][:10]] == [str(TODAY + n * ONE_DAY) for n in range(10)]
    assert client.read_day(7)["progress"]["reflection"] == "evening 7"


def test_sync_of_gentle_run_opens_days_as_online(site: Service, clock: Traveller) -> None:
    client = RunClient.create(site, clock, pace="gentle", consents=False)
    evenings = [local_time(TODAY + n * ONE_DAY, 21) for n in range(5)]
    client.travel(5 * ONE_DAY)

    response = client.sync(*(offline_change(day, at, completed=True) for day, at in enumerate(evenings, start=1)))

    assert [result["status"] for result in response["results"]] == ["applied"] * 5
    assert opening_times(client) == [f"2027-01-{day}T00:00:00Z" for day in range(11, 17)]
    assert day_statuses(response["dashboard"])[:6] == ["completed"] * 5 + ["open"]
