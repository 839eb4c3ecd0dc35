"""Tests for the opening times of a 21-day journey's days: irregular local dates, both paces and future starts."""

from dataclasses import replace
from datetime import UTC, date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.journey.rules.schedule import (
    CompletedDay,
    Pace,
    change_timetable,
    compute_openings,
    date_exists,
    first_instant,
    local_date,
)
from tests.journey.clocks import date_changes
from tests.journey.runs import APIA, ONE_DAY, ONE_SECOND, PAGO_PAGO, MemberRun, at, noon, on
from tests.journey.zones import ZONES

NEW_YORK, SANTIAGO, ST_JOHNS, WINNIPEG = "America/New_York", "America/Santiago", "America/St_Johns", "America/Winnipeg"


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (NEW_YORK, "2026-03-08", 23),
        (NEW_YORK, "2026-11-01", 25),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("Antarctica/Troll", "2026-03-29", 22),
        (SANTIAGO, "2026-04-04", 25),  # the clocks go back at midnight
        (SANTIAGO, "2026-09-06", 23),  # the clocks skip midnight
        (APIA, "2011-12-29", 24),
        (APIA, "2011-12-30", 0),  # skipped
    ],
)
def test_day_lasts_as_long_as_its_local_date(zone: str, day: str, hours: float) -> None:
    midnight = at(f"{day}T00:00", "UTC")
    run = MemberRun.start(midnight - timedelta(days=9), zone)
    number = (on(day) - run.timetable.starts_on).days + 1

    openings = run.openings(now=midnight + timedelta(days=4))

    assert openings[number] - openings[number - 1] == timedelta(hours=hours)


@given(zone=st.sampled_from(ZONES), day=st.dates(date(2011, 1, 1), date(2030, 12, 31)))
@example(SANTIAGO, on("2026-09-06"))  # begins at one o'clock
@example(APIA, on("2011-12-30"))  # doesn't exist
@example(ST_JOHNS, on("2010-11-07"))  # begins twice
def test_first_instant_is_earliest_instant_of_date(zone: str, day: date) -> None:
    first = first_instant(day, zone)

    assert first.tzinfo is UTC
    assert local_date(first - ONE_SECOND, zone) < day <= local_date(first, zone)
    assert first in set(date_changes(zone, first - timedelta(hours=1), first))
    assert date_exists(day, zone) == (local_date(first, zone) == day)


def test_skipped_date_does_not_exist_and_begins_with_next_date() -> None:
    skipped, following = on("2011-12-30"), on("2011-12-31")

    assert [date_exists(skipped, zone) for zone in (APIA, PAGO_PAGO)] == [False, True]
    assert date_exists(following, APIA)
    assert first_instant(skipped, APIA) == first_instant(following, APIA) == at("2011-12-30T10:00", "UTC")


def test_day_on_skipped_date_opens_with_next_day_and_retains_its_date() -> None:
    run, opening = MemberRun.start(at("2011-12-29T12:00", APIA), APIA), at("2011-12-30T10:00", "UTC")

    assert (run.open_days(opening - ONE_SECOND), run.open_days(opening)) == (1, 3)
    assert run.due_date(2, opening) == on("2011-12-30")


def test_first_instant_of_date_that_begins_twice() -> None:
    """In St. John's, clocks went back from 00:01 to 23:01 on 7 November 2010, so the date began twice."""
    day, first, one_minute = on("2010-11-07"), at("2010-11-07T02:30", "UTC"), timedelta(minutes=1)

    assert first_instant(day, ST_JOHNS) == first
    assert local_date(first + one_minute, ST_JOHNS) == on("2010-11-06")
    assert first_instant(day, ST_JOHNS, since=first + one_minute) == first + timedelta(hours=1)


def test_zone_change_between_two_beginnings_opens_day_at_second() -> None:
    between = at("2010-11-07T03:00", "UTC")

    run = MemberRun.start(at("2010-11-06T12:00", WINNIPEG), WINNIPEG).move(between, ST_JOHNS)

    assert (run.open_days(between), run.opens_at(2, between)) == (1, at("2010-11-07T03:30", "UTC"))


def test_gentle_completion_between_two_beginnings_opens_next_at_second() -> None:
    run = MemberRun.start(at("2010-11-06T09:00", WINNIPEG), WINNIPEG, pace=Pace.GENTLE)
    between = at("2010-11-07T03:00", "UTC")

    run = run.move(at("2010-11-06T18:00", "UTC"), ST_JOHNS).complete(1, between)

    assert (run.open_days(between), run.opens_at(2, between)) == (1, at("2010-11-07T03:30", "UTC"))


def test_run_started_during_day_opened_at_midnight() -> None:
    assert MemberRun.start(noon(4)).openings(now=noon(4)) == (at("2026-05-04T00:00"),)


def test_future_run_is_locked_until_midnight_of_start() -> None:
    run, start = MemberRun.start(noon(4), days_ahead=30), at("2026-06-03T00:00")

    assert run.opens_at(1, noon(4)) == start
    assert (run.open_days(start - ONE_SECOND), run.open_days(start)) == (0, 1)


def test_missed_days_stay_open_up_to_day_21() -> None:
    run, last = MemberRun.start(noon(4)), at("2026-05-24T00:00")

    assert [run.open_days(now) for now in (last - ONE_SECOND, last, last + 365 * ONE_DAY)] == [20, 21, 21]


def test_change_timetable_to_same_values_returns_same_object() -> None:
    timetable = MemberRun.start(noon(4)).pause(noon(5)).timetable

    assert change_timetable(timetable, {}, is_paused=True, zone=timetable.zone, at=noon(7)) is timetable


def test_day_opened_between_simultaneous_changes_stays_open() -> None:
    run = MemberRun.start(noon(4)).pause(at("2026-05-04T13:00"))

    assert run.resume(noon(5)).pause(noon(5)).openings(now=noon(5))[1:] == (noon(5),)


def test_change_with_earlier_clock_uses_time_of_previous_change() -> None:
    timetable = MemberRun.start(noon(4)).pause(noon(5)).resume(noon(5) - timedelta(seconds=3)).timetable

    assert [period.since for period in timetable.periods[1:]] == [noon(5), noon(5)]
    assert timetable.paused_dates == ()


def test_no_day_opens_after_abandonment() -> None:
    run, later = MemberRun.start(noon(4)).abandon(at("2026-05-06T00:00")), at("2026-06-06T00:00")

    assert (run.open_days(later), run.opens_at(4, later), run.due_date(4, later)) == (3, None, None)


def test_daily_openings_do_not_depend_on_completions() -> None:
    timetable = MemberRun.start(noon(4)).timetable

    openings = compute_openings(timetable, {1: CompletedDay(noon(6), on("2026-05-06"))}, now=noon(6))

    assert openings == tuple(at(f"2026-05-{day:02}T00:00") for day in (4, 5, 6))


def test_stored_opening_stays_after_time_zone_data_change() -> None:
    stored = at("2026-05-04T01:00")
    timetable = replace(MemberRun.start(noon(4)).timetable, openings=(stored,))

    assert compute_openings(timetable, {}, now=noon(5)) == (stored, at("2026-05-05T00:00"))


def test_gentle_day_opens_on_date_after_previous_completion() -> None:
    run = MemberRun.start(noon(4), pace=Pace.GENTLE)
    assert (run.open_days(noon(9)), run.opens_at(2, noon(9)), run.due_date(2, noon(9))) == (1, None, None)

    run = run.complete(1, noon(9))

    assert (run.open_days(noon(9)), run.due_date(2, noon(9))) == (1, on("2026-05-10"))
    assert run.opens_at(2, noon(9)) == at("2026-05-10T00:00")
    assert run.openings(now=noon(19))[1:] == (at("2026-05-10T00:00"),)


def test_gentle_undo_keeps_open_days_but_delays_locked_ones() -> None:
    run = MemberRun.start(noon(4), pace=Pace.GENTLE).complete(1, noon(4))

    assert [run.undo(1, instant).open_days(noon(9)) for instant in (noon(4), noon(5))] == [1, 2]


def test_gentle_opening_moves_earlier_but_never_later() -> None:
    run = MemberRun.start(noon(4), pace=Pace.GENTLE).complete(1, noon(8))
    assert run.openings(now=noon(9))[1] == at("2026-05-09T00:00")

    earlier, completed_again = run.complete(1, noon(5), received_at=noon(9)), run.undo(1, noon(9)).complete(1, noon(10))

    assert earlier.openings(now=noon(9))[1] == at("2026-05-06T00:00")
    assert completed_again.openings(now=noon(11))[1] == at("2026-05-09T00:00")
