"""Runs are started under ids of the client's choice, one at a time, today or within 30 days."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from time_machine import Traveller

from tests.factories.results import agreed, faults, new_id, told
from tests.factories.rows import counts
from tests.factories.runs import (
    A_DAY,
    MORNING,
    RUNS,
    TODAY,
    Walker,
    at_once,
    body_of_run,
    good,
    start,
    statuses,
)
from tests.factories.services import Person, Service


@pytest.fixture(scope="module")
def idle(site: Service) -> Person:
    """One without a run, for tests that leave nothing behind."""
    with time_machine.travel(MORNING, tick=False):
        return agreed(site)


def test_a_run_is_started_once_however_often_it_is_sent(site: Service, clock: Traveller) -> None:
    person, run_id = agreed(site), new_id()

    first, *others = [start(person, run_id) for _ in range(3)]

    assert [first.status_code, *(each.status_code for each in others)] == [201, 200, 200]
    assert {each.text for each in (first, *others)} == {first.text}
    assert (first.json()["id"], first.json()["status"]) == (run_id, "active")
    assert person.ask("GET", RUNS).json()["total"] == 1


def test_a_repeat_answers_with_the_run_as_it_is_by_now(walker: Walker) -> None:
    walker.complete(1)
    walker.modify(reminder_time="07:30", time_zone="Asia/Tokyo")
    walker.travel(2 * A_DAY)

    again = start(walker.person, walker.run_id)

    assert (again.status_code, again.json()) == (200, walker.dashboard())
    assert again.json()["days_completed"] == 1


@pytest.mark.parametrize("ended", ["abandoned", "completed"])
def test_a_repeat_is_no_new_start_when_the_run_is_over(walker: Walker, ended: str) -> None:
    if ended == "abandoned":
        walker.modify(status=ended)
    else:
        walker.finish()
    again = start(walker.person, walker.run_id)

    assert (again.status_code, again.json()["status"]) == (200, ended)
    assert walker.person.ask("GET", RUNS).json()["total"] == 1


def test_an_id_stands_for_what_was_sent_first(resident: Walker, clock: Traveller) -> None:
    before = resident.dashboard()
    for more in (
        {"pace": "gentle"},
        {"time_zone": "Europe/Paris"},
        {"starts_on": str(TODAY + A_DAY)},
        {"journey": "no-such-journey"},
    ):
        reply = start(resident.person, resident.run_id, **more)
        assert (told(reply), faults(reply)) == ((409, "id_reused"), [("path", "/run_id")])

    assert resident.dashboard() == before


def test_two_members_may_choose_the_same_id(site: Service, resident: Walker, clock: Traveller) -> None:
    other = agreed(site)

    assert start(other, resident.run_id).status_code == 201
    good(other.ask("PATCH", f"{RUNS}/{resident.run_id}", {"status": "abandoned"}))

    assert resident.dashboard()["status"] == "active"


@pytest.mark.parametrize("state", ["active", "paused", "scheduled"])
def test_another_run_can_not_be_started_beside_one_that_is_underway(
    site: Service, clock: Traveller, state: str
) -> None:
    walker = Walker(agreed(site), clock)
    walker.start(starts_on=str(TODAY + A_DAY if state == "scheduled" else TODAY))
    if state == "paused":
        walker.modify(status="paused")
    assert walker.dashboard()["status"] == state

    assert told(start(walker.person)) == (409, "run_underway")
    assert walker.person.ask("GET", RUNS).json()["total"] == 1


def test_of_two_starts_at_once_one_is_underway(site: Service, clock: Traveller) -> None:
    person, ids = agreed(site), [new_id(), new_id()]
    before = counts(site.database)["runs"]

    replies = at_once(10, lambda n: start(person, ids[n % 2]))

    assert Counter(reply.status_code for reply in replies) == {201: 1, 200: 4, 409: 5}
    assert {reply.json()["code"] for reply in replies if reply.status_code == 409} == {"run_underway"}
    assert counts(site.database)["runs"] == before + 1


@pytest.mark.parametrize(
    ("zone", "today"),
    [
        ("Pacific/Kiritimati", date(2027, 1, 11)),
        ("Pacific/Pago_Pago", date(2027, 1, 10)),
        ("Asia/Kathmandu", date(2027, 1, 11)),
    ],
)
def test_a_run_starts_from_today_to_30_days_ahead_by_the_clocks_of_its_zone(
    site: Service, clock: Traveller, zone: str, today: date
) -> None:
    person = site.register()
    for days in (-1, 31):
        reply = start(person, time_zone=zone, starts_on=str(today + timedelta(days=days)))
        assert (told(reply), faults(reply)) == ((422, "invalid_input"), [("body", "/starts_on")])
    for days in (0, 30):
        run_id = new_id()
        reply = start(person, run_id, time_zone=zone, starts_on=str(today + timedelta(days=days)))
        assert (reply.status_code, reply.json()["today"]) == (201, str(today))
        assert reply.json()["starts_on"] == str(today + timedelta(days=days))
        good(person.ask("PATCH", f"{RUNS}/{run_id}", {"status": "abandoned"}))


def test_a_run_that_starts_later_is_scheduled_and_has_no_current_day(site: Service, clock: Traveller) -> None:
    walker = Walker.of(site, clock, starts_on="2027-01-13", time_zone="America/New_York")

    board = walker.dashboard()
    assert (board["status"], board["current_day"], board["next_day"], board["up_next"]) == (
        "scheduled", None, None, None,
    )  # fmt: skip
    assert set(statuses(board)) == {"locked"}
    assert board["next_opens_at"] == board["days"][0]["opens_at"] == "2027-01-13T05:00:00Z"
    assert told(walker.ask("GET", "/days/1")) == (403, "day_locked")

    walker.travel(datetime(2027, 1, 13, 5, tzinfo=UTC))
    assert (walker.dashboard()["status"], walker.dashboard()["current_day"]) == ("active", 1)


def test_what_is_left_out_is_a_daily_run_from_today_in_the_zone_of_the_profile(site: Service, clock: Traveller) -> None:
    person = site.register(time_zone="Asia/Tokyo")
    clock.move_to(datetime(2027, 1, 11, 15, tzinfo=UTC))  # midnight there
    person.renew()

    reply = person.ask("PUT", f"{RUNS}/{new_id()}", {"journey": "21-days"})

    assert reply.status_code == 201
    run = reply.json()
    assert (run["time_zone"], run["pace"], run["starts_on"]) == ("Asia/Tokyo", "daily", "2027-01-12")
    good(person.ask("PATCH", "/v1/me", {"time_zone": "Europe/London"}))
    assert person.ask("GET", f"{RUNS}/current").json()["time_zone"] == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("name", "odd"),
    [
        ("time_zone", ("Europe/Dublinn", "europe/dublin", "GMT+1", "", "UTC\0", "../UTC", None, 1)),
        ("pace", ("fast", "Daily", None, 1)),
        ("starts_on", ("2027-1-11", "2027-01-11T00:00:00Z", "2027-02-29", "", None, 20270111)),
        ("journey", ("No Slug", "", None, 21, ["21-days"])),
        ("started_at", ("2027-01-01T00:00:00Z",)),
        ("status", ("active",)),
    ],
)
def test_what_is_wrong_with_a_start_is_named(idle: Person, clock: Traveller, name: str, odd: tuple[Any, ...]) -> None:
    for value in odd:
        reply = start(idle, **{name: value})
        assert (told(reply), faults(reply)) == ((422, "invalid_input"), [("body", f"/{name}")]), value
    assert idle.ask("GET", RUNS).json()["total"] == 0


def test_a_journey_that_is_not_known_is_named(idle: Person, clock: Traveller) -> None:
    reply = start(idle, journey="22-days")

    assert (told(reply), faults(reply)) == ((422, "unknown_journey"), [("body", "/journey")])


@pytest.mark.parametrize("odd", ["current", "1", "9d2f6f0e", "%00"])
def test_the_id_of_a_start_is_a_uuid(idle: Person, clock: Traveller, odd: str) -> None:
    reply = idle.ask("PUT", f"{RUNS}/{odd}", body_of_run())

    assert (told(reply), faults(reply)) == ((422, "invalid_input"), [("path", "/run_id")])


def test_starting_needs_no_consent(site: Service, clock: Traveller) -> None:
    assert start(site.register()).status_code == 201
