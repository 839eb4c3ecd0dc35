"""Tests for pausing a 21-day journey: when days open, and which dates are skipped."""

from datetime import datetime, timedelta

import pytest

from app.journey.rules.schedule import Pace, change_timetable
from tests.journey.clocks import whole_dates_between
from tests.journey.runs import (
    at,
    change_zone,
    complete_day,
    finished_run,
    new_run,
    on,
    open_day_count,
    opens_at,
    pause_run,
    resume_run,
    scheduled_on,
    undo_day,
)

BERLIN, TOKYO = "Europe/Berlin", "Asia/Tokyo"


def noon(day: int) -> datetime:
    return at(f"2026-05-{day:02}T12:00", BERLIN)


def test_entire_dates_inside_pause_are_skipped() -> None:
    run = new_run(at("2026-05-04T12:00", BERLIN), BERLIN)
    run = resume_run(pause_run(run, at("2026-05-05T12:00", BERLIN)), at("2026-05-08T12:00", BERLIN))

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
def test_date_is_skipped_only_if_entirely_paused(begin: str, end: str, rests: int) -> None:
    run = new_run(at("2026-05-04T12:00", BERLIN), BERLIN)
    run = resume_run(pause_run(run, at(f"2026-{begin}", BERLIN)), at(f"2026-{end}", BERLIN))

    due = on("2026-05-24") + timedelta(days=rests)
    assert scheduled_on(run, 21, at("2026-05-08T12:00", BERLIN)) == due


@pytest.mark.parametrize("zone", [BERLIN, TOKYO, "Pacific/Honolulu"])
def test_paused_dates_use_zone_at_end_of_pause(zone: str) -> None:
    begin, end = at("2026-05-05T00:00", BERLIN), at("2026-05-09T00:00", BERLIN)
    run = change_zone(
        pause_run(new_run(at("2026-05-04T12:00", BERLIN), BERLIN), begin), begin + timedelta(days=2), zone
    )
    run = resume_run(run, end)

    rests = {BERLIN: 4, TOKYO: 3, "Pacific/Honolulu": 3}[zone]
    assert len(whole_dates_between(begin, end, zone)) == rests
    assert scheduled_on(run, 21, end) == on("2026-05-24") + timedelta(days=rests)


def test_resume_with_zone_change_uses_new_zone() -> None:
    timetable = pause_run(new_run(noon(4), BERLIN), at("2026-05-05T00:00", BERLIN)).timetable

    timetable = change_timetable(timetable, {}, zone=TOKYO, is_paused=False, at=at("2026-05-07T00:00", BERLIN))

    assert timetable.paused_dates == ((on("2026-05-06"), on("2026-05-06")),)


def test_two_pauses_skip_dates_of_both() -> None:
    run = new_run(at("2026-05-04T12:00", BERLIN), BERLIN)
    for begin, end in (("05-05", "05-08"), ("05-10", "05-13")):
        run = resume_run(pause_run(run, at(f"2026-{begin}T12:00", BERLIN)), at(f"2026-{end}T12:00", BERLIN))

    now = at("2026-05-13T12:00", BERLIN)
    dates = [scheduled_on(run, day, now) for day in range(2, 8)]
    assert [due.day for due in dates if due] == [5, 8, 9, 10, 13, 14]
    assert run.openings(now=now)[-1] == now


def test_paused_run_has_no_planned_openings() -> None:
    run = pause_run(new_run(at("2026-05-04T12:00", BERLIN), BERLIN), at("2026-05-04T13:00", BERLIN))
    later = at("2026-05-20T12:00", BERLIN)

    assert run.openings(now=later) == (at("2026-05-04T00:00", BERLIN),)
    assert (opens_at(run, 2, later), scheduled_on(run, 2, later)) == (None, None)
    assert (opens_at(run, 1, later), scheduled_on(run, 1, later)) == (at("2026-05-04T00:00", BERLIN), on("2026-05-04"))


def test_gentle_day_due_during_pause_opens_at_resume() -> None:
    run = complete_day(pause_run(new_run(noon(4), BERLIN, pace=Pace.GENTLE), noon(4)), 1, noon(6))

    assert open_day_count(run, noon(8)) == 1
    assert resume_run(run, noon(9)).openings(now=noon(9))[1] == noon(9)
    assert open_day_count(resume_run(run, noon(6)), noon(6)) == 1


def test_completion_reported_later_opens_no_day_at_pause_instant() -> None:
    run = pause_run(new_run(noon(4), BERLIN, pace=Pace.GENTLE), at("2026-05-05T00:00", BERLIN))

    run = complete_day(run, 1, noon(4), received_at=noon(6))

    assert open_day_count(run, noon(8)) == 1
    assert resume_run(run, noon(9)).openings(now=noon(9))[1] == noon(9)


def test_run_paused_before_start_opens_first_day_at_resume() -> None:
    run = pause_run(new_run(noon(4), BERLIN, days_ahead=2), noon(5))
    assert open_day_count(run, noon(9)) == 0

    run = resume_run(run, noon(9))

    assert run.openings(now=noon(9)) == (noon(9),)
    assert scheduled_on(run, 2, noon(9)) == on("2026-05-10")


def test_pause_before_start_does_not_move_dates() -> None:
    run = resume_run(pause_run(new_run(noon(4), BERLIN, days_ahead=9), noon(5)), noon(8))

    assert [scheduled_on(run, day, noon(8)) for day in (1, 2)] == [on("2026-05-13"), on("2026-05-14")]


def test_last_completion_ends_pause() -> None:
    run = finished_run(noon(4), BERLIN)
    run = pause_run(undo_day(run, 21, noon(25)), noon(25))

    run = complete_day(run, 21, noon(28))

    assert not run.timetable.is_paused
    assert run.timetable.paused_dates == ((on("2026-05-26"), on("2026-05-27")),)


def test_zone_change_does_not_end_pause() -> None:
    run = change_zone(pause_run(new_run(noon(4), BERLIN), noon(5)), noon(7), TOKYO)

    assert open_day_count(run, noon(9)) == 2
    assert resume_run(run, noon(9)).timetable.paused_dates == ((on("2026-05-06"), on("2026-05-08")),)
