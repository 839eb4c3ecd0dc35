"""Tests for changing a 21-day journey that has started: pause, time zone and reminder."""

from typing import Any

import pytest
from time_machine import Traveller

from tests.factories.results import error_locations, status_and_code
from tests.factories.runs import RunClient
from tests.factories.services import Service


@pytest.mark.parametrize(
    ("name", "invalid_values"),
    [
        ("time_zone", ("Mars/Olympus", "", None, 1, "europe/dublin")),
        ("status", ("completed", "scheduled", "", None, True)),
        ("reminder_time", ("24:00", "7:30", "07:60", "07:30:30", "07:30Z", "", 730, True)),
        ("pace", ("gentle", "daily")),
        ("starts_on", ("2027-01-12", None)),
    ],
)
def test_change_run_with_invalid_field_returns_422(
    readonly_client: RunClient, clock: Traveller, name: str, invalid_values: tuple[Any, ...]
) -> None:
    before = readonly_client.dashboard()
    for value in invalid_values:
        response = readonly_client.request("PATCH", "", {name: value})
        assert (status_and_code(response), error_locations(response)) == (
            (422, "invalid_input"),
            [("body", f"/{name}")],
        ), value
    assert readonly_client.dashboard() == before


def test_reminder_time_is_set_and_removed_by_null(site: Service, clock: Traveller) -> None:
    client = RunClient.create(site, clock, consents=False)
    assert client.update_run(reminder_time="07:30")["reminder_time"] == "07:30"
    assert client.update_run(time_zone="Asia/Tokyo")["reminder_time"] == "07:30"
    assert client.update_run(reminder_time="23:59:00")["reminder_time"] == "23:59"
    assert client.update_run()["reminder_time"] == "23:59"
    assert client.update_run(reminder_time=None)["reminder_time"] is None


def test_change_run_with_one_invalid_field_changes_nothing(readonly_client: RunClient, clock: Traveller) -> None:
    before = readonly_client.dashboard()
    change = {"reminder_time": "07:30", "status": "paused", "time_zone": "Europe/Nowhere"}

    assert status_and_code(readonly_client.request("PATCH", "", change)) == (422, "invalid_input")
    assert readonly_client.dashboard() == before


def test_pause_zone_and_reminder_change_in_one_request(site: Service, clock: Traveller) -> None:
    client = RunClient.create(site, clock, consents=False)

    dashboard = client.update_run(status="paused", time_zone="Asia/Tokyo", reminder_time="06:15")

    assert (dashboard["status"], dashboard["time_zone"], dashboard["reminder_time"]) == (
        "paused",
        "Asia/Tokyo",
        "06:15",
    )
    dashboard = client.update_run(status="active", time_zone="Europe/Dublin")
    assert (dashboard["status"], dashboard["time_zone"], dashboard["current_day"]) == ("active", "Europe/Dublin", 1)


def test_change_run_beyond_max_periods_returns_409(site: Service, clock: Traveller) -> None:
    client = RunClient.create(site, clock, consents=False)
    for index in range(399):
        client.update_run(status=("paused", "active")[index % 2])

    assert client.update_run(status="active")["status"] == "active"  # resuming is allowed even at the limit
    assert status_and_code(client.request("PATCH", "", {"status": "paused"})) == (409, "too_many_turns")
    assert status_and_code(client.request("PATCH", "", {"time_zone": "Asia/Tokyo"})) == (409, "too_many_turns")
    assert client.update_run(status="active")["status"] == "active"
    client.complete_days(1)
    assert client.update_run(reminder_time="07:30")["reminder_time"] == "07:30"
    assert client.update_run(status="abandoned")["status"] == "abandoned"
