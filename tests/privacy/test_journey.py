"""What members keep on a journey: told to them in an export, and erased with their account or at their word."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from pydantic import TypeAdapter
from time_machine import Traveller

from app.core.timestamps import utc_now
from app.privacy.retention import clean_up
from app.privacy.schemas import Export
from tests.factories.results import CONSENT, HEALTH, agreed, decide
from tests.factories.rows import all_rows, counts
from tests.factories.runs import MORNING, RUNS, Walker, calendar_path, change_of, shown
from tests.factories.services import PASSWORD, Person, Service

WORDS = "The door was open, and I went in."
BOOKMARK = "/v1/me/bookmarks/here-now"
OF_RUNS = ("runs", "run_days", "day_notes", "applied_changes", "calendars", "bookmarks")


@pytest.fixture
def clock() -> Iterator[Traveller]:
    with time_machine.travel(MORNING, tick=False) as clock:
        yield clock


def lived(service: Service, clock: Traveller, address: str | None = None) -> Walker:
    """Somebody with something in every table of the journey."""
    person = service.register_verified(address, consents=[CONSENT])
    walker = Walker(person, clock)
    walker.start()
    walker.modify(reminder_time="07:30")
    walker.note(1, completed=True, tasks={"first-1": True, "second-1": False}, mood_before=2, reflection=WORDS)
    walker.sync(change_of(1, walker.now, mood_after=4))
    calendar_path(walker)
    assert person.ask("PUT", BOOKMARK).status_code == 201
    return walker


def export_of(person: Person) -> Export:
    reply = person.ask("GET", "/v1/me/export")
    assert reply.status_code == 200, reply.text
    return TypeAdapter(Export).validate_json(reply.content)


def erase_health_data(person: Person) -> None:
    assert person.ask("DELETE", "/v1/me/health-data", {"password": PASSWORD}).status_code == 204


def test_an_export_holds_all_of_a_run_unsealed(service: Service, clock: Traveller) -> None:
    walker = lived(service, clock)
    clock.shift(timedelta(minutes=4))
    walker.modify(status="paused")
    clock.shift(timedelta(minutes=4))
    walker.modify(status="active", time_zone="Europe/Vienna")

    [run] = export_of(walker.person).runs

    assert (str(run.id), run.journey, run.status, run.pace) == (walker.run_id, "21-days", "active", "daily")
    assert (run.starts_on, run.started_at, run.abandoned_at) == (MORNING.date(), MORNING, None)
    assert (run.reminder_time, run.calendar_made_at) == ("07:30", MORNING)
    assert [(each.since - MORNING, each.time_zone, each.paused) for each in run.stretches] == [
        (timedelta(0), "Europe/Dublin", False),
        (timedelta(minutes=4), "Europe/Dublin", True),
        (timedelta(minutes=8), "Europe/Vienna", False),
    ]
    assert [shown(moment) for moment in run.opened_at] == ["2027-01-11T00:00:00Z"]
    [day] = run.days
    assert (day.day, day.completed_at, day.completed_on) == (1, MORNING, MORNING.date())
    assert (day.time_zone, day.undone_at) == ("Europe/Dublin", None)
    assert (day.tasks, day.mood_before, day.mood_after) == ({"first-1": True, "second-1": False}, 2, 4)
    assert day.reflection == WORDS
    assert set(day.noted_at.values()) == {MORNING}
    assert set(day.noted_at) == {"tasks/first-1", "tasks/second-1", "mood_before", "mood_after", "reflection"}


def test_an_export_holds_runs_of_before_and_days_that_were_taken_back(service: Service, clock: Traveller) -> None:
    walker = lived(service, clock)
    first = walker.run_id
    walker.note(1, completed=False, reflection=None)
    walker.modify(status="abandoned")
    clock.shift(timedelta(minutes=4))
    walker.start(pace="gentle")

    runs = export_of(walker.person).runs

    assert [(str(run.id), run.status) for run in runs] == [(first, "abandoned"), (walker.run_id, "active")]
    [day] = runs[0].days
    assert (day.completed_at, day.undone_at, day.reflection, day.mood_before) == (None, MORNING, None, 2)
    assert runs[0].abandoned_at == MORNING
    assert (runs[1].days, runs[1].calendar_made_at) == ([], None)


def test_an_export_holds_bookmarks(service: Service, clock: Traveller) -> None:
    walker = lived(service, clock)

    assert [(each.article, each.saved_at) for each in export_of(walker.person).bookmarks] == [("here-now", MORNING)]


def test_an_export_says_that_there_is_a_calendar_and_not_where(service: Service, clock: Traveller) -> None:
    walker = lived(service, clock)
    secret = calendar_path(walker).removeprefix("/v1/calendars/").removesuffix(".ics")

    told = walker.person.ask("GET", "/v1/me/export").text

    assert len(secret) > 40
    assert secret not in told
    assert "calendar_made_at" in told


def test_an_export_holds_nothing_of_anybody_elses_journey(service: Service, clock: Traveller) -> None:
    lived(service, clock)
    other = service.register_verified()

    export = export_of(other)

    assert (export.runs, export.bookmarks) == ([], [])


def test_what_is_exported_after_the_consent_was_withdrawn_is_the_same(service: Service, clock: Traveller) -> None:
    walker = lived(service, clock)
    before = export_of(walker.person)
    decide(walker.person, granted=False)

    after = export_of(walker.person)

    assert (after.runs, after.bookmarks) == (before.runs, before.bookmarks)


def test_with_the_account_all_of_it_goes(service: Service, clock: Traveller) -> None:
    before = counts(service.database)
    walker = lived(service, clock, "ana@example.org")
    path = calendar_path(walker)
    member_id = walker.person.ask("GET", "/v1/me").json()["id"]
    assert all(counts(service.database)[table] == before[table] + 1 for table in OF_RUNS)

    assert walker.person.erase() == 204

    gone = counts(service.database)
    assert {table: gone[table] for table in OF_RUNS} == {table: before[table] for table in OF_RUNS}
    found = str(all_rows(service.database))
    assert member_id not in found
    assert walker.run_id not in found
    assert service.client.get(path).status_code == 404


def test_the_account_of_another_takes_nothing_along(service: Service, clock: Traveller) -> None:
    stays, goes = lived(service, clock), lived(service, clock)
    kept = export_of(stays.person)

    goes.person.erase()

    after = export_of(stays.person)
    assert (after.runs, after.bookmarks) == (kept.runs, kept.bookmarks)
    assert stays.person.client.get(calendar_path(stays)).status_code == 200


def test_erasing_health_data_erases_notes_and_nothing_else(service: Service, clock: Traveller) -> None:
    walker, other = lived(service, clock), lived(service, clock)
    rows, dashboard, path = all_rows(service.database), walker.dashboard(), calendar_path(walker)

    erase_health_data(walker.person)

    assert walker.dashboard() == dashboard
    day = walker.read(1)
    nothing = {"mood_before": None, "mood_after": None, "reflection": None}
    assert day["status"] == "completed"
    assert day["progress"] == {
        "completed_at": shown(MORNING),
        "completed_on": "2027-01-11",
        "tasks": {"first-1": False, "second-1": False},
        **nothing,
    }
    left = all_rows(service.database)
    for table in set(OF_RUNS) - {"day_notes", "applied_changes"}:
        assert left[table] == rows[table], table
    assert len(left["applied_changes"]) == len(rows["applied_changes"])
    assert left["applied_changes"] != rows["applied_changes"]  # what they said can't even be guessed at any longer
    assert len(left["day_notes"]) == 1
    assert other.read(1)["progress"]["reflection"] == WORDS
    assert walker.person.ask("GET", BOOKMARK).status_code == service.client.get(path).status_code == 200
    [run] = export_of(walker.person).runs
    assert (run.days[0].tasks, run.days[0].reflection, run.days[0].noted_at) == ({}, None, {})


def test_after_erasing_one_may_begin_to_note_again(service: Service, clock: Traveller) -> None:
    walker = lived(service, clock)
    erase_health_data(walker.person)

    noted = walker.note(1, reflection="Again.")["progress"]

    assert (noted["reflection"], noted["mood_before"]) == ("Again.", None)


def test_thirty_days_after_a_withdrawal_notes_are_erased_and_nothing_else(service: Service, clock: Traveller) -> None:
    gone, stays = lived(service, clock), lived(service, clock)
    decide(gone.person, granted=False)
    for wait, left in ((timedelta(days=30, seconds=-1), 2), (timedelta(seconds=1), 1)):
        clock.shift(wait)
        clean_up(service.database, service.app.state.services.privacy.erasures, now=utc_now())
        assert counts(service.database)["day_notes"] == left

    assert [counts(service.database)[table] for table in OF_RUNS if table != "day_notes"] == [2] * 5
    for walker, words in ((gone, None), (stays, WORDS)):
        walker.person.sign_in()
        day = walker.read(1)
        assert (day["status"], day["progress"]["reflection"]) == ("completed", words)


def test_who_agrees_again_in_time_keeps_their_notes(service: Service, clock: Traveller) -> None:
    walker = lived(service, clock)
    decide(walker.person, granted=False)
    clock.shift(timedelta(days=29))
    walker.person.sign_in()
    decide(walker.person, granted=True)
    clock.shift(timedelta(days=30))
    clean_up(service.database, service.app.state.services.privacy.erasures, now=utc_now())
    walker.person.sign_in()

    assert walker.read(1)["progress"]["reflection"] == WORDS


def test_a_journey_without_notes_needs_no_consent_to_be_exported(service: Service, clock: Traveller) -> None:
    person = service.register_verified()
    walker = Walker(person, clock)
    walker.start()
    walker.complete(1)

    assert person.ask("GET", HEALTH).json()["granted"] is False
    [run] = export_of(person).runs
    assert [(day.day, day.tasks, day.reflection) for day in run.days] == [(1, {}, None)]
    assert agreed(service).ask("GET", f"{RUNS}/{walker.run_id}").status_code == 404
