"""Tests for time zone changes during a 21-day journey: open days stay open, and no day opens twice."""

from datetime import timedelta

import pytest

from app.journey.rules.progress import compute_progress
from app.journey.rules.schedule import Pace
from app.journey.rules.streaks import Streak
from tests.journey.runs import (
    ONE_SECOND,
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

KIRITIMATI, PAGO_PAGO, HONOLULU = "Pacific/Kiritimati", "Pacific/Pago_Pago", "Pacific/Honolulu"
AUCKLAND, APIA, SYDNEY = "Pacific/Auckland", "Pacific/Apia", "Australia/Sydney"
EAST_OF_THE_LINE = (PAGO_PAGO, HONOLULU)
WEST_OF_THE_LINE = (KIRITIMATI, AUCKLAND, APIA)


@pytest.mark.parametrize("zone", WEST_OF_THE_LINE)
@pytest.mark.parametrize("to", EAST_OF_THE_LINE)
def test_eastward_date_line_crossing_locks_nothing(zone: str, to: str) -> None:
    created_at = at("2026-03-02T09:00", zone)
    run = new_run(created_at, zone)
    landed_at = created_at + timedelta(days=3)
    before = run.openings(now=landed_at)

    run = change_zone(run, landed_at, to)

    assert compute_progress(run, now=landed_at).today == on("2026-03-04")
    assert run.openings(now=landed_at) == before
    assert compute_progress(run, now=landed_at).current_day == 4


@pytest.mark.parametrize("zone", WEST_OF_THE_LINE)
@pytest.mark.parametrize("to", EAST_OF_THE_LINE)
def test_after_eastward_crossing_next_day_opens_on_its_local_date(zone: str, to: str) -> None:
    created_at = at("2026-03-02T09:00", zone)
    run = change_zone(new_run(created_at, zone), created_at + timedelta(days=3), to)

    midnight = at("2026-03-06T00:00", to)
    assert scheduled_on(run, 5, midnight - ONE_SECOND) == on("2026-03-06")
    assert opens_at(run, 5, midnight - ONE_SECOND) == midnight
    assert (open_day_count(run, midnight - ONE_SECOND), open_day_count(run, midnight)) == (4, 5)


@pytest.mark.parametrize("zone", EAST_OF_THE_LINE)
@pytest.mark.parametrize("to", WEST_OF_THE_LINE)
def test_westward_date_line_crossing_opens_day_of_arrival_date(zone: str, to: str) -> None:
    created_at = at("2026-03-02T12:00", zone)
    run = new_run(created_at, zone)
    landed_at = created_at + timedelta(hours=1)

    run = change_zone(run, landed_at, to)

    assert run.openings(now=landed_at) == (at("2026-03-02T00:00", zone), landed_at)
    assert opens_at(run, 3, landed_at) == at("2026-03-04T00:00", to)


def test_return_flight_opens_no_extra_day() -> None:
    """The member flies to Kiritimati and back to Pago Pago. A date that repeats there opens no extra day."""
    run = new_run(at("2026-03-02T12:00", PAGO_PAGO), PAGO_PAGO)
    run = change_zone(run, at("2026-03-02T13:00", PAGO_PAGO), KIRITIMATI)
    run = change_zone(run, at("2026-03-02T14:00", PAGO_PAGO), PAGO_PAGO)

    assert open_day_count(run, at("2026-03-03T23:59:59", PAGO_PAGO)) == 2
    assert open_day_count(run, at("2026-03-04T00:00", PAGO_PAGO)) == 3


@pytest.mark.parametrize("to", [*EAST_OF_THE_LINE, *WEST_OF_THE_LINE, SYDNEY])
def test_locked_days_retain_dates_in_other_zone(to: str) -> None:
    created_at = at("2026-03-02T12:00")
    run = new_run(created_at, "UTC")
    dates = [scheduled_on(run, day, created_at) for day in range(1, 22)]

    run = change_zone(run, created_at, to)

    assert [scheduled_on(run, day, created_at) for day in range(1, 22)] == dates
    assert opens_at(run, 21, created_at) == at("2026-03-22T00:00", to)


def test_future_run_starts_on_its_date_in_new_zone() -> None:
    created_at = at("2026-03-02T12:00", PAGO_PAGO)
    run = change_zone(new_run(created_at, PAGO_PAGO, days_ahead=2), created_at, KIRITIMATI)

    assert opens_at(run, 1, created_at) == at("2026-03-04T00:00", KIRITIMATI)


def test_gentle_day_does_not_open_before_previous_completion() -> None:
    """The member flies back to 1 March and completes day 1 then, so day 2 opens on 2 March."""
    run = new_run(at("2026-03-01T09:00", KIRITIMATI), KIRITIMATI, pace=Pace.GENTLE)
    run = change_zone(run, at("2026-03-02T09:00", KIRITIMATI), PAGO_PAGO)
    completed_at = at("2026-03-01T10:00", PAGO_PAGO)

    run = complete_day(run, 1, completed_at)

    assert run.completions[1].on == on("2026-03-01")
    assert open_day_count(run, completed_at) == 1
    assert opens_at(run, 2, completed_at) == at("2026-03-02T00:00", PAGO_PAGO)


def test_gentle_day_opens_at_arrival_of_westward_flight() -> None:
    run = new_run(at("2026-03-01T09:00", PAGO_PAGO), PAGO_PAGO, pace=Pace.GENTLE)
    run = complete_day(run, 1, at("2026-03-01T10:00", PAGO_PAGO))
    landed_at = at("2026-03-01T11:00", PAGO_PAGO)

    run = change_zone(run, landed_at, KIRITIMATI)

    assert run.openings(now=landed_at)[1:] == (landed_at,)


def test_earlier_completion_on_later_local_date_locks_nothing() -> None:
    """The completion happened before an eastward flight, but is reported after the next day has opened."""
    run = new_run(at("2026-03-01T09:00", KIRITIMATI), KIRITIMATI, pace=Pace.GENTLE)
    run = change_zone(run, at("2026-03-02T09:00", KIRITIMATI), PAGO_PAGO)
    run = complete_day(run, 1, at("2026-03-01T10:00", PAGO_PAGO))
    now = at("2026-03-02T10:00", PAGO_PAGO)
    before = run.openings(now=now)

    run = complete_day(run, 1, at("2026-03-02T08:00", KIRITIMATI), received_at=now)

    assert run.completions[1].on == on("2026-03-02")
    assert len(before) == 2
    assert run.openings(now=now) == before


def test_gentle_open_day_is_scheduled_on_its_opening_date() -> None:
    run = new_run(at("2026-03-01T09:00", KIRITIMATI), KIRITIMATI, pace=Pace.GENTLE)
    run = complete_day(run, 1, at("2026-03-01T09:00", KIRITIMATI))
    landed_at = at("2026-03-02T09:00", KIRITIMATI)

    run = undo_day(change_zone(run, landed_at, PAGO_PAGO), 1, landed_at)

    assert scheduled_on(run, 2, landed_at) == on("2026-03-02")


def test_completion_retains_its_date_and_zone() -> None:
    created_at = at("2026-03-02T09:00", KIRITIMATI)
    run = change_zone(
        complete_day(new_run(created_at, KIRITIMATI), 1, created_at), created_at + timedelta(days=1), PAGO_PAGO
    )
    earlier = complete_day(run, 2, created_at + timedelta(hours=20), received_at=created_at + timedelta(days=3))

    assert (run.completions[1].on, run.completions[1].zone) == (on("2026-03-02"), KIRITIMATI)
    assert (earlier.completions[2].on, earlier.completions[2].zone) == (on("2026-03-03"), KIRITIMATI)


def test_completion_at_instant_of_zone_change_uses_new_zone() -> None:
    created_at = at("2026-03-02T09:00", KIRITIMATI)
    run = complete_day(
        change_zone(new_run(created_at, KIRITIMATI), created_at, PAGO_PAGO),
        1,
        created_at,
        received_at=created_at + timedelta(hours=1),
    )

    assert (run.completions[1].on, run.completions[1].zone) == (on("2026-03-01"), PAGO_PAGO)


def test_date_skipped_by_flight_does_not_break_streak() -> None:
    """The flight skips 4 March. If that date counted as missed, the streak would break."""
    run = new_run(at("2026-03-01T09:00", PAGO_PAGO), PAGO_PAGO)
    run = complete_day(run, 1, at("2026-03-02T09:00", PAGO_PAGO))
    run = complete_day(run, 2, at("2026-03-03T22:30", PAGO_PAGO))
    run = change_zone(run, at("2026-03-03T23:30", PAGO_PAGO), KIRITIMATI)
    now = at("2026-03-05T09:00", KIRITIMATI)

    assert compute_progress(complete_day(run, 3, now), now=now).streak == Streak(3, 3, 0)


def test_repeated_date_counts_once() -> None:
    run = new_run(at("2026-03-02T09:00", KIRITIMATI), KIRITIMATI)
    run = complete_day(run, 1, at("2026-03-02T09:00", KIRITIMATI))
    run = change_zone(run, at("2026-03-03T09:00", KIRITIMATI), PAGO_PAGO)
    now = at("2026-03-02T23:00", PAGO_PAGO)

    run = complete_day(run, 2, now)

    progress = compute_progress(run, now=now)
    assert (progress.today, progress.days_completed, progress.streak) == (on("2026-03-02"), 2, Streak(1, 1, 0))


def test_open_day_stays_open_when_its_date_becomes_paused() -> None:
    """If a pause ends in another time zone, it can include the date of a day that is already open."""
    run = new_run(at("2026-03-01T09:00", KIRITIMATI), KIRITIMATI)
    run = pause_run(run, at("2026-03-02T09:00", KIRITIMATI))
    before = run.openings(now=at("2026-03-02T09:00", KIRITIMATI))
    run = change_zone(run, at("2026-03-02T10:00", KIRITIMATI), PAGO_PAGO)

    end = at("2026-03-04T09:00", PAGO_PAGO)
    run = resume_run(run, end)

    assert run.timetable.paused_dates == ((on("2026-03-02"), on("2026-03-03")),)
    assert run.openings(now=end) == before
    assert opens_at(run, 3, end) == at("2026-03-05T00:00", PAGO_PAGO)


def test_streak_of_completed_run_uses_zone_of_last_completion() -> None:
    """The last completion is on the 24th. The 22nd and 23rd are missed in its time zone, which breaks the streak."""
    run = new_run(at("2026-03-01T09:00", KIRITIMATI), KIRITIMATI)
    for day in (1, *range(3, 22)):
        run = complete_day(run, day, at(f"2026-03-{day:02}T09:00", KIRITIMATI))
    last, landed_at = at("2026-03-24T09:00", KIRITIMATI), at("2026-03-24T10:00", KIRITIMATI)

    run = complete_day(change_zone(run, landed_at, PAGO_PAGO), 2, last, received_at=landed_at)

    assert compute_progress(run, now=landed_at).streak == Streak(1, 20, 0)


def test_completions_in_sydney_count_on_local_dates() -> None:
    run = new_run(at("2026-10-02T09:00", SYDNEY), SYDNEY)
    moments = [
        at(f"2026-10-{day:02}T{clock}", SYDNEY)
        for day, clock in ((2, "09:30"), (3, "11:30"), (4, "09:30"), (5, "11:30"))
    ]
    for day, moment in enumerate(moments, start=1):
        run = complete_day(run, day, moment)

    assert [moment.date().day for moment in moments] == [1, 3, 3, 5]
    assert [run.completions[day].on for day in range(1, 5)] == [on(f"2026-10-0{day}") for day in range(2, 6)]
    assert compute_progress(run, now=moments[-1]).streak == Streak(4, 4, 0)
