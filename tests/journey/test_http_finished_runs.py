"""Tests for the end of a 21-day journey, and for the changes that are still accepted afterwards."""

from typing import Any

import pytest
from time_machine import Traveller

from tests.factories.results import status_and_code
from tests.factories.runs import (
    ONE_DAY,
    ONE_HOUR,
    TODAY,
    Json,
    RunClient,
    day_statuses,
    offline_change,
    ok_json,
    start_run,
)
from tests.factories.services import Service

FINISHED = (409, "run_finished")
CHANGES: tuple[dict[str, Any], ...] = (
    {"time_zone": "Asia/Tokyo"},
    {"reminder_time": "08:00"},
    {"status": "paused"},
    {"status": "active"},
)


def sync_status(client: RunClient, day: int, **fields: Any) -> str:
    """Sync one change made at the current time, and return its status."""
    [result] = client.sync(offline_change(day, client.now, **fields))["results"]
    return str(result["status"])


@pytest.fixture
def completed_client(client: RunClient) -> RunClient:
    """Return a client of a member who has completed all 21 days."""
    client.update_day(1, reflection="at first", mood_before=2, tasks={"first-1": True})
    client.complete_all_days()
    return client


@pytest.fixture
def abandoned_client(client: RunClient) -> RunClient:
    """Return a client of a member who completed two days and abandoned the journey on the third date."""
    client.update_day(1, completed=True, reflection="at first", mood_before=2, tasks={"first-1": True})
    client.travel(ONE_DAY)
    client.complete_days(2)
    client.travel(ONE_DAY)
    client.update_run(status="abandoned")
    return client


def test_completing_last_day_in_any_order_ends_run_and_pause(client: RunClient) -> None:
    client.travel(20 * ONE_DAY)
    client.complete_days(*range(21, 1, -1))
    client.update_run(status="paused")
    assert (client.dashboard()["status"], client.dashboard()["finished"]) == ("paused", None)

    run = client.update_day(1, completed=True)["run"]

    assert (run["status"], run["percent"], run["next_day"], run["current_day"]) == ("completed", 100, None, 21)
    assert set(day_statuses(client.dashboard())) == {"completed"}
    assert client.update_day(1, completed=False)["run"]["status"] == "active"


def test_undo_in_completed_run_makes_it_active(completed_client: RunClient) -> None:
    completed_client.travel(ONE_DAY)
    undone = completed_client.update_day(21, completed=False)["run"]

    assert (undone["status"], undone["days_completed"], undone["next_day"]) == ("active", 20, 21)
    assert completed_client.dashboard()["finished"] is None
    assert status_and_code(start_run(completed_client.member)) == (409, "run_underway")
    assert completed_client.update_day(21, completed=True)["run"]["status"] == "completed"
    assert completed_client.dashboard()["finished"]["last_on"] == "2027-02-01"


def test_completed_run_accepts_undo_tasks_moods_and_reflections(completed_client: RunClient) -> None:
    fields: Json = {"tasks": {"first-1": False, "second-1": True}, "mood_after": 5, "reflection": "at last"}
    progress = completed_client.update_day(1, **fields)["progress"]
    assert {name: progress[name] for name in fields} == fields

    assert sync_status(completed_client, 2, reflection="later", mood_before=1) == "applied"
    assert completed_client.update_day(3, completed=False)["run"]["status"] == "active"


def test_change_completed_run_returns_409_unless_it_has_no_effect(completed_client: RunClient) -> None:
    before = completed_client.dashboard()
    completed_client.travel(ONE_HOUR)
    for change in (*CHANGES, {"status": "abandoned"}):
        assert status_and_code(completed_client.request("PATCH", "", change)) == FINISHED
    for change in ({}, {"time_zone": "Europe/Dublin"}, {"reminder_time": None}):
        completed_client.update_run(**change)
    completed_client.complete_days(1, 21)

    assert completed_client.dashboard() == before


def test_abandoned_run_accepts_no_changes_except_reflections(abandoned_client: RunClient) -> None:
    abandoned_client.travel(ONE_HOUR)
    before = abandoned_client.dashboard(), abandoned_client.read_day(1)
    for fields in (
        {"completed": False},
        {"tasks": {"first-1": False}},
        {"tasks": {"second-1": True}},
        {"mood_before": 3},
        {"mood_before": None},
        {"mood_after": 3},
        {"reflection": "mixed", "mood_after": 3},
    ):
        assert status_and_code(abandoned_client.change_day(1, **fields)) == FINISHED
    assert status_and_code(abandoned_client.change_day(3, completed=True)) == FINISHED
    for fields in ({"mood_after": 3}, {"tasks": {"second-1": True}}):
        assert sync_status(abandoned_client, 1, **fields) == "refused"
    for change in CHANGES:
        assert status_and_code(abandoned_client.request("PATCH", "", change)) == FINISHED
    assert (abandoned_client.dashboard(), abandoned_client.read_day(1)) == before

    assert abandoned_client.update_day(1, reflection="afterwards")["progress"]["reflection"] == "afterwards"
    assert sync_status(abandoned_client, 2, reflection="synced") == "applied"
    reflections = [progress["reflection"] for progress in abandoned_client.open_days_progress()]
    assert reflections == ["afterwards", "synced", None]


def test_abandoned_run_opens_no_further_days(abandoned_client: RunClient) -> None:
    before = abandoned_client.dashboard()
    abandoned_client.travel(10 * ONE_DAY)

    assert abandoned_client.dashboard() == before | {"today": "2027-01-23"}
    assert (before["current_day"], before["next_opens_at"]) == (3, None)
    assert status_and_code(abandoned_client.request("GET", "/days/4")) == (403, "day_locked")
    assert abandoned_client.read_day(3)["status"] == "open"


def test_abandoned_run_accepts_changes_without_effect(abandoned_client: RunClient) -> None:
    before = abandoned_client.dashboard()
    abandoned_client.travel(ONE_HOUR)
    for fields in (
        {},
        {"completed": True},
        {"tasks": {"first-1": True, "second-1": False}},
        {"mood_before": 2, "mood_after": None},
        {"reflection": "at first"},
        {"completed": True, "mood_before": 2},
    ):
        assert abandoned_client.change_day(1, **fields).status_code == 200
        assert sync_status(abandoned_client, 1, **fields) == "unchanged"
    for change in ({}, {"status": "abandoned"}, {"time_zone": "Europe/Dublin"}, {"reminder_time": None}):
        assert ok_json(abandoned_client.request("PATCH", "", change))["status"] == "abandoned"
    assert abandoned_client.change_day(3, completed=False).status_code == 200
    assert abandoned_client.dashboard() == before


def test_undo_in_completed_run_with_other_run_underway_returns_409(completed_client: RunClient) -> None:
    first, before = completed_client.run_id, completed_client.dashboard()
    second = completed_client.start()["id"]
    completed_client.run_id = first

    assert status_and_code(completed_client.change_day(1, completed=False, reflection="lost?")) == (409, "run_underway")

    assert completed_client.dashboard() == before
    assert completed_client.read_day(1)["progress"]["reflection"] == "at first"
    assert completed_client.update_day(1, reflection="still mine", completed=True)["run"]["status"] == "completed"
    ok_json(completed_client.member.request("PATCH", f"/v1/me/journeys/{second}", {"status": "abandoned"}))
    assert completed_client.update_day(1, completed=False)["run"]["status"] == "active"


def test_abandon_scheduled_run_leaves_all_days_locked(site: Service, clock: Traveller) -> None:
    client = RunClient.create(site, clock, starts_on=str(TODAY + 9 * ONE_DAY), consents=False)
    assert client.update_run(status="abandoned")["current_day"] is None
    client.travel(20 * ONE_DAY)

    assert set(day_statuses(client.dashboard())) == {"locked"}
    assert start_run(client.member).status_code == 201
    assert ok_json(client.request("GET"))["status"] == "abandoned"
