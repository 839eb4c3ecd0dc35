"""Pauses: what opens in them and after them, and which dates they leave out."""

from datetime import datetime, timedelta

import pytest

from app.journey.rules.schedule import Pace, changed
from tests.journey.clocks import dates_inside
from tests.journey.runs import (
    at,
    begun,
    completed,
    days_open,
    finished,
    moved,
    on,
    opens_at,
    paused,
    resumed,
    scheduled_on,
    undone,
)

BERLIN, TOKYO = "Europe/Berlin", "Asia/Tokyo"


def noon(day: int) -> datetime:
    return at(f"2026-05-{day:02}T12:00", BERLIN)


def test_whole_dates_inside_a_pause_are_left_out_and_its_ends_are_not() -> None:
    run = begun(at("2026-05-04T12:00", BERLIN), BERLIN)
    run = resumed(paused(run, at("2026-05-05T12:00", BERLIN)), at("2026-05-08T12:00", BERLIN))

    now = at("2026-05-08T12:00", BERLIN)
    assert [scheduled_on(run, day, now) for day in (2, 3, 4)] == [on("2026-05-05"), on("2026-05-08"), on("2026-05-09")]
    assert run.openings(now=now)[2] == now
    assert opens_at(run, 4, now) == at("2026-05-09T00:00", BERLIN)


@pytest.mark.parametrize(
    ("begin", "end", "rests"),
    [
        ("05-05T00:00", "05-06T00:00", 1),
        ("05-05T00:00:01", "05-06T00:00", 0),
        ("05-05T00:00", "05-05T23:59:59", 0),
        ("05-05T00:00:01", "05-06T23:59:59", 0),
        ("05-05T23:59:59", "05-07T00:00", 1),
        ("05-05T09:00", "05-05T10:00", 0),
    ],
)
def test_a_date_is_left_out_if_not_a_second_of_it_was_outside_the_pause(begin: str, end: str, rests: int) -> None:
    run = begun(at("2026-05-04T12:00", BERLIN), BERLIN)
    run = resumed(paused(run, at(f"2026-{begin}", BERLIN)), at(f"2026-{end}", BERLIN))

    due = on("2026-05-24") + timedelta(days=rests)
    assert scheduled_on(run, 21, at("2026-05-08T12:00", BERLIN)) == due


@pytest.mark.parametrize("zone", [BERLIN, TOKYO, "Pacific/Honolulu"])
def test_what_a_pause_covers_is_judged_in_the_zone_at_its_end(zone: str) -> None:
    begin, end = at("2026-05-05T00:00", BERLIN), at("2026-05-09T00:00", BERLIN)
    run = moved(paused(begun(at("2026-05-04T12:00", BERLIN), BERLIN), begin), begin + timedelta(days=2), zone)
    run = resumed(run, end)

    rests = {BERLIN: 4, TOKYO: 3, "Pacific/Honolulu": 3}[zone]
    assert len(dates_inside(begin, end, zone)) == rests
    assert scheduled_on(run, 21, end) == on("2026-05-24") + timedelta(days=rests)


def test_going_on_in_another_zone_at_once_judges_the_pause_there() -> None:
    timetable = paused(begun(noon(4), BERLIN), at("2026-05-05T00:00", BERLIN)).timetable

    timetable = changed(timetable, {}, zone=TOKYO, paused=False, at=at("2026-05-07T00:00", BERLIN))

    assert timetable.rests == ((on("2026-05-06"), on("2026-05-06")),)


def test_two_pauses_leave_out_the_dates_of_both() -> None:
    run = begun(at("2026-05-04T12:00", BERLIN), BERLIN)
    for begin, end in (("05-05", "05-08"), ("05-10", "05-13")):
        run = resumed(paused(run, at(f"2026-{begin}T12:00", BERLIN)), at(f"2026-{end}T12:00", BERLIN))

    now = at("2026-05-13T12:00", BERLIN)
    dates = [scheduled_on(run, day, now) for day in range(2, 8)]
    assert [each.day for each in dates if each] == [5, 8, 9, 10, 13, 14]
    assert run.openings(now=now)[-1] == now


def test_while_paused_nothing_opens_and_no_opening_is_told() -> None:
    run = paused(begun(at("2026-05-04T12:00", BERLIN), BERLIN), at("2026-05-04T13:00", BERLIN))
    later = at("2026-05-20T12:00", BERLIN)

    assert run.openings(now=later) == (at("2026-05-04T00:00", BERLIN),)
    assert (opens_at(run, 2, later), scheduled_on(run, 2, later)) == (None, None)
    assert (opens_at(run, 1, later), scheduled_on(run, 1, later)) == (at("2026-05-04T00:00", BERLIN), on("2026-05-04"))


def test_at_the_gentle_pace_a_day_that_was_held_up_by_a_pause_opens_when_it_ends() -> None:
    run = completed(paused(begun(noon(4), BERLIN, pace=Pace.GENTLE), noon(4)), 1, noon(6))

    assert days_open(run, noon(8)) == 1
    assert resumed(run, noon(9)).openings(now=noon(9))[1] == noon(9)
    assert days_open(resumed(run, noon(6)), noon(6)) == 1


def test_at_the_very_instant_of_a_pause_nothing_opens_that_is_heard_of_later() -> None:
    run = paused(begun(noon(4), BERLIN, pace=Pace.GENTLE), at("2026-05-05T00:00", BERLIN))

    run = completed(run, 1, noon(4), heard=noon(6))

    assert days_open(run, noon(8)) == 1
    assert resumed(run, noon(9)).openings(now=noon(9))[1] == noon(9)


def test_before_its_start_a_paused_run_opens_nothing_and_its_first_day_waits() -> None:
    run = paused(begun(noon(4), BERLIN, ahead=2), noon(5))
    assert days_open(run, noon(9)) == 0

    run = resumed(run, noon(9))

    assert run.openings(now=noon(9)) == (noon(9),)
    assert scheduled_on(run, 2, noon(9)) == on("2026-05-10")


def test_a_pause_that_ended_before_the_start_leaves_its_dates_as_they_were() -> None:
    run = resumed(paused(begun(noon(4), BERLIN, ahead=9), noon(5)), noon(8))

    assert [scheduled_on(run, day, noon(8)) for day in (1, 2)] == [on("2026-05-13"), on("2026-05-14")]


def test_the_last_completion_ends_a_pause() -> None:
    run = finished(noon(4), BERLIN)
    run = paused(undone(run, 21, noon(25)), noon(25))

    run = completed(run, 21, noon(28))

    assert not run.timetable.paused
    assert run.timetable.rests == ((on("2026-05-26"), on("2026-05-27")),)


def test_a_pause_goes_on_through_a_change_of_zone() -> None:
    run = moved(paused(begun(noon(4), BERLIN), noon(5)), noon(7), TOKYO)

    assert days_open(run, noon(9)) == 2
    assert resumed(run, noon(9)).timetable.rests == ((on("2026-05-06"), on("2026-05-08")),)
