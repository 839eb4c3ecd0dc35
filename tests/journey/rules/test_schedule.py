"""When days open: local dates of all lengths, the two paces, and starts in the future."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from app.journey.rules.schedule import CompletedDay, Pace, changed, exists, first_instant, local_date, opened
from tests.journey.clocks import turns
from tests.journey.runs import (
    A_SECOND,
    abandoned,
    at,
    begun,
    completed,
    days_open,
    moved,
    on,
    opens_at,
    paused,
    resumed,
    scheduled_on,
    undone,
)
from tests.journey.zones import ZONES

BERLIN, NEW_YORK, APIA = "Europe/Berlin", "America/New_York", "Pacific/Apia"
RANDOM = Random(21)
SAMPLE = [
    (zone, date(2011, 1, 1) + timedelta(days=RANDOM.randrange(20 * 365))) for zone in ZONES for _ in range(6)
]  # some hundred dates anywhere


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
def test_a_day_lasts_as_long_as_its_local_date(zone: str, day: str, hours: float) -> None:
    run = begun(at(f"{day}T00:00Z") - timedelta(days=9), zone)
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
def test_where_midnight_is_left_out_a_day_opens_at_one(zone: str, day: str) -> None:
    one = at(f"{day}T01:00", zone)

    assert first_instant(on(day), zone) == one
    assert local_date(one - A_SECOND, zone) == on(day) - timedelta(days=1)


def test_a_date_that_a_zone_skipped_does_not_exist_and_begins_with_the_next() -> None:
    skipped, following = on("2011-12-30"), on("2011-12-31")

    assert not exists(skipped, APIA)
    assert exists(following, APIA)
    assert exists(skipped, "Pacific/Pago_Pago")
    assert first_instant(skipped, APIA) == first_instant(following, APIA) == at("2011-12-30T10:00")


def test_the_day_on_a_skipped_date_opens_with_the_one_after_it() -> None:
    run = begun(at("2011-12-29T12:00", APIA), APIA)

    assert days_open(run, at("2011-12-30T10:00") - A_SECOND) == 1
    assert days_open(run, at("2011-12-30T10:00")) == 3


def test_a_date_that_begins_twice_has_begun_the_first_time() -> None:
    """In 2010 the clocks of St. John's went back from one minute past midnight to one minute past eleven."""
    zone, day = "America/St_Johns", on("2010-11-07")
    first = at("2010-11-07T02:30")

    assert first_instant(day, zone) == first
    assert local_date(first + timedelta(minutes=1), zone) == on("2010-11-06")
    assert first_instant(day, zone, since=first + timedelta(minutes=1)) == first + timedelta(hours=1)


def test_a_run_that_came_between_two_beginnings_of_a_date_is_told_the_second() -> None:
    run = begun(at("2010-11-06T12:00", "America/Winnipeg"), "America/Winnipeg")
    between = at("2010-11-07T03:00")

    run = moved(run, between, "America/St_Johns")

    assert days_open(run, between) == 1
    assert opens_at(run, 2, between) == at("2010-11-07T03:30")


def test_at_the_gentle_pace_what_was_completed_between_two_beginnings_of_a_date_opens_the_next_at_the_second() -> None:
    run = begun(at("2010-11-06T09:00", "America/Winnipeg"), "America/Winnipeg", pace=Pace.GENTLE)
    between = at("2010-11-07T03:00")

    run = completed(moved(run, at("2010-11-06T18:00"), "America/St_Johns"), 1, between)

    assert days_open(run, between) == 1
    assert opens_at(run, 2, between) == at("2010-11-07T03:30")


@pytest.mark.parametrize(("zone", "day"), SAMPLE)
def test_the_first_instant_of_a_date_is_the_first(zone: str, day: date) -> None:
    first = first_instant(day, zone)

    assert first.tzinfo is UTC
    assert local_date(first - A_SECOND, zone) < day <= local_date(first, zone)
    assert first in set(turns(zone, first - timedelta(hours=1), first))
    assert exists(day, zone) == (local_date(first, zone) == day)


def test_a_run_made_during_a_day_has_been_open_since_its_midnight() -> None:
    run = begun(at("2026-05-04T21:30", BERLIN), BERLIN)

    assert run.openings(now=at("2026-05-04T21:30", BERLIN)) == (at("2026-05-04T00:00", BERLIN),)


def test_a_run_in_the_future_is_locked_until_the_midnight_of_its_start() -> None:
    run = begun(at("2026-05-04T21:30", BERLIN), BERLIN, ahead=30)
    start = at("2026-06-03T00:00", BERLIN)

    assert opens_at(run, 1, at("2026-05-04T21:30", BERLIN)) == start
    assert days_open(run, start - A_SECOND) == 0
    assert days_open(run, start) == 1


def test_missed_days_stay_open_and_no_more_than_twenty_one_open() -> None:
    run = begun(at("2026-05-04T12:00", BERLIN), BERLIN)

    assert days_open(run, at("2026-05-23T23:59:59", BERLIN)) == 20
    assert days_open(run, at("2026-05-24T00:00", BERLIN)) == 21
    assert days_open(run, at("2027-05-24T00:00", BERLIN)) == 21


def test_a_change_to_what_is_so_already_changes_nothing() -> None:
    timetable = paused(begun(at("2026-05-04T12:00", BERLIN), BERLIN), at("2026-05-05T12:00", BERLIN)).timetable

    assert changed(timetable, {}, paused=True, zone=BERLIN, at=at("2026-05-07T12:00", BERLIN)) is timetable


def test_what_opened_between_two_changes_of_one_moment_stays_open() -> None:
    run = paused(begun(at("2026-05-04T12:00", BERLIN), BERLIN), at("2026-05-04T13:00", BERLIN))
    moment = at("2026-05-05T12:00", BERLIN)

    assert paused(resumed(run, moment), moment).openings(now=moment)[1:] == (moment,)


def test_a_change_by_a_clock_that_is_behind_happens_at_the_change_before() -> None:
    moment = at("2026-05-05T12:00", BERLIN)
    run = resumed(paused(begun(at("2026-05-04T12:00", BERLIN), BERLIN), moment), moment - timedelta(seconds=3))

    assert [each.since for each in run.timetable.stretches[1:]] == [moment, moment]
    assert run.timetable.rests == ()


def test_nothing_opens_after_a_run_was_abandoned() -> None:
    run = abandoned(begun(at("2026-05-04T12:00", BERLIN), BERLIN), at("2026-05-06T00:00", BERLIN))
    later = at("2026-06-06T00:00", BERLIN)

    assert days_open(run, later) == 3
    assert (opens_at(run, 4, later), scheduled_on(run, 4, later)) == (None, None)


def noon(day: int) -> datetime:
    return at(f"2026-05-{day:02}T12:00", BERLIN)


def test_at_the_daily_pace_it_does_not_matter_when_the_day_before_was_completed() -> None:
    timetable = begun(noon(4), BERLIN).timetable

    openings = opened(timetable, {1: CompletedDay(noon(6), on("2026-05-06"))}, now=noon(6))

    assert openings == tuple(at(f"2026-05-{day:02}T00:00", BERLIN) for day in (4, 5, 6))


def test_an_instant_that_was_noted_stays_though_by_newer_tables_of_zones_it_had_been_an_earlier_one() -> None:
    was = at("2026-05-04T01:00", BERLIN)
    timetable = replace(begun(noon(4), BERLIN).timetable, openings=(was,))

    assert opened(timetable, {}, now=noon(5)) == (was, at("2026-05-05T00:00", BERLIN))


def test_at_the_gentle_pace_a_day_opens_on_the_date_after_the_day_before_was_completed() -> None:
    run = begun(noon(4), BERLIN, pace=Pace.GENTLE)
    assert (days_open(run, noon(9)), opens_at(run, 2, noon(9)), scheduled_on(run, 2, noon(9))) == (1, None, None)

    run = completed(run, 1, noon(9))

    assert (days_open(run, noon(9)), scheduled_on(run, 2, noon(9))) == (1, on("2026-05-10"))
    assert opens_at(run, 2, noon(9)) == at("2026-05-10T00:00", BERLIN)
    assert run.openings(now=noon(19))[1:] == (at("2026-05-10T00:00", BERLIN),)


def test_at_the_gentle_pace_undoing_locks_nothing_that_is_open_but_what_is_not() -> None:
    run = completed(begun(noon(4), BERLIN, pace=Pace.GENTLE), 1, noon(4))

    assert days_open(undone(run, 1, noon(4)), noon(9)) == 1
    assert days_open(undone(run, 1, noon(5)), noon(9)) == 2


def test_an_earlier_completion_moves_an_opening_earlier_and_a_later_one_does_not_move_it() -> None:
    run = completed(begun(noon(4), BERLIN, pace=Pace.GENTLE), 1, noon(8))
    assert run.openings(now=noon(9))[1] == at("2026-05-09T00:00", BERLIN)

    earlier = completed(run, 1, noon(5), heard=noon(9))
    again = completed(undone(run, 1, noon(9)), 1, noon(10))

    assert earlier.openings(now=noon(9))[1] == at("2026-05-06T00:00", BERLIN)
    assert again.openings(now=noon(11))[1] == at("2026-05-09T00:00", BERLIN)


def test_a_day_whose_date_the_zone_skips_keeps_that_date() -> None:
    run = begun(at("2011-12-29T12:00", APIA), APIA)

    assert scheduled_on(run, 2, at("2012-01-02T12:00", APIA)) == on("2011-12-30")
