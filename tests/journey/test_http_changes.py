"""Tests for changing a 21-day journey that has started: pause, time zone and reminder."""

from typing import Any

import pytest
from time_machine import Traveller

from app.journey import run_updates
from tests.factories.results import status_and_code
from tests.factories.runs import RunClient, problem_summary

INVALID_FIELDS: dict[str, tuple[Any, ...]] = {
    "time_zone": ("Mars/Olympus", "", None, 1, "europe/dublin"),
    "status": ("completed", "scheduled", "", None, True),
    "reminder_time": ("24:00", "7:30", "07:60", "07:30:30", "07:30Z", "", 730, True),
    "pace": ("gentle",),
    "starts_on": ("2027-01-12", None),
}


def test_change_run_with_invalid_field_returns_422(readonly_client: RunClient, clock: Traveller) -> None:
    before = readonly_client.dashboard()
    for name, values in INVALID_FIELDS.items():
        for value in values:
            change = {"reminder_time": "07:30", "status": "paused"} | {name: value}
            response = readonly_client.request("PATCH", "", change)
            assert problem_summary(response) == (422, "invalid_input", [f"body/{name}"]), change

    assert readonly_client.dashboard() == before


def test_reminder_time_is_set_and_removed_by_null(client: RunClient) -> None:
    assert client.update_run(reminder_time="07:30")["reminder_time"] == "07:30"
    assert client.update_run(time_zone="Asia/Tokyo")["reminder_time"] == "07:30"
    assert client.update_run(reminder_time="23:59:00")["reminder_time"] == "23:59"
    assert client.update_run()["reminder_time"] == "23:59"
    assert client.update_run(reminder_time=None)["reminder_time"] is None


@pytest.mark.parametrize("status", ["paused", "abandoned"])
def test_status_zone_and_reminder_change_in_one_request(client: RunClient, status: str) -> None:
    changes = {"status": status, "time_zone": "Asia/Tokyo", "reminder_time": "06:15"}

    dashboard = client.update_run(**changes)

    assert {name: dashboard[name] for name in changes} == changes
    since = dashboard["paused_at" if status == "paused" else "abandoned_at"]
    assert since == "2027-01-11T09:00:00Z"


def test_change_run_beyond_max_periods_returns_409(client: RunClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_updates, "MAX_PERIODS", 4)
    for status in ("paused", "active", "paused"):
        client.update_run(status=status)

    assert client.update_run(status="active")["status"] == "active"  # resuming is allowed even at the limit
    for change in ({"status": "paused"}, {"time_zone": "Asia/Tokyo"}):
        assert status_and_code(client.request("PATCH", "", change)) == (409, "too_many_turns")
    assert client.update_run(status="active")["status"] == "active"
    client.complete_days(1)
    assert client.update_run(reminder_time="07:30")["reminder_time"] == "07:30"
    assert client.update_run(status="abandoned")["status"] == "abandoned"
