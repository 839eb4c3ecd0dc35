"""What of a run can be changed while it is underway, and what is refused."""

from typing import Any

import pytest
from time_machine import Traveller

from tests.factories.results import faults, told
from tests.factories.runs import Walker
from tests.factories.services import Service


@pytest.mark.parametrize(
    ("name", "odd"),
    [
        ("time_zone", ("Mars/Olympus", "", None, 1, "europe/dublin")),
        ("status", ("completed", "scheduled", "", None, True)),
        ("reminder_time", ("24:00", "7:30", "07:60", "07:30:30", "07:30Z", "", 730, True)),
        ("pace", ("gentle", "daily")),
        ("starts_on", ("2027-01-12", None)),
    ],
)
def test_what_is_wrong_with_a_change_of_a_run_is_named(
    resident: Walker, clock: Traveller, name: str, odd: tuple[Any, ...]
) -> None:
    before = resident.dashboard()
    for value in odd:
        reply = resident.ask("PATCH", "", {name: value})
        assert (told(reply), faults(reply)) == ((422, "invalid_input"), [("body", f"/{name}")]), value
    assert resident.dashboard() == before


def test_a_reminder_is_set_by_the_clock_and_removed_by_null(site: Service, clock: Traveller) -> None:
    walker = Walker.of(site, clock, agrees=False)
    assert walker.modify(reminder_time="07:30")["reminder_time"] == "07:30"
    assert walker.modify(time_zone="Asia/Tokyo")["reminder_time"] == "07:30"
    assert walker.modify(reminder_time="23:59:00")["reminder_time"] == "23:59"
    assert walker.modify()["reminder_time"] == "23:59"
    assert walker.modify(reminder_time=None)["reminder_time"] is None


def test_a_change_with_one_fault_changes_nothing(resident: Walker, clock: Traveller) -> None:
    before = resident.dashboard()
    change = {"reminder_time": "07:30", "status": "paused", "time_zone": "Europe/Nowhere"}

    assert told(resident.ask("PATCH", "", change)) == (422, "invalid_input")
    assert resident.dashboard() == before


def test_pausing_moving_and_a_reminder_can_come_together(site: Service, clock: Traveller) -> None:
    walker = Walker.of(site, clock, agrees=False)

    board = walker.modify(status="paused", time_zone="Asia/Tokyo", reminder_time="06:15")

    assert (board["status"], board["time_zone"], board["reminder_time"]) == ("paused", "Asia/Tokyo", "06:15")
    board = walker.modify(status="active", time_zone="Europe/Dublin")
    assert (board["status"], board["time_zone"], board["current_day"]) == ("active", "Europe/Dublin", 1)


def test_a_run_can_not_be_moved_for_ever_and_can_still_be_walked(site: Service, clock: Traveller) -> None:
    walker = Walker.of(site, clock, agrees=False)
    for turn in range(399):
        walker.modify(status=("paused", "active")[turn % 2])

    assert walker.modify(status="active")["status"] == "active"  # the way back is always open
    assert told(walker.ask("PATCH", "", {"status": "paused"})) == (409, "too_many_turns")
    assert told(walker.ask("PATCH", "", {"time_zone": "Asia/Tokyo"})) == (409, "too_many_turns")
    assert walker.modify(status="active")["status"] == "active"
    walker.complete(1)
    assert walker.modify(reminder_time="07:30")["reminder_time"] == "07:30"
    assert walker.modify(status="abandoned")["status"] == "abandoned"
