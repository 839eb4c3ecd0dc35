"""Tests for the opening times of a 21-day journey's days: irregular local dates, both paces and future starts."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

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
from tests.journey.runs import (
    ONE_SECOND,
    abandon_run,
    at,
    change_zone,
    complete_day,
    new_run,
    on,
    open_day_count,
    opens_at,
    pause_run,
    resume_run,
    scheduled_on,
    undo_day,
)
from tests.journey.zones import ZONES

BERLIN, NEW_YORK, APIA = "Europe/Berlin", "America/New_York", "Pacific/Apia"
RANDOM = Random(21)
SAMPLE = [
    (zone, date(2011, 1, 1) + timedelta(days=RANDOM.randrange(20 * 365))) for zone in ZONES for _ in range(6)
]  # six random dates for each zone


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (NEW_YORK, "2026-03-08", 23),
        (NEW_YORK, "2026-11-01", 25),
        ("Europe/London", "2026-03-29", 23),
        ("Europe/London", "2026-10-25", 25),
        ("Australia/Sydney", "2026-04-05", 25),
        ("Australia/Sydney", "2026-10-04", 23),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        ("America/Santiago", "2026-04-04", 25),
        ("America/Santiago", "2026-09-06", 23),
        ("Asia/Beirut", "2026-03-29", 23),
        ("Asia/Beirut", "2026-10-24", 25),
        ("Africa/Cairo", "2026-04-24", 23),
        ("Africa/Cairo", "2026-10-29", 25),
        ("America/Sao_Paulo", "2018-11-04", 23),
        ("Antarctica/Troll", "2026-03-29", 22),
        (APIA, "2011-12-29", 24),
        (APIA, "2011-12-30", 0),
    ],
)
def test_day_lasts_as_long_as_its_local_date(zone: str, day: str, hours: float) -> None:
    run = new_run(at(f"{day}T00:00Z") - timedelta(days=9), zone)
    number = (on(day) - run.timetable.starts_on).days + 1

    openings = run.openings(now=at(f"{day}T00:00Z") + timedelta(days=4))

    assert openings[number] - openings[number - 1] == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("America/Santiago", "2026-09-06"),
        ("Asia/Beirut", "2026-03-29"),
        ("Africa/Cairo", "2026-04-24"),
        ("America/Sao_Paulo", "2018-11-04"),
    ],
)
def test_day_opens_at_one_where_midnight_is_skipped(zone: str, day: str) -> None:
    one = at(f"{day}T01:00", zone)

    assert first_instant(on(day), zone) == one
    assert local_date(one - ONE_SECOND, zone) == on(day) - timedelta(days=1)


def test_skipped_date_does_not_exist_and_begins_with_next_date() -> None:
    skipped, following = on("2011-12-30"), on("2011-12-31")

    assert not date_exists(skipped, APIA)
    assert date_exists(following, APIA)
    assert date_exists(skipped, "Pacific/Pago_Pago")
    assert first_instant(skipped, APIA) == first_instant(following, APIA) == at("2011-12-30T10:00")


def test_day_on_skipped_date_opens_with_next_day() -> None:
    run = new_run(at("2011-12-29T12:00", APIA), APIA)

    assert open_day_count(run, at("2011-12-30T10:00") - ONE_SECOND) == 1
    assert open_day_count(run, at("2011-12-30T10:00")) == 3


def test_first_instant_of_date_that_begins_twice() -> None:
    """In St. John's, clocks went back from 00:01 to 23:01 on 7 November 2010, so the date began twice."""
    zone, day = "America/St_Johns", on("2010-11-07")
    first = at("2010-11-07T02:30")

    assert first_instant(day, zone) == first
    assert local_date(first + timedelta(minutes=1), zone) == on("2010-11-06")
    assert first_instant(day, zone, since=first + timedelta(minutes=1)) == first + timedelta(hours=1)


def test_zone_change_between_two_beginnings_opens_day_at_second() -> None:
    run = new_run(at("2010-11-06T12:00", "America/Winnipeg"), "America/Winnipeg")
    between = at("2010-11-07T03:00")

    run = change_zone(run, between, "America/St_Johns")

    assert open_day_count(run, between) == 1
    assert opens_at(run, 2, between) == at("2010-11-07T03:30")


def test_gentle_completion_between_two_beginnings_opens_next_at_second() -> None:
    run = new_run(at("2010-11-06T09:00", "America/Winnipeg"), "America/Winnipeg", pace=Pace.GENTLE)
    between = at("2010-11-07T03:00")

    run = complete_day(change_zone(run, at("2010-11-06T18:00"), "America/St_Johns"), 1, between)

    assert open_day_count(run, between) == 1
    assert opens_at(run, 2, between) == at("2010-11-07T03:30")


@pytest.mark.parametrize(("zone", "day"), SAMPLE)
def test_first_instant_is_earliest_instant_of_date(zone: str, day: date) -> None:
    first = first_instant(day, zone)

    assert first.tzinfo is UTC
    assert local_date(first - ONE_SECOND, zone) < day <= local_date(first, zone)
    assert first in set(date_changes(zone, first - timedelta(hours=1), first))
    assert date_exists(day, zone) == (local_date(first, zone) == day)


def test_run_started_during_day_opened_at_midnight() -> None:
    run = new_run(at("2026-05-04T21:30", BERLIN), BERLIN)
    assert run.openings(now=at("2026-05-04T21:30", BERLIN)) == (at("2026-05-04T00:00", BERLIN),)


def test_future_run_is_locked_until_midnight_of_start() -> None:
    run = new_run(at("2026-05-04T21:30", BERLIN), BERLIN, days_ahead=30)
    start = at("2026-06-03T00:00", BERLIN)

    assert opens_at(run, 1, at("2026-05-04T21:30", BERLIN)) == start
    assert open_day_count(run, start - ONE_SECOND) == 0
    assert open_day_count(run, start) == 1


def test_missed_days_stay_open_up_to_day_21() -> None:
    run = new_run(at("2026-05-04T12:00", BERLIN), BERLIN)

    assert open_day_count(run, at("2026-05-23T23:59:59", BERLIN)) == 20
    assert open_day_count(run, at("2026-05-24T00:00", BERLIN)) == 21
    assert open_day_count(run, at("2027-05-24T00:00", BERLIN)) == 21


def test_change_timetable_to_same_values_returns_same_object() -> None:
    timetable = pause_run(new_run(at("2026-05-04T12:00", BERLIN), BERLIN), at("2026-05-05T12:00", BERLIN)).timetable

    assert change_timetable(timetable, {}, is_paused=True, zone=BERLIN, at=at("2026-05-07T12:00", BERLIN)) is timetable


def test_day_opened_between_simultaneous_changes_stays_open() -> None:
    run = pause_run(new_run(at("2026-05-04T12:00", BERLIN), BERLIN), at("2026-05-04T13:00", BERLIN))
    moment = at("2026-05-05T12:00", BERLIN)

    assert pause_run(resume_run(run, moment), moment).openings(now=moment)[1:] == (moment,)


def test_change_with_earlier_clock_uses_time_of_previous_change() -> None:
    moment = at("2026-05-05T12:00", BERLIN)
    run = resume_run(pause_run(new_run(at("2026-05-04T12:00", BERLIN), BERLIN), moment), moment - timedelta(seconds=3))

    assert [period.since for period in run.timetable.periods[1:]] == [moment, moment]
    assert run.timetable.paused_dates == ()


def test_no_day_opens_after_abandonment() -> None:
    run = abandon_run(new_run(at("2026-05-04T12:00", BERLIN), BERLIN), at("2026-05-06T00:00", BERLIN))
    later = at("2026-06-06T00:00", BERLIN)

    assert open_day_count(run, later) == 3
    assert (opens_at(run, 4, later), scheduled_on(run, 4, later)) == (None, None)


def noon(day: int) -> datetime:
    return at(f"2026-05-{day:02}T12:00", BERLIN)


def test_daily_openings_do_not_depend_on_completions() -> None:
    timetable = new_run(noon(4), BERLIN).timetable

    openings = compute_openings(timetable, {1: CompletedDay(noon(6), on("2026-05-06"))}, now=noon(6))

    assert openings == tuple(at(f"2026-05-{day:02}T00:00", BERLIN) for day in (4, 5, 6))


def test_stored_opening_stays_after_time_zone_data_change() -> None:
    stored = at("2026-05-04T01:00", BERLIN)
    timetable = replace(new_run(noon(4), BERLIN).timetable, openings=(stored,))

    assert compute_openings(timetable, {}, now=noon(5)) == (stored, at("2026-05-05T00:00", BERLIN))


def test_gentle_day_opens_on_date_after_previous_completion() -> None:
    run = new_run(noon(4), BERLIN, pace=Pace.GENTLE)
    assert (open_day_count(run, noon(9)), opens_at(run, 2, noon(9)), scheduled_on(run, 2, noon(9))) == (1, None, None)

    run = complete_day(run, 1, noon(9))

    assert (open_day_count(run, noon(9)), scheduled_on(run, 2, noon(9))) == (1, on("2026-05-10"))
    assert opens_at(run, 2, noon(9)) == at("2026-05-10T00:00", BERLIN)
    assert run.openings(now=noon(19))[1:] == (at("2026-05-10T00:00", BERLIN),)


def test_gentle_undo_keeps_open_days_but_delays_locked_ones() -> None:
    run = complete_day(new_run(noon(4), BERLIN, pace=Pace.GENTLE), 1, noon(4))

    assert open_day_count(undo_day(run, 1, noon(4)), noon(9)) == 1
    assert open_day_count(undo_day(run, 1, noon(5)), noon(9)) == 2


def test_gentle_opening_moves_earlier_but_never_later() -> None:
    run = complete_day(new_run(noon(4), BERLIN, pace=Pace.GENTLE), 1, noon(8))
    assert run.openings(now=noon(9))[1] == at("2026-05-09T00:00", BERLIN)

    earlier = complete_day(run, 1, noon(5), received_at=noon(9))
    completed_again = complete_day(undo_day(run, 1, noon(9)), 1, noon(10))

    assert earlier.openings(now=noon(9))[1] == at("2026-05-06T00:00", BERLIN)
    assert completed_again.openings(now=noon(11))[1] == at("2026-05-09T00:00", BERLIN)


def test_day_on_skipped_date_retains_that_date() -> None:
    run = new_run(at("2011-12-29T12:00", APIA), APIA)

    assert scheduled_on(run, 2, at("2012-01-02T12:00", APIA)) == on("2011-12-30")
