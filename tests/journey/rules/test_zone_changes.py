"""Tests for time zone changes during a 21-day journey: open days stay open, and no day opens twice."""

from datetime import timedelta

import pytest

from app.journey.rules.schedule import Pace
from app.journey.rules.streaks import Streak
from tests.journey.runs import APIA, KIRITIMATI, ONE_DAY, ONE_SECOND, PAGO_PAGO, MemberRun, at, on

SYDNEY, ONE_HOUR = "Australia/Sydney", timedelta(hours=1)
CROSSINGS = pytest.mark.parametrize(
    ("west", "east"), [(KIRITIMATI, PAGO_PAGO), (APIA, PAGO_PAGO), ("Pacific/Auckland", "Pacific/Honolulu")]
)  # pairs of zones on both sides of the date line


@CROSSINGS
def test_eastward_date_line_crossing_locks_nothing(west: str, east: str) -> None:
    created_at = at("2026-03-02T09:00", west)
    run, landed_at = MemberRun.start(created_at, west), created_at + 3 * ONE_DAY
    before = run.openings(now=landed_at)

    run = run.move(landed_at, east)

    assert run.openings(now=landed_at) == before
    assert (run.progress(landed_at).today, run.progress(landed_at).current_day) == (on("2026-03-04"), 4)
    midnight = at("2026-03-06T00:00", east)
    assert (run.due_date(5, landed_at), run.opens_at(5, landed_at)) == (on("2026-03-06"), midnight)
    assert (run.open_days(midnight - ONE_SECOND), run.open_days(midnight)) == (4, 5)


@CROSSINGS
def test_westward_date_line_crossing_opens_day_of_arrival_date(west: str, east: str) -> None:
    run, landed_at = MemberRun.start(at("2026-03-02T12:00", east), east), at("2026-03-02T13:00", east)

    run = run.move(landed_at, west)

    assert run.openings(now=landed_at) == (at("2026-03-02T00:00", east), landed_at)
    assert run.opens_at(3, landed_at) == at("2026-03-04T00:00", west)


def test_return_flight_opens_no_extra_day() -> None:
    """The member flies to Kiritimati and back to Pago Pago. A date that repeats there opens no extra day."""
    run = MemberRun.start(at("2026-03-02T12:00", PAGO_PAGO), PAGO_PAGO)
    run = run.move(at("2026-03-02T13:00", PAGO_PAGO), KIRITIMATI).move(at("2026-03-02T14:00", PAGO_PAGO), PAGO_PAGO)

    midnight = at("2026-03-04T00:00", PAGO_PAGO)
    assert (run.open_days(midnight - ONE_SECOND), run.open_days(midnight)) == (2, 3)


@pytest.mark.parametrize("zone", [PAGO_PAGO, KIRITIMATI, SYDNEY])
def test_locked_days_retain_dates_in_other_zone(zone: str) -> None:
    created_at = at("2026-03-02T12:00", "UTC")
    run = MemberRun.start(created_at, "UTC")

    moved = run.move(created_at, zone)

    assert [moved.due_date(day, created_at) for day in range(1, 22)] == [
        run.due_date(day, created_at) for day in range(1, 22)
    ]
    assert moved.opens_at(21, created_at) == at("2026-03-22T00:00", zone)


def test_future_run_starts_on_its_date_in_new_zone() -> None:
    created_at = at("2026-03-02T12:00", PAGO_PAGO)
    run = MemberRun.start(created_at, PAGO_PAGO, days_ahead=2).move(created_at, KIRITIMATI)

    assert run.opens_at(1, created_at) == at("2026-03-04T00:00", KIRITIMATI)


def test_gentle_day_does_not_open_before_previous_completion() -> None:
    """The member flies back to 1 March and completes day 1 then, so day 2 opens on 2 March."""
    run = MemberRun.start(at("2026-03-01T09:00", KIRITIMATI), KIRITIMATI, pace=Pace.GENTLE)
    completed_at = at("2026-03-01T10:00", PAGO_PAGO)

    run = run.move(at("2026-03-02T09:00", KIRITIMATI), PAGO_PAGO).complete(1, completed_at)

    assert run.completions[1].on == on("2026-03-01")
    assert (run.open_days(completed_at), run.opens_at(2, completed_at)) == (1, at("2026-03-02T00:00", PAGO_PAGO))


def test_gentle_day_opens_at_arrival_of_westward_flight() -> None:
    run = MemberRun.start(at("2026-03-01T09:00", PAGO_PAGO), PAGO_PAGO, pace=Pace.GENTLE)
    landed_at = at("2026-03-01T11:00", PAGO_PAGO)

    run = run.complete(1, at("2026-03-01T10:00", PAGO_PAGO)).move(landed_at, KIRITIMATI)

    assert run.openings(now=landed_at)[1:] == (landed_at,)


def test_earlier_completion_on_later_local_date_locks_nothing() -> None:
    """The completion happened before an eastward flight, but is reported after the next day has opened."""
    run = MemberRun.start(at("2026-03-01T09:00", KIRITIMATI), KIRITIMATI, pace=Pace.GENTLE)
    run = run.move(at("2026-03-02T09:00", KIRITIMATI), PAGO_PAGO).complete(1, at("2026-03-01T10:00", PAGO_PAGO))
    now = at("2026-03-02T10:00", PAGO_PAGO)

    earlier = run.complete(1, at("2026-03-02T08:00", KIRITIMATI), received_at=now)

    assert earlier.completions[1].on == on("2026-03-02")
    assert run.open_days(now) == 2
    assert earlier.openings(now=now) == run.openings(now=now)


def test_gentle_open_day_is_scheduled_on_its_opening_date() -> None:
    created_at, landed_at = at("2026-03-01T09:00", KIRITIMATI), at("2026-03-02T09:00", KIRITIMATI)
    run = MemberRun.start(created_at, KIRITIMATI, pace=Pace.GENTLE).complete(1, created_at)

    run = run.move(landed_at, PAGO_PAGO).undo(1, landed_at)

    assert run.due_date(2, landed_at) == on("2026-03-02")


def test_completion_retains_its_date_and_zone() -> None:
    created_at = at("2026-03-02T09:00", KIRITIMATI)
    run = MemberRun.start(created_at, KIRITIMATI).complete(1, created_at).move(created_at + ONE_DAY, PAGO_PAGO)

    run = run.complete(2, created_at + 20 * ONE_HOUR, received_at=created_at + 3 * ONE_DAY)

    assert (run.completions[1].on, run.completions[1].zone) == (on("2026-03-02"), KIRITIMATI)
    assert (run.completions[2].on, run.completions[2].zone) == (on("2026-03-03"), KIRITIMATI)


def test_completion_at_instant_of_zone_change_uses_new_zone() -> None:
    created_at = at("2026-03-02T09:00", KIRITIMATI)
    run = MemberRun.start(created_at, KIRITIMATI).move(created_at, PAGO_PAGO)

    run = run.complete(1, created_at, received_at=created_at + ONE_HOUR)

    assert (run.completions[1].on, run.completions[1].zone) == (on("2026-03-01"), PAGO_PAGO)


def test_date_skipped_by_flight_does_not_break_streak() -> None:
    """The flight skips 4 March. If that date counted as missed, the streak would break."""
    run = MemberRun.start(at("2026-03-01T09:00", PAGO_PAGO), PAGO_PAGO)
    run = run.complete(1, at("2026-03-02T09:00", PAGO_PAGO)).complete(2, at("2026-03-03T22:30", PAGO_PAGO))
    now = at("2026-03-05T09:00", KIRITIMATI)

    run = run.move(at("2026-03-03T23:30", PAGO_PAGO), KIRITIMATI).complete(3, now)

    assert run.streak(now) == Streak(3, 3, 0)


def test_repeated_date_counts_once() -> None:
    run = MemberRun.start(at("2026-03-02T09:00", KIRITIMATI), KIRITIMATI).complete(
        1, at("2026-03-02T09:00", KIRITIMATI)
    )
    now = at("2026-03-02T23:00", PAGO_PAGO)

    run = run.move(at("2026-03-03T09:00", KIRITIMATI), PAGO_PAGO).complete(2, now)

    progress = run.progress(now)
    assert (progress.today, progress.days_completed, progress.streak) == (on("2026-03-02"), 2, Streak(1, 1, 0))


def test_open_day_stays_open_when_its_date_becomes_paused() -> None:
    """If a pause ends in another time zone, it can include the date of a day that is already open."""
    paused_at, end = at("2026-03-02T09:00", KIRITIMATI), at("2026-03-04T09:00", PAGO_PAGO)
    run = MemberRun.start(at("2026-03-01T09:00", KIRITIMATI), KIRITIMATI).pause(paused_at)
    before = run.openings(now=paused_at)

    run = run.move(at("2026-03-02T10:00", KIRITIMATI), PAGO_PAGO).resume(end)

    assert run.timetable.paused_dates == ((on("2026-03-02"), on("2026-03-03")),)
    assert run.openings(now=end) == before
    assert run.opens_at(3, end) == at("2026-03-05T00:00", PAGO_PAGO)


def test_streak_of_completed_run_uses_zone_of_last_completion() -> None:
    """The last completion is on the 24th. The 22nd and 23rd are missed in its time zone, which breaks the streak."""
    run = MemberRun.start(at("2026-03-01T09:00", KIRITIMATI), KIRITIMATI)
    for day in (1, *range(3, 22)):
        run = run.complete(day, at(f"2026-03-{day:02}T09:00", KIRITIMATI))
    last, landed_at = at("2026-03-24T09:00", KIRITIMATI), at("2026-03-24T10:00", KIRITIMATI)

    run = run.move(landed_at, PAGO_PAGO).complete(2, last, received_at=landed_at)

    assert run.streak(landed_at) == Streak(1, 20, 0)


def test_completions_in_sydney_count_on_local_dates() -> None:
    run, moments = MemberRun.start(at("2026-10-02T09:00", SYDNEY), SYDNEY), []
    for day, time in enumerate(("02T09:30", "03T11:30", "04T09:30", "05T11:30"), start=1):
        moments.append(at(f"2026-10-{time}", SYDNEY))
        run = run.complete(day, moments[-1])

    assert [moment.date().day for moment in moments] == [1, 3, 3, 5]
    assert [run.completions[day].on for day in range(1, 5)] == [on(f"2026-10-0{day}") for day in range(2, 6)]
    assert run.streak(moments[-1]) == Streak(4, 4, 0)
