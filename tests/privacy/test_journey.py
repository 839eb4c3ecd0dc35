"""Tests for exporting and erasing a member's 21-day journey data and bookmarks."""

from datetime import timedelta

from pydantic import TypeAdapter
from time_machine import Traveller

from app.privacy.schemas import Export
from tests.factories.accounts import reauthenticate
from tests.factories.results import CONSENT, HEALTH_CONSENT_PATH, consenting_member, set_consent, status_and_code
from tests.factories.rows import all_rows, row_counts
from tests.factories.runs import MORNING, RUNS_PATH, RunClient, calendar_path, format_utc, offline_change
from tests.factories.services import PASSWORD, MemberClient, Service

REFLECTION = "The door was open, and I went in."
BOOKMARK = "/v1/me/bookmarks/here-now"
JOURNEY_TABLES = ("runs", "run_days", "day_notes", "applied_changes", "calendars", "bookmarks")


def member_with_journey_data(service: Service, clock: Traveller, address: str | None = None) -> RunClient:
    """Register a member with rows in every table of the journey."""
    member = service.register_verified(address, consents=[CONSENT])
    run_client = RunClient(member, clock)
    run_client.start()
    run_client.update_run(reminder_time="07:30")
    run_client.update_day(
        1, completed=True, tasks={"first-1": True, "second-1": False}, mood_before=2, reflection=REFLECTION
    )
    run_client.sync(offline_change(1, run_client.now, mood_after=4))
    calendar_path(run_client)
    assert member.request("PUT", BOOKMARK).status_code == 201
    return run_client


def read_export(member: MemberClient) -> Export:
    assert reauthenticate(member, password=PASSWORD).status_code == 204
    response = member.request("GET", "/v1/me/export")
    assert response.status_code == 200, response.text
    return TypeAdapter(Export).validate_json(response.content)


def erase_health_data(member: MemberClient) -> None:
    assert member.request("DELETE", "/v1/me/health-data", {"password": PASSWORD}).status_code == 204


def test_export_contains_decrypted_run(service: Service, clock: Traveller) -> None:
    run_client = member_with_journey_data(service, clock)
    clock.shift(timedelta(minutes=4))
    run_client.update_run(status="paused")
    clock.shift(timedelta(minutes=4))
    run_client.update_run(status="active", time_zone="Europe/Vienna")

    [run] = read_export(run_client.member).runs

    assert (str(run.id), run.journey, run.status, run.pace) == (run_client.run_id, "21-days", "active", "daily")
    assert (run.starts_on, run.started_at, run.abandoned_at) == (MORNING.date(), MORNING, None)
    assert (run.reminder_time, run.calendar_made_at) == ("07:30", MORNING)
    assert [(period.since - MORNING, period.time_zone, period.paused) for period in run.stretches] == [
        (timedelta(0), "Europe/Dublin", False),
        (timedelta(minutes=4), "Europe/Dublin", True),
        (timedelta(minutes=8), "Europe/Vienna", False),
    ]
    assert [format_utc(moment) for moment in run.opened_at] == ["2027-01-11T00:00:00Z"]
    [day] = run.days
    assert (day.day, day.completed_at, day.completed_on) == (1, MORNING, MORNING.date())
    assert (day.time_zone, day.undone_at) == ("Europe/Dublin", None)
    assert (day.tasks, day.mood_before, day.mood_after) == ({"first-1": True, "second-1": False}, 2, 4)
    assert day.reflection == REFLECTION
    assert set(day.noted_at.values()) == {MORNING}
    assert set(day.noted_at) == {"tasks/first-1", "tasks/second-1", "mood_before", "mood_after", "reflection"}


def test_export_contains_earlier_runs_and_undone_days(service: Service, clock: Traveller) -> None:
    run_client = member_with_journey_data(service, clock)
    first = run_client.run_id
    run_client.update_day(1, completed=False, reflection=None)
    run_client.update_run(status="abandoned")
    clock.shift(timedelta(minutes=4))
    run_client.start(pace="gentle")

    runs = read_export(run_client.member).runs

    assert [(str(run.id), run.status) for run in runs] == [(first, "abandoned"), (run_client.run_id, "active")]
    [day] = runs[0].days
    assert (day.completed_at, day.undone_at, day.reflection, day.mood_before) == (None, MORNING, None, 2)
    assert runs[0].abandoned_at == MORNING
    assert (runs[1].days, runs[1].calendar_made_at) == ([], None)


def test_export_contains_bookmarks_but_no_calendar_address(service: Service, clock: Traveller) -> None:
    run_client = member_with_journey_data(service, clock)
    secret = calendar_path(run_client).removeprefix("/v1/calendars/").removesuffix(".ics")

    export = read_export(run_client.member)

    assert [(bookmark.article, bookmark.saved_at) for bookmark in export.bookmarks] == [("here-now", MORNING)]
    text = run_client.member.request("GET", "/v1/me/export").text
    assert len(secret) > 40
    assert secret not in text
    assert "calendar_made_at" in text


def test_export_after_withdrawal_is_unchanged(service: Service, clock: Traveller) -> None:
    run_client = member_with_journey_data(service, clock)
    before = read_export(run_client.member)
    set_consent(run_client.member, granted=False)

    after = read_export(run_client.member)

    assert (after.runs, after.bookmarks) == (before.runs, before.bookmarks)


def test_erase_account_deletes_journey_data_of_one_member(service: Service, clock: Traveller) -> None:
    other, before = member_with_journey_data(service, clock), row_counts(service.database)
    run_client = member_with_journey_data(service, clock, "ana@example.org")
    path, exported = calendar_path(run_client), read_export(other.member)
    member_id = run_client.member.request("GET", "/v1/me").json()["id"]
    assert all(row_counts(service.database)[table] == before[table] + 1 for table in JOURNEY_TABLES)

    assert run_client.member.erase() == 204

    counts, rows = row_counts(service.database), str(all_rows(service.database))
    assert {table: counts[table] for table in JOURNEY_TABLES} == {table: before[table] for table in JOURNEY_TABLES}
    assert member_id not in rows
    assert run_client.run_id not in rows
    assert status_and_code(service.client.get(path)) == (404, "calendar_not_found")
    after = read_export(other.member)
    assert (after.runs, after.bookmarks) == (exported.runs, exported.bookmarks)
    assert service.client.get(calendar_path(other)).status_code == 200


def test_erase_health_data_deletes_only_notes(service: Service, clock: Traveller) -> None:
    run_client, other = member_with_journey_data(service, clock), member_with_journey_data(service, clock)
    rows, dashboard, path = all_rows(service.database), run_client.dashboard(), calendar_path(run_client)

    erase_health_data(run_client.member)

    assert run_client.dashboard() == dashboard
    day = run_client.read_day(1)
    assert day["status"] == "completed"
    assert day["progress"] == {
        "completed_at": format_utc(MORNING),
        "completed_on": "2027-01-11",
        "tasks": {"first-1": False, "second-1": False},
        "mood_before": None,
        "mood_after": None,
        "reflection": None,
    }
    remaining = all_rows(service.database)
    for table in set(JOURNEY_TABLES) - {"day_notes", "applied_changes"}:
        assert remaining[table] == rows[table], table
    assert len(remaining["applied_changes"]) == len(rows["applied_changes"])
    assert remaining["applied_changes"] != rows["applied_changes"]  # the hashes of their request bodies were cleared
    assert len(remaining["day_notes"]) == 1
    assert other.read_day(1)["progress"]["reflection"] == REFLECTION
    assert run_client.member.request("GET", BOOKMARK).status_code == service.client.get(path).status_code == 200
    [run] = read_export(run_client.member).runs
    assert (run.days[0].tasks, run.days[0].reflection, run.days[0].noted_at) == ({}, None, {})
    noted = run_client.update_day(1, reflection="Again.")["progress"]
    assert (noted["reflection"], noted["mood_before"]) == ("Again.", None)


def test_export_of_journey_without_notes_requires_no_consent(service: Service, clock: Traveller) -> None:
    member = service.register_verified()
    run_client = RunClient(member, clock)
    run_client.start()
    run_client.complete_days(1)

    assert member.request("GET", HEALTH_CONSENT_PATH).json()["granted"] is False
    [run] = read_export(member).runs
    assert [(day.day, day.tasks, day.reflection) for day in run.days] == [(1, {}, None)]
    assert consenting_member(service).request("GET", f"{RUNS_PATH}/{run_client.run_id}").status_code == 404
