"""Tests for pausing a 21-day journey: when days open, and which dates are skipped."""

from datetime import timedelta

import pytest

from app.journey.rules.schedule import Pace, change_timetable
from tests.journey.clocks import whole_dates_between
from tests.journey.runs import BERLIN, MemberRun, at, noon, on

TOKYO, HONOLULU = "Asia/Tokyo", "Pacific/Honolulu"
MIDNIGHT = at("2026-05-05T00:00")


def test_entire_dates_inside_pause_are_skipped() -> None:
    run = MemberRun.start(noon(4)).pause(noon(5)).resume(noon(8))

    assert [run.due_date(day, noon(8)) for day in (2, 3, 4)] == [on("2026-05-05"), on("2026-05-08"), on("2026-05-09")]
    assert run.openings(now=noon(8))[2] == noon(8)
    assert run.opens_at(4, noon(8)) == at("2026-05-09T00:00")


@pytest.mark.parametrize(
    ("begin", "end", "rests"),
    [
        ("05T00:00", "06T00:00", 1),
        ("05T00:00:01", "06T00:00", 0),
        ("05T00:00", "05T23:59:59", 0),
        ("05T23:59:59", "07T00:00", 1),
    ],
)
def test_date_is_skipped_only_if_entirely_paused(begin: str, end: str, rests: int) -> None:
    run = MemberRun.start(noon(4)).pause(at(f"2026-05-{begin}")).resume(at(f"2026-05-{end}"))

    assert run.due_date(21, noon(8)) == on("2026-05-24") + timedelta(days=rests)


@pytest.mark.parametrize(("zone", "rests"), [(BERLIN, 4), (TOKYO, 3), (HONOLULU, 3)])
def test_paused_dates_use_zone_at_end_of_pause(zone: str, rests: int) -> None:
    end = at("2026-05-09T00:00")
    run = MemberRun.start(noon(4)).pause(MIDNIGHT).move(at("2026-05-07T00:00"), zone).resume(end)

    assert len(whole_dates_between(MIDNIGHT, end, zone)) == rests
    assert run.due_date(21, end) == on("2026-05-24") + timedelta(days=rests)


def test_resume_with_zone_change_uses_new_zone() -> None:
    timetable = MemberRun.start(noon(4)).pause(MIDNIGHT).timetable

    timetable = change_timetable(timetable, {}, zone=TOKYO, is_paused=False, at=at("2026-05-07T00:00"))

    assert timetable.paused_dates == ((on("2026-05-06"), on("2026-05-06")),)


def test_two_pauses_skip_dates_of_both() -> None:
    run = MemberRun.start(noon(4)).pause(noon(5)).resume(noon(8)).pause(noon(10)).resume(noon(13))

    assert [run.due_date(day, noon(13)) for day in range(2, 8)] == [
        on(f"2026-05-{day:02}") for day in (5, 8, 9, 10, 13, 14)
    ]
    assert run.openings(now=noon(13))[-1] == noon(13)


def test_paused_run_has_no_planned_openings() -> None:
    run, midnight = MemberRun.start(noon(4)).pause(at("2026-05-04T13:00")), at("2026-05-04T00:00")

    assert run.openings(now=noon(20)) == (midnight,)
    assert (run.opens_at(1, noon(20)), run.due_date(1, noon(20))) == (midnight, on("2026-05-04"))
    assert (run.opens_at(2, noon(20)), run.due_date(2, noon(20))) == (None, None)


def test_gentle_day_due_during_pause_opens_at_resume() -> None:
    run = MemberRun.start(noon(4), pace=Pace.GENTLE).pause(noon(4)).complete(1, noon(6))

    assert run.open_days(noon(8)) == 1
    assert run.resume(noon(9)).openings(now=noon(9))[1] == noon(9)
    assert run.resume(noon(6)).open_days(noon(6)) == 1


def test_completion_reported_later_opens_no_day_at_pause_instant() -> None:
    run = MemberRun.start(noon(4), pace=Pace.GENTLE).pause(MIDNIGHT)

    run = run.complete(1, noon(4), received_at=noon(6))

    assert run.open_days(noon(8)) == 1
    assert run.resume(noon(9)).openings(now=noon(9))[1] == noon(9)


def test_run_paused_before_start_opens_first_day_at_resume() -> None:
    run = MemberRun.start(noon(4), days_ahead=2).pause(noon(5))
    assert run.open_days(noon(9)) == 0

    run = run.resume(noon(9))

    assert (run.openings(now=noon(9)), run.due_date(2, noon(9))) == ((noon(9),), on("2026-05-10"))


def test_pause_before_start_does_not_move_dates() -> None:
    run = MemberRun.start(noon(4), days_ahead=9).pause(noon(5)).resume(noon(8))

    assert [run.due_date(day, noon(8)) for day in (1, 2)] == [on("2026-05-13"), on("2026-05-14")]


def test_last_completion_ends_pause() -> None:
    run = MemberRun.start(noon(4)).complete_all().undo(21, noon(25)).pause(noon(25)).complete(21, noon(28))

    assert not run.timetable.is_paused
    assert run.timetable.paused_dates == ((on("2026-05-26"), on("2026-05-27")),)


def test_zone_change_does_not_end_pause() -> None:
    run = MemberRun.start(noon(4)).pause(noon(5)).move(noon(7), TOKYO)

    assert run.open_days(noon(9)) == 2
    assert run.resume(noon(9)).timetable.paused_dates == ((on("2026-05-06"), on("2026-05-08")),)
