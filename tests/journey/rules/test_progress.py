"""What a dashboard says of a run: its status, its figures, and what they are once it is over."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from app.journey.rules.merge import Effect
from app.journey.rules.progress import DayStatus, RunHistory, Status, run_progress, with_completion, without_completion
from app.journey.rules.schedule import Pace
from app.journey.rules.streaks import Streak
from tests.journey.runs import abandoned, at, begun, completed, finished, on, paused, resumed, undone

BERLIN = "Europe/Berlin"


def noon(day: int) -> datetime:
    return at("2026-05-01T12:00", BERLIN) + timedelta(days=day - 1)


def test_until_the_first_day_opens_a_run_is_scheduled_and_has_no_current_day() -> None:
    stands = run_progress(begun(noon(4), BERLIN, ahead=3), now=noon(6))

    assert (stands.status, stands.current_day, stands.next_day) == (Status.SCHEDULED, None, None)
    assert stands.next_opens_at == at("2026-05-07T00:00", BERLIN)


def test_a_run_that_is_paused_before_its_start_is_paused() -> None:
    stands = run_progress(paused(begun(noon(4), BERLIN, ahead=3), noon(5)), now=noon(9))

    assert (stands.status, stands.current_day, stands.next_opens_at) == (Status.PAUSED, None, None)


def test_the_current_day_is_the_highest_open_one_and_the_next_the_lowest_to_be_done() -> None:
    run = completed(completed(begun(noon(4), BERLIN), 1, noon(4)), 3, noon(6))

    stands = run_progress(run, now=noon(8))

    assert (stands.status, stands.current_day, stands.next_day) == (Status.ACTIVE, 5, 2)
    assert [day.status for day in stands.days[:6]] == [
        DayStatus.COMPLETED, DayStatus.OPEN, DayStatus.COMPLETED, DayStatus.OPEN, DayStatus.OPEN, DayStatus.LOCKED,
    ]  # fmt: skip


def test_with_all_open_days_done_there_is_no_next_day() -> None:
    stands = run_progress(completed(begun(noon(4), BERLIN), 1, noon(4)), now=noon(4))

    assert (stands.current_day, stands.next_day) == (1, None)


@pytest.mark.parametrize(
    ("done", "percent"), [(0, 0), (1, 4), (2, 9), (3, 14), (7, 33), (10, 47), (14, 66), (20, 95), (21, 100)]
)
def test_percent_is_rounded_down_and_is_hundred_only_at_the_end(done: int, percent: int) -> None:
    run = begun(noon(4), BERLIN)
    for day in range(1, done + 1):
        run = completed(run, day, noon(30))

    assert (run_progress(run, now=noon(30)).days_completed, run_progress(run, now=noon(30)).percent) == (done, percent)


def test_with_all_days_done_a_run_is_completed_and_undoing_one_makes_it_active_again() -> None:
    run = finished(noon(4), BERLIN)
    stands, again = run_progress(run, now=noon(30)), run_progress(undone(run, 9, noon(30)), now=noon(30))

    assert (stands.status, stands.next_day, stands.next_opens_at) == (Status.COMPLETED, None, None)
    assert (again.status, again.next_day, again.days_completed) == (Status.ACTIVE, 9, 20)


def test_completing_again_changes_nothing_but_an_earlier_moment_counts() -> None:
    run = completed(begun(noon(4), BERLIN), 1, noon(6))

    assert with_completion(run, 1, at=noon(7), now=noon(7)) == (run, Effect.UNCHANGED)
    assert with_completion(run, 1, at=noon(6), now=noon(7)) == (run, Effect.UNCHANGED)
    earlier, effect = with_completion(run, 1, at=noon(5), now=noon(7))
    assert (earlier.completions[1].at, earlier.completions[1].on, effect) == (noon(5), on("2026-05-05"), Effect.APPLIED)


def test_undoing_what_is_not_done_changes_nothing() -> None:
    run = completed(begun(noon(4), BERLIN), 1, noon(4))

    assert without_completion(run, 2, now=noon(5)) == (run, Effect.UNCHANGED)


def test_a_completion_from_before_the_undoing_does_not_bring_it_back() -> None:
    run = undone(completed(begun(noon(4), BERLIN), 1, noon(4)), 1, noon(8))

    assert with_completion(run, 1, at=noon(7), now=noon(9)) == (run, Effect.SUPERSEDED)
    assert completed(run, 1, noon(8), heard=noon(9)).done[1].on == on("2026-05-08")


def test_paused_days_may_be_completed_and_undone() -> None:
    run = paused(begun(noon(4), BERLIN), noon(5))
    run = completed(completed(run, 1, noon(8)), 2, noon(9))

    assert run_progress(run, now=noon(9)).days_completed == 2
    assert run_progress(undone(run, 2, noon(9)), now=noon(9)).next_day == 2
    assert run_progress(run, now=noon(9)).status is Status.PAUSED


def test_at_the_gentle_pace_nothing_is_next_until_the_current_day_is_done() -> None:
    run = begun(noon(4), BERLIN, pace=Pace.GENTLE)

    assert run_progress(run, now=noon(9)).next_opens_at is None
    assert run_progress(completed(run, 1, noon(9)), now=noon(9)).next_opens_at == at("2026-05-10T00:00", BERLIN)


def test_an_abandoned_run_stays_as_it_was() -> None:
    run = abandoned(completed(begun(noon(4), BERLIN), 1, noon(4)), noon(5))

    then, later = run_progress(run, now=noon(5)), run_progress(run, now=noon(40))

    assert (then.status, then.current_day, then.streak) == (Status.ABANDONED, 2, Streak(1, 1, 0))
    assert then.next_opens_at is None
    assert replace(later, today=then.today) == then


def test_the_streak_of_a_completed_run_is_as_of_its_latest_completion() -> None:
    run = finished(noon(4), BERLIN)

    assert run_progress(run, now=noon(200)).streak == Streak(21, 21, 0)


def test_what_is_heard_late_counts_on_the_date_on_which_it_happened() -> None:
    """All of them were done in time, offline, and arrive a month later."""
    run = begun(noon(4), BERLIN)
    for day in range(1, 22):
        run = completed(run, day, noon(3 + day), heard=noon(60))

    assert run_progress(run, now=noon(60)).streak == Streak(21, 21, 0)


def test_undoing_in_a_completed_run_lets_its_streak_go_on_to_today() -> None:
    run = undone(finished(noon(4), BERLIN), 21, noon(30))

    assert run_progress(run, now=noon(30)).streak == Streak(0, 20, 0)


def test_dates_of_a_pause_that_goes_on_break_no_streak_and_its_ends_may() -> None:
    run = begun(noon(4), BERLIN)
    run = paused(completed(run, 1, noon(4)), noon(5))

    assert run_progress(run, now=noon(20)).streak == Streak(1, 1, 1)
    run = completed(resumed(run, noon(20)), 2, noon(20))
    assert run_progress(run, now=noon(20)).streak == Streak(2, 2, 1)
    assert run_progress(run, now=noon(22)).streak == Streak(0, 2, 0)


@pytest.mark.parametrize(
    "run", [begun(noon(1), BERLIN), paused(begun(noon(1), BERLIN), noon(3)), abandoned(begun(noon(1), BERLIN), noon(3))]
)
def test_a_run_has_its_21_days_whatever_becomes_of_it(run: RunHistory) -> None:
    assert [day.number for day in run_progress(run, now=noon(5)).days] == list(range(1, 22))
