"""Days open at midnight where the member is, and never lock again, whatever happens to clocks, zones and pauses."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from time_machine import Traveller

from tests.factories.results import told
from tests.factories.runs import (
    A_DAY,
    AN_HOUR,
    TODAY,
    Walker,
    change_of,
    clock_time,
    shown,
    statuses,
    streak,
)
from tests.factories.services import Service

A_SECOND = timedelta(seconds=1)


def opened(walker: Walker) -> list[Any]:
    return [day["opens_at"] for day in walker.dashboard()["days"] if day["status"] != "locked"]


@pytest.mark.parametrize(
    ("zone", "first", "midnights"),
    [
        ("Asia/Kathmandu", date(2027, 1, 12), ["11T18:15", "12T18:15", "13T18:15"]),
        ("Pacific/Kiritimati", date(2027, 1, 13), ["12T10:00", "13T10:00", "14T10:00"]),
    ],
)
def test_one_day_opens_each_local_midnight_and_not_a_second_before(
    site: Service, clock: Traveller, zone: str, first: date, midnights: list[str]
) -> None:
    walker = Walker.of(site, clock, time_zone=zone, starts_on=str(first), agrees=False)
    for number, midnight in enumerate(midnights, start=1):
        opens_at = datetime.fromisoformat(f"2027-01-{midnight}:00+00:00")
        assert walker.dashboard()["next_opens_at"] == shown(opens_at)
        walker.travel(opens_at - A_SECOND)
        assert told(walker.ask("GET", f"/days/{number}")) == (403, "day_locked")
        walker.travel(opens_at)
        assert walker.read(number)["opens_at"] == shown(opens_at)
        assert walker.dashboard()["current_day"] == number


def test_a_day_is_a_date_and_not_24_hours_where_clocks_change(site: Service, clock: Traveller) -> None:
    """In New York the night to 14 March has an hour less."""
    clock.move_to(clock_time(date(2027, 3, 13), 9, zone="America/New_York"))
    walker = Walker.of(site, clock, time_zone="America/New_York", agrees=False)
    walker.travel(5 * A_DAY)

    assert opened(walker) == [
        "2027-03-13T05:00:00Z",
        "2027-03-14T05:00:00Z",
        *(f"2027-03-{day}T04:00:00Z" for day in range(15, 19)),
    ]


def test_missed_days_stay_open(site: Service, clock: Traveller) -> None:
    walker = Walker.of(site, clock, agrees=False)
    walker.travel(40 * A_DAY)

    board = walker.dashboard()
    assert (board["current_day"], board["next_day"], board["next_opens_at"]) == (21, 1, None)
    walker.complete(21, 1)
    assert walker.dashboard()["next_day"] == 2


def test_at_the_gentle_pace_a_day_opens_on_the_date_after_the_one_before_was_completed(
    site: Service, clock: Traveller
) -> None:
    walker = Walker.of(site, clock, pace="gentle", agrees=False)
    walker.travel(3 * A_DAY)
    board = walker.dashboard()
    assert (board["current_day"], board["next_opens_at"]) == (1, None)
    assert [day["scheduled_on"] for day in board["days"][:3]] == ["2027-01-11", None, None]

    walker.travel(clock_time(TODAY + 3 * A_DAY, 23, 59))
    walker.complete(1)

    assert walker.dashboard()["next_opens_at"] == walker.dashboard()["days"][1]["opens_at"] == "2027-01-15T00:00:00Z"
    walker.travel(timedelta(minutes=1))
    assert walker.dashboard()["current_day"] == 2
    walker.travel(5 * A_DAY)
    assert walker.dashboard()["current_day"] == 2


def test_while_paused_nothing_opens_and_what_is_open_can_be_done(site: Service, clock: Traveller) -> None:
    walker = Walker.of(site, clock, agrees=False)
    walker.travel(A_DAY)
    board = walker.modify(status="paused")
    assert (board["status"], board["paused_at"]) == ("paused", "2027-01-12T09:00:00Z")
    assert walker.modify(status="paused") == board

    walker.travel(3 * A_DAY)

    board = walker.dashboard()
    assert (board["status"], board["current_day"], board["next_opens_at"]) == ("paused", 2, None)
    assert {(day["scheduled_on"], day["opens_at"]) for day in board["days"][2:]} == {(None, None)}
    assert told(walker.ask("GET", "/days/3")) == (403, "day_locked")
    walker.complete(2)
    assert walker.read(1)["progress"]["completed_at"] is None


def test_after_a_pause_the_days_move_by_the_dates_that_were_wholly_paused(site: Service, clock: Traveller) -> None:
    walker = Walker.of(site, clock, agrees=False)
    walker.travel(A_DAY)
    walker.modify(status="paused")
    walker.travel(4 * A_DAY)  # 13, 14 and 15 January were paused from begin to end

    board = walker.modify(status="active")

    assert (board["status"], board["current_day"], board["paused_at"]) == ("active", 3, None)
    assert [day["scheduled_on"] for day in board["days"][:5]] == [f"2027-01-{day}" for day in (11, 12, 16, 17, 18)]
    assert opened(walker) == ["2027-01-11T00:00:00Z", "2027-01-12T00:00:00Z", "2027-01-16T09:00:00Z"]
    assert board["next_opens_at"] == "2027-01-17T00:00:00Z"
    assert walker.modify(status="active") == board


def test_a_pause_of_some_hours_moves_nothing(site: Service, clock: Traveller) -> None:
    walker = Walker.of(site, clock, agrees=False)
    before = walker.dashboard()
    walker.modify(status="paused")
    walker.travel(3 * AN_HOUR)

    assert walker.modify(status="active") == before


def test_a_change_of_zone_locks_nothing_and_what_is_locked_keeps_its_date(site: Service, clock: Traveller) -> None:
    walker = Walker.of(site, clock, time_zone="Pacific/Kiritimati", agrees=False)
    walker.travel(2 * AN_HOUR)
    before = walker.dashboard()
    assert (before["today"], before["current_day"]) == ("2027-01-12", 2)

    board = walker.modify(time_zone="Pacific/Pago_Pago")

    assert (board["today"], board["time_zone"], board["current_day"]) == ("2027-01-11", "Pacific/Pago_Pago", 2)
    assert [day["scheduled_on"] for day in board["days"]] == [day["scheduled_on"] for day in before["days"]]
    assert board["days"][:2] == before["days"][:2]
    assert board["next_opens_at"] == "2027-01-13T11:00:00Z"
    walker.complete(2)
    assert walker.read(2)["progress"]["completed_on"] == "2027-01-11"
    for zone in ("Asia/Tokyo", "America/Lima", "Pacific/Kiritimati"):
        assert walker.modify(time_zone=zone)["current_day"] == 2
    assert opened(walker) == ["2027-01-10T10:00:00Z", "2027-01-11T10:00:00Z"]


def test_after_ten_days_offline_everything_counts_for_when_it_happened(site: Service, clock: Traveller) -> None:
    walker = Walker.of(site, clock)
    evenings = [clock_time(TODAY + n * A_DAY, 21) for n in range(10)]
    walker.travel(10 * A_DAY)
    kept = [
        change_of(day, at, completed=True, mood_after=4, reflection=f"evening {day}")
        for day, at in enumerate(evenings, start=1)
    ]

    reply = walker.sync(*kept)

    assert [each["status"] for each in reply["results"]] == ["applied"] * 10
    board = reply["dashboard"]
    assert board == walker.dashboard()
    assert (board["days_completed"], board["next_day"], streak(board)) == (10, 11, (10, 10, 0))
    assert [day["completed_at"] for day in board["days"][:10]] == [shown(at) for at in evenings]
    assert [day["completed_on"] for day in board["days"][:10]] == [str(TODAY + n * A_DAY) for n in range(10)]
    assert walker.read(7)["progress"]["reflection"] == "evening 7"


def test_a_gentle_run_offline_unfolds_as_it_would_have_online(site: Service, clock: Traveller) -> None:
    walker = Walker.of(site, clock, pace="gentle", agrees=False)
    evenings = [clock_time(TODAY + n * A_DAY, 21) for n in range(5)]
    walker.travel(5 * A_DAY)

    reply = walker.sync(*(change_of(day, at, completed=True) for day, at in enumerate(evenings, start=1)))

    assert [each["status"] for each in reply["results"]] == ["applied"] * 5
    assert opened(walker) == [f"2027-01-{day}T00:00:00Z" for day in range(11, 17)]
    assert statuses(reply["dashboard"])[:6] == ["completed"] * 5 + ["open"]
