"""Tests for the progress of a 21-day journey: status, counts and streak, also after its end."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from app.journey.rules.merge import Effect
from app.journey.rules.progress import (
    DayStatus,
    RunHistory,
    Status,
    compute_progress,
    record_completion,
    undo_completion,
)
from app.journey.rules.schedule import Pace
from app.journey.rules.streaks import Streak
from tests.journey.runs import abandon_run, at, complete_day, finished_run, new_run, on, pause_run, resume_run, undo_day

BERLIN = "Europe/Berlin"


def noon(day: int) -> datetime:
    return at("2026-05-01T12:00", BERLIN) + timedelta(days=day - 1)


def test_run_before_first_opening_is_scheduled() -> None:
    progress = compute_progress(new_run(noon(4), BERLIN, days_ahead=3), now=noon(6))

    assert (progress.status, progress.current_day, progress.next_day) == (Status.SCHEDULED, None, None)
    assert progress.next_opens_at == at("2026-05-07T00:00", BERLIN)


def test_run_paused_before_start_is_paused() -> None:
    progress = compute_progress(pause_run(new_run(noon(4), BERLIN, days_ahead=3), noon(5)), now=noon(9))

    assert (progress.status, progress.current_day, progress.next_opens_at) == (Status.PAUSED, None, None)


def test_current_day_is_highest_open_and_next_day_lowest_not_completed() -> None:
    run = complete_day(complete_day(new_run(noon(4), BERLIN), 1, noon(4)), 3, noon(6))

    progress = compute_progress(run, now=noon(8))

    assert (progress.status, progress.current_day, progress.next_day) == (Status.ACTIVE, 5, 2)
    assert [day.status for day in progress.days[:6]] == [
        DayStatus.COMPLETED, DayStatus.OPEN, DayStatus.COMPLETED, DayStatus.OPEN, DayStatus.OPEN, DayStatus.LOCKED,
    ]  # fmt: skip


def test_next_day_is_none_when_open_days_are_completed() -> None:
    progress = compute_progress(complete_day(new_run(noon(4), BERLIN), 1, noon(4)), now=noon(4))

    assert (progress.current_day, progress.next_day) == (1, None)


@pytest.mark.parametrize(
    ("completed_count", "percent"), [(0, 0), (1, 4), (2, 9), (3, 14), (7, 33), (10, 47), (14, 66), (20, 95), (21, 100)]
)
def test_percent_is_rounded_down(completed_count: int, percent: int) -> None:
    run = new_run(noon(4), BERLIN)
    for day in range(1, completed_count + 1):
        run = complete_day(run, day, noon(30))

    assert (compute_progress(run, now=noon(30)).days_completed, compute_progress(run, now=noon(30)).percent) == (
        completed_count,
        percent,
    )


def test_run_with_all_days_is_completed_and_undo_makes_it_active() -> None:
    run = finished_run(noon(4), BERLIN)
    progress, reopened = compute_progress(run, now=noon(30)), compute_progress(undo_day(run, 9, noon(30)), now=noon(30))

    assert (progress.status, progress.next_day, progress.next_opens_at) == (Status.COMPLETED, None, None)
    assert (reopened.status, reopened.next_day, reopened.days_completed) == (Status.ACTIVE, 9, 20)


def test_repeated_completion_keeps_earliest_time() -> None:
    run = complete_day(new_run(noon(4), BERLIN), 1, noon(6))

    assert record_completion(run, 1, at=noon(7), now=noon(7)) == (run, Effect.UNCHANGED)
    assert record_completion(run, 1, at=noon(6), now=noon(7)) == (run, Effect.UNCHANGED)
    earlier, effect = record_completion(run, 1, at=noon(5), now=noon(7))
    assert (earlier.completions[1].at, earlier.completions[1].on, effect) == (noon(5), on("2026-05-05"), Effect.APPLIED)


def test_undo_of_open_day_has_no_effect() -> None:
    run = complete_day(new_run(noon(4), BERLIN), 1, noon(4))

    assert undo_completion(run, 2, now=noon(5)) == (run, Effect.UNCHANGED)


def test_completion_dated_before_undo_is_superseded() -> None:
    run = undo_day(complete_day(new_run(noon(4), BERLIN), 1, noon(4)), 1, noon(8))

    assert record_completion(run, 1, at=noon(7), now=noon(9)) == (run, Effect.SUPERSEDED)
    assert complete_day(run, 1, noon(8), received_at=noon(9)).completed_days[1].on == on("2026-05-08")


def test_days_can_be_completed_and_undone_during_pause() -> None:
    run = pause_run(new_run(noon(4), BERLIN), noon(5))
    run = complete_day(complete_day(run, 1, noon(8)), 2, noon(9))

    assert compute_progress(run, now=noon(9)).days_completed == 2
    assert compute_progress(undo_day(run, 2, noon(9)), now=noon(9)).next_day == 2
    assert compute_progress(run, now=noon(9)).status is Status.PAUSED


def test_gentle_next_opening_unknown_until_current_day_completed() -> None:
    run = new_run(noon(4), BERLIN, pace=Pace.GENTLE)

    assert compute_progress(run, now=noon(9)).next_opens_at is None
    assert compute_progress(complete_day(run, 1, noon(9)), now=noon(9)).next_opens_at == at("2026-05-10T00:00", BERLIN)


def test_abandoned_run_does_not_change() -> None:
    run = abandon_run(complete_day(new_run(noon(4), BERLIN), 1, noon(4)), noon(5))

    at_end, later = compute_progress(run, now=noon(5)), compute_progress(run, now=noon(40))

    assert (at_end.status, at_end.current_day, at_end.streak) == (Status.ABANDONED, 2, Streak(1, 1, 0))
    assert at_end.next_opens_at is None
    assert replace(later, today=at_end.today) == at_end


def test_streak_of_completed_run_is_as_of_latest_completion() -> None:
    run = finished_run(noon(4), BERLIN)

    assert compute_progress(run, now=noon(200)).streak == Streak(21, 21, 0)


def test_late_reported_completion_counts_on_its_own_date() -> None:
    """All days are completed on time while the device is offline, and reported a month later."""
    run = new_run(noon(4), BERLIN)
    for day in range(1, 22):
        run = complete_day(run, day, noon(3 + day), received_at=noon(60))

    assert compute_progress(run, now=noon(60)).streak == Streak(21, 21, 0)


def test_undo_in_completed_run_extends_streak_to_today() -> None:
    run = undo_day(finished_run(noon(4), BERLIN), 21, noon(30))

    assert compute_progress(run, now=noon(30)).streak == Streak(0, 20, 0)


def test_current_pause_breaks_no_streak_but_its_boundary_dates_may() -> None:
    run = new_run(noon(4), BERLIN)
    run = pause_run(complete_day(run, 1, noon(4)), noon(5))

    assert compute_progress(run, now=noon(20)).streak == Streak(1, 1, 1)
    run = complete_day(resume_run(run, noon(20)), 2, noon(20))
    assert compute_progress(run, now=noon(20)).streak == Streak(2, 2, 1)
    assert compute_progress(run, now=noon(22)).streak == Streak(0, 2, 0)


@pytest.mark.parametrize(
    "run",
    [
        new_run(noon(1), BERLIN),
        pause_run(new_run(noon(1), BERLIN), noon(3)),
        abandon_run(new_run(noon(1), BERLIN), noon(3)),
    ],
)
def test_progress_always_has_21_days(run: RunHistory) -> None:
    assert [day.number for day in compute_progress(run, now=noon(5)).days] == list(range(1, 22))
