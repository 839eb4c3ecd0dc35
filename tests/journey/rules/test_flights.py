"""Changes of zone: nothing locks, nothing opens twice, and days that aren't open keep their dates."""

from datetime import timedelta

import pytest

from app.journey.rules.progress import run_progress
from app.journey.rules.schedule import Pace
from app.journey.rules.streaks import Streak
from tests.journey.runs import (
    A_SECOND,
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

KIRITIMATI, PAGO_PAGO, HONOLULU = "Pacific/Kiritimati", "Pacific/Pago_Pago", "Pacific/Honolulu"
AUCKLAND, APIA, SYDNEY = "Pacific/Auckland", "Pacific/Apia", "Australia/Sydney"
EAST_OF_THE_LINE = (PAGO_PAGO, HONOLULU)
WEST_OF_THE_LINE = (KIRITIMATI, AUCKLAND, APIA)


@pytest.mark.parametrize("zone", WEST_OF_THE_LINE)
@pytest.mark.parametrize("to", EAST_OF_THE_LINE)
def test_a_flight_back_over_the_date_line_locks_nothing(zone: str, to: str) -> None:
    made = at("2026-03-02T09:00", zone)
    run = begun(made, zone)
    landed = made + timedelta(days=3)
    before = run.openings(now=landed)

    run = moved(run, landed, to)

    assert run_progress(run, now=landed).today == on("2026-03-04")
    assert run.openings(now=landed) == before
    assert run_progress(run, now=landed).current_day == 4


@pytest.mark.parametrize("zone", WEST_OF_THE_LINE)
@pytest.mark.parametrize("to", EAST_OF_THE_LINE)
def test_after_a_flight_back_the_next_day_opens_on_its_date_there(zone: str, to: str) -> None:
    made = at("2026-03-02T09:00", zone)
    run = moved(begun(made, zone), made + timedelta(days=3), to)

    midnight = at("2026-03-06T00:00", to)
    assert scheduled_on(run, 5, midnight - A_SECOND) == on("2026-03-06")
    assert opens_at(run, 5, midnight - A_SECOND) == midnight
    assert (days_open(run, midnight - A_SECOND), days_open(run, midnight)) == (4, 5)


@pytest.mark.parametrize("zone", EAST_OF_THE_LINE)
@pytest.mark.parametrize("to", WEST_OF_THE_LINE)
def test_a_flight_ahead_over_the_date_line_opens_the_day_of_the_date_it_lands_on(zone: str, to: str) -> None:
    made = at("2026-03-02T12:00", zone)
    run = begun(made, zone)
    landed = made + timedelta(hours=1)

    run = moved(run, landed, to)

    assert run.openings(now=landed) == (at("2026-03-02T00:00", zone), landed)
    assert opens_at(run, 3, landed) == at("2026-03-04T00:00", to)


def test_a_flight_there_and_back_opens_no_day_more_than_flying_on() -> None:
    """A date that has come already, further east, isn't awaited again; one that hasn't come is."""
    run = begun(at("2026-03-02T12:00", PAGO_PAGO), PAGO_PAGO)
    run = moved(run, at("2026-03-02T13:00", PAGO_PAGO), KIRITIMATI)
    run = moved(run, at("2026-03-02T14:00", PAGO_PAGO), PAGO_PAGO)

    assert days_open(run, at("2026-03-03T23:59:59", PAGO_PAGO)) == 2
    assert days_open(run, at("2026-03-04T00:00", PAGO_PAGO)) == 3


@pytest.mark.parametrize("to", [*EAST_OF_THE_LINE, *WEST_OF_THE_LINE, SYDNEY])
def test_days_that_are_not_open_keep_their_dates_in_another_zone(to: str) -> None:
    made = at("2026-03-02T12:00")
    run = begun(made, "UTC")
    dates = [scheduled_on(run, day, made) for day in range(1, 22)]

    run = moved(run, made, to)

    assert [scheduled_on(run, day, made) for day in range(1, 22)] == dates
    assert opens_at(run, 21, made) == at("2026-03-22T00:00", to)


def test_a_run_in_the_future_starts_on_its_date_in_the_zone_it_moved_to() -> None:
    made = at("2026-03-02T12:00", PAGO_PAGO)
    run = moved(begun(made, PAGO_PAGO, ahead=2), made, KIRITIMATI)

    assert opens_at(run, 1, made) == at("2026-03-04T00:00", KIRITIMATI)


def test_at_the_gentle_pace_a_day_does_not_open_before_the_day_before_is_completed() -> None:
    """It was 2 March on the far side of the line before; what was completed on 1 March here opens the next tomorrow."""
    run = begun(at("2026-03-01T09:00", KIRITIMATI), KIRITIMATI, pace=Pace.GENTLE)
    run = moved(run, at("2026-03-02T09:00", KIRITIMATI), PAGO_PAGO)
    done = at("2026-03-01T10:00", PAGO_PAGO)

    run = completed(run, 1, done)

    assert run.completions[1].on == on("2026-03-01")
    assert days_open(run, done) == 1
    assert opens_at(run, 2, done) == at("2026-03-02T00:00", PAGO_PAGO)


def test_at_the_gentle_pace_a_flight_ahead_opens_the_next_day_at_landing() -> None:
    run = begun(at("2026-03-01T09:00", PAGO_PAGO), PAGO_PAGO, pace=Pace.GENTLE)
    run = completed(run, 1, at("2026-03-01T10:00", PAGO_PAGO))
    landed = at("2026-03-01T11:00", PAGO_PAGO)

    run = moved(run, landed, KIRITIMATI)

    assert run.openings(now=landed)[1:] == (landed,)


def test_an_earlier_completion_on_a_later_date_locks_nothing() -> None:
    """It happened before a flight back over the date line, and is heard of after the day after has opened."""
    run = begun(at("2026-03-01T09:00", KIRITIMATI), KIRITIMATI, pace=Pace.GENTLE)
    run = moved(run, at("2026-03-02T09:00", KIRITIMATI), PAGO_PAGO)
    run = completed(run, 1, at("2026-03-01T10:00", PAGO_PAGO))
    now = at("2026-03-02T10:00", PAGO_PAGO)
    before = run.openings(now=now)

    run = completed(run, 1, at("2026-03-02T08:00", KIRITIMATI), heard=now)

    assert run.completions[1].on == on("2026-03-02")
    assert len(before) == 2
    assert run.openings(now=now) == before


def test_at_the_gentle_pace_an_open_day_stands_under_the_date_on_which_it_opened() -> None:
    run = begun(at("2026-03-01T09:00", KIRITIMATI), KIRITIMATI, pace=Pace.GENTLE)
    run = completed(run, 1, at("2026-03-01T09:00", KIRITIMATI))
    landed = at("2026-03-02T09:00", KIRITIMATI)

    run = undone(moved(run, landed, PAGO_PAGO), 1, landed)

    assert scheduled_on(run, 2, landed) == on("2026-03-02")


def test_a_completion_keeps_the_date_and_the_zone_it_was_made_in() -> None:
    made = at("2026-03-02T09:00", KIRITIMATI)
    run = moved(completed(begun(made, KIRITIMATI), 1, made), made + timedelta(days=1), PAGO_PAGO)
    earlier = completed(run, 2, made + timedelta(hours=20), heard=made + timedelta(days=3))

    assert (run.completions[1].on, run.completions[1].zone) == (on("2026-03-02"), KIRITIMATI)
    assert (earlier.completions[2].on, earlier.completions[2].zone) == (on("2026-03-03"), KIRITIMATI)


def test_at_the_instant_of_a_change_the_new_zone_holds_for_what_is_heard_later() -> None:
    made = at("2026-03-02T09:00", KIRITIMATI)
    run = completed(moved(begun(made, KIRITIMATI), made, PAGO_PAGO), 1, made, heard=made + timedelta(hours=1))

    assert (run.completions[1].on, run.completions[1].zone) == (on("2026-03-01"), PAGO_PAGO)


def test_a_date_skipped_by_a_flight_breaks_no_streak() -> None:
    """From the evening of the 3rd to the 5th; the 1st was missed, so that the 4th couldn't be bridged."""
    run = begun(at("2026-03-01T09:00", PAGO_PAGO), PAGO_PAGO)
    run = completed(run, 1, at("2026-03-02T09:00", PAGO_PAGO))
    run = completed(run, 2, at("2026-03-03T22:30", PAGO_PAGO))
    run = moved(run, at("2026-03-03T23:30", PAGO_PAGO), KIRITIMATI)
    now = at("2026-03-05T09:00", KIRITIMATI)

    assert run_progress(completed(run, 3, now), now=now).streak == Streak(3, 3, 0)


def test_a_date_lived_twice_counts_once() -> None:
    run = begun(at("2026-03-02T09:00", KIRITIMATI), KIRITIMATI)
    run = completed(run, 1, at("2026-03-02T09:00", KIRITIMATI))
    run = moved(run, at("2026-03-03T09:00", KIRITIMATI), PAGO_PAGO)
    now = at("2026-03-02T23:00", PAGO_PAGO)

    run = completed(run, 2, now)

    stands = run_progress(run, now=now)
    assert (stands.today, stands.days_completed, stands.streak) == (on("2026-03-02"), 2, Streak(1, 1, 0))


def test_days_of_a_pause_that_ends_after_a_flight_stay_open() -> None:
    """The date of an open day may turn out to be a rest in the zone at the end of the pause."""
    run = begun(at("2026-03-01T09:00", KIRITIMATI), KIRITIMATI)
    run = paused(run, at("2026-03-02T09:00", KIRITIMATI))
    before = run.openings(now=at("2026-03-02T09:00", KIRITIMATI))
    run = moved(run, at("2026-03-02T10:00", KIRITIMATI), PAGO_PAGO)

    end = at("2026-03-04T09:00", PAGO_PAGO)
    run = resumed(run, end)

    assert run.timetable.rests == ((on("2026-03-02"), on("2026-03-03")),)
    assert run.openings(now=end) == before
    assert opens_at(run, 3, end) == at("2026-03-05T00:00", PAGO_PAGO)


def test_the_streak_of_a_completed_run_is_as_of_the_date_of_its_last_completion_where_that_was() -> None:
    """The 22nd and the 23rd were missed: in the zone where it was the 24th, the latter was over."""
    run = begun(at("2026-03-01T09:00", KIRITIMATI), KIRITIMATI)
    for day in (1, *range(3, 22)):
        run = completed(run, day, at(f"2026-03-{day:02}T09:00", KIRITIMATI))
    last, landed = at("2026-03-24T09:00", KIRITIMATI), at("2026-03-24T10:00", KIRITIMATI)

    run = completed(moved(run, landed, PAGO_PAGO), 2, last, heard=landed)

    assert run_progress(run, now=landed).streak == Streak(1, 20, 0)


def test_evenings_and_mornings_in_sydney_are_dates_there_and_not_in_utc() -> None:
    run = begun(at("2026-10-02T09:00", SYDNEY), SYDNEY)
    moments = [
        at(f"2026-10-{day:02}T{clock}", SYDNEY)
        for day, clock in ((2, "09:30"), (3, "11:30"), (4, "09:30"), (5, "11:30"))
    ]
    for day, moment in enumerate(moments, start=1):
        run = completed(run, day, moment)

    assert [moment.date().day for moment in moments] == [1, 3, 3, 5]
    assert [run.completions[day].on for day in range(1, 5)] == [on(f"2026-10-0{day}") for day in range(2, 6)]
    assert run_progress(run, now=moments[-1]).streak == Streak(4, 4, 0)
