"""Tests for the progress of a 21-day journey: status, counts and streak, also after its end."""

from dataclasses import replace

import pytest

from app.journey.rules.merge import Effect
from app.journey.rules.progress import DayStatus, Status, record_completion, undo_completion
from app.journey.rules.schedule import Pace
from app.journey.rules.streaks import Streak
from tests.journey.runs import MemberRun, at, noon, on

RUN = MemberRun.start(noon(4))


def test_run_before_first_opening_is_scheduled() -> None:
    progress = MemberRun.start(noon(4), days_ahead=3).progress(noon(6))

    assert (progress.status, progress.current_day, progress.next_day) == (Status.SCHEDULED, None, None)
    assert progress.next_opens_at == at("2026-05-07T00:00")


def test_run_paused_before_start_is_paused() -> None:
    progress = MemberRun.start(noon(4), days_ahead=3).pause(noon(5)).progress(noon(9))

    assert (progress.status, progress.current_day, progress.next_opens_at) == (Status.PAUSED, None, None)


def test_current_day_is_highest_open_and_next_day_lowest_not_completed() -> None:
    progress = RUN.complete(1, noon(4)).complete(3, noon(6)).progress(noon(8))

    assert (progress.status, progress.current_day, progress.next_day) == (Status.ACTIVE, 5, 2)
    assert [day.status for day in progress.days[:6]] == [
        DayStatus.COMPLETED, DayStatus.OPEN, DayStatus.COMPLETED, DayStatus.OPEN, DayStatus.OPEN, DayStatus.LOCKED,
    ]  # fmt: skip


def test_next_day_is_none_when_open_days_are_completed() -> None:
    progress = RUN.complete(1, noon(4)).progress(noon(4))

    assert (progress.current_day, progress.next_day) == (1, None)


def test_percent_is_rounded_down() -> None:
    run, percentages = RUN, []
    for day in range(1, 22):
        run = run.complete(day, noon(30))
        percentages.append(run.progress(noon(30)).percent)

    assert percentages == [4, 9, 14, 19, 23, 28, 33, 38, 42, 47, 52, 57, 61, 66, 71, 76, 80, 85, 90, 95, 100]
    assert (RUN.progress(noon(30)).percent, run.progress(noon(30)).days_completed) == (0, 21)


def test_run_with_all_days_is_completed_and_undo_makes_it_active() -> None:
    run = RUN.complete_all()
    progress, reopened = run.progress(noon(30)), run.undo(9, noon(30)).progress(noon(30))

    assert (progress.status, progress.next_day, progress.next_opens_at) == (Status.COMPLETED, None, None)
    assert (reopened.status, reopened.next_day, reopened.days_completed) == (Status.ACTIVE, 9, 20)


def test_repeated_completion_keeps_earliest_time() -> None:
    run = RUN.complete(1, noon(6))

    assert record_completion(run, 1, at=noon(7), now=noon(7)) == (run, Effect.UNCHANGED)
    assert record_completion(run, 1, at=noon(6), now=noon(7)) == (run, Effect.UNCHANGED)
    earlier, effect = record_completion(run, 1, at=noon(5), now=noon(7))
    assert (earlier.completions[1].at, earlier.completions[1].on, effect) == (noon(5), on("2026-05-05"), Effect.APPLIED)


def test_undo_of_open_day_has_no_effect() -> None:
    run = RUN.complete(1, noon(4))

    assert undo_completion(run, 2, now=noon(5)) == (run, Effect.UNCHANGED)


def test_completion_dated_before_undo_is_superseded() -> None:
    run = RUN.complete(1, noon(4)).undo(1, noon(8))

    assert record_completion(run, 1, at=noon(7), now=noon(9)) == (run, Effect.SUPERSEDED)
    assert run.complete(1, noon(8), received_at=noon(9)).completed_days[1].on == on("2026-05-08")


def test_days_can_be_completed_and_undone_during_pause() -> None:
    run = RUN.pause(noon(5)).complete(1, noon(8)).complete(2, noon(9))

    assert (run.progress(noon(9)).status, run.progress(noon(9)).days_completed) == (Status.PAUSED, 2)
    assert run.undo(2, noon(9)).progress(noon(9)).next_day == 2


def test_gentle_next_opening_unknown_until_current_day_completed() -> None:
    run = MemberRun.start(noon(4), pace=Pace.GENTLE)

    assert run.progress(noon(9)).next_opens_at is None
    assert run.complete(1, noon(9)).progress(noon(9)).next_opens_at == at("2026-05-10T00:00")


def test_abandoned_run_does_not_change() -> None:
    run = RUN.complete(1, noon(4)).abandon(noon(5))

    at_end, later = run.progress(noon(5)), run.progress(noon(40))

    assert (at_end.status, at_end.current_day, at_end.streak) == (Status.ABANDONED, 2, Streak(1, 1, 0))
    assert at_end.next_opens_at is None
    assert replace(later, today=at_end.today) == at_end


def test_streak_of_completed_run_is_as_of_latest_completion() -> None:
    assert RUN.complete_all().streak(noon(200)) == Streak(21, 21, 0)


def test_late_reported_completion_counts_on_its_own_date() -> None:
    """All days are completed on time while the device is offline, and reported a month later."""
    run = RUN
    for day in range(1, 22):
        run = run.complete(day, noon(3 + day), received_at=noon(60))

    assert run.streak(noon(60)) == Streak(21, 21, 0)


def test_undo_in_completed_run_extends_streak_to_today() -> None:
    assert RUN.complete_all().undo(21, noon(30)).streak(noon(30)) == Streak(0, 20, 0)


def test_current_pause_breaks_no_streak_but_its_boundary_dates_may() -> None:
    run = RUN.complete(1, noon(4)).pause(noon(5))
    assert run.streak(noon(20)) == Streak(1, 1, 1)

    run = run.resume(noon(20)).complete(2, noon(20))

    assert [run.streak(noon(day)) for day in (20, 22)] == [Streak(2, 2, 1), Streak(0, 2, 0)]


@pytest.mark.parametrize("run", [RUN, RUN.pause(noon(4)), RUN.abandon(noon(4))], ids=["active", "paused", "abandoned"])
def test_progress_always_has_21_days(run: MemberRun) -> None:
    assert [day.number for day in run.progress(noon(5)).days] == list(range(1, 22))
