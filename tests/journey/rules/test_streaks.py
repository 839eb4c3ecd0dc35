"""Streaks that forgive. Dates are drawn from the start to today: `#` practised, `.` not, `-` neutral, `o` both."""

from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.journey.rules.progress import run_progress
from app.journey.rules.streaks import Streak, streak
from tests.journey import oracle
from tests.journey.runs import abandoned, at, begun, completed, finished, moved, on, paused, resumed

START = date(2026, 3, 1)


def dates(drawn: str, marks: str) -> set[date]:
    return {START + timedelta(days=n) for n, mark in enumerate(drawn) if mark in marks}


def streak_of(drawn: str) -> Streak:
    neutral = dates(drawn, "-o")
    today = START + timedelta(days=len(drawn) - 1)
    return streak(dates(drawn, "#o"), starts_on=START, today=today, is_neutral=neutral.__contains__)


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        (".", Streak(0, 0, 0)),
        ("..........", Streak(0, 0, 0)),
        ("#", Streak(1, 1, 0)),
        ("###", Streak(3, 3, 0)),
        ("##.", Streak(2, 2, 0)),
    ],
)
def test_a_streak_counts_dates_and_today_is_not_missed_before_it_is_over(drawn: str, expected: Streak) -> None:
    assert streak_of(drawn) == expected


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        ("##..", Streak(2, 2, 1)),
        ("##.#", Streak(3, 3, 1)),
        ("##.###", Streak(5, 5, 1)),
    ],
)
def test_one_missed_date_is_bridged_and_adds_nothing(drawn: str, expected: Streak) -> None:
    assert streak_of(drawn) == expected


@pytest.mark.parametrize("between", range(10))
def test_a_second_miss_breaks_unless_six_dates_lie_between(between: int) -> None:
    expected = Streak(2 + between, 2 + between, 2) if between >= 6 else Streak(1, 1 + between, 0)

    assert streak_of(f"#.{'#' * between}.#") == expected


def test_the_miss_that_breaks_a_streak_is_one_for_those_after_it() -> None:
    assert streak_of("##.#.##.#") == Streak(1, 3, 0)
    assert streak_of("##.#.######.#") == Streak(7, 7, 1)


def test_misses_before_the_first_practice_are_not_bridged_but_count() -> None:
    assert streak_of(".#") == Streak(1, 1, 0)
    assert streak_of(".##.#") == Streak(1, 2, 0)
    assert streak_of(".######.#") == Streak(7, 7, 1)


def test_a_break_leaves_nothing_bridged_until_practice_begins_again() -> None:
    assert streak_of("######..") == Streak(6, 6, 1)
    assert streak_of("######...") == Streak(0, 6, 0)
    assert streak_of("######........") == Streak(0, 6, 0)


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        ("##-#", Streak(3, 3, 0)),
        ("##---------#", Streak(3, 3, 0)),
        ("##.-----.#", Streak(1, 2, 0)),
        ("##.###---###.#", Streak(9, 9, 2)),
        ("##.###---##.#", Streak(1, 7, 0)),
        ("--##", Streak(2, 2, 0)),
    ],
)
def test_neutral_dates_neither_break_nor_count_among_the_six(drawn: str, expected: Streak) -> None:
    assert streak_of(drawn) == expected


def test_practice_on_a_neutral_date_adds_to_the_length_and_is_none_of_the_six() -> None:
    assert streak_of("#oo#") == Streak(4, 4, 0)
    assert streak_of("#.#####o.#") == Streak(1, 7, 0)
    assert streak_of("#.######o.#") == Streak(9, 9, 2)


def test_the_longest_streak_is_kept_when_the_current_one_is_shorter() -> None:
    assert streak_of("#####..##") == Streak(2, 5, 0)
    assert streak_of("##..#####") == Streak(5, 5, 0)
    assert streak_of("##..####..###") == Streak(3, 4, 0)


def test_practice_on_the_eve_of_the_start_by_a_zone_further_west_counts() -> None:
    eve = START - timedelta(days=1)

    assert streak({eve, START}, starts_on=START, today=START, is_neutral=set[date]().__contains__) == Streak(2, 2, 0)


def test_dates_before_the_start_are_not_missed() -> None:
    """A flight back from the first minutes of the start ends two dates before it."""
    practised = {START - timedelta(days=2), START + timedelta(days=1)}
    today = START + timedelta(days=1)

    assert streak(practised, starts_on=START, today=today, is_neutral=set[date]().__contains__) == Streak(2, 2, 1)


def test_practice_on_a_date_that_is_tomorrow_in_a_zone_further_west_counts() -> None:
    tomorrow = START + timedelta(days=1)

    assert streak({tomorrow}, starts_on=START, today=START, is_neutral=set[date]().__contains__) == Streak(1, 1, 0)


@given(drawn=st.text("##.-o", min_size=1, max_size=60))
@example(drawn=".#####..")
@example(drawn="#.-o####.-.#")
def test_streaks_are_those_of_the_oracle(drawn: str) -> None:
    today = START + timedelta(days=len(drawn) - 1)
    expected = oracle.streak(dates(drawn, "#o"), START, today, dates(drawn, "-o"))

    assert streak_of(drawn) == Streak(*expected)


BERLIN = "Europe/Berlin"
MADE = at("2026-05-04T12:00", BERLIN)
A_DAY = timedelta(days=1)


def test_several_days_completed_on_one_date_are_one_date_of_a_streak() -> None:
    run = begun(MADE, BERLIN)
    for day in (1, 2, 3):
        run = completed(run, day, MADE + 2 * A_DAY)

    assert run_progress(run, now=MADE + 2 * A_DAY).streak == Streak(1, 1, 0)


def test_the_current_streak_is_frozen_when_a_run_is_finished_or_abandoned() -> None:
    complete = finished(MADE, BERLIN)
    given_up = abandoned(completed(begun(MADE, BERLIN), 1, MADE), MADE + A_DAY)

    assert run_progress(complete, now=MADE + 90 * A_DAY).streak == Streak(21, 21, 0)
    assert run_progress(given_up, now=MADE + 90 * A_DAY).streak == Streak(1, 1, 0)


def test_a_run_abandoned_long_after_the_last_practice_ends_without_a_streak() -> None:
    run = abandoned(completed(begun(MADE, BERLIN), 1, MADE), MADE + 9 * A_DAY)

    assert run_progress(run, now=MADE + 9 * A_DAY).streak == Streak(0, 1, 0)


def test_dates_wholly_paused_are_neutral_and_those_at_the_ends_of_a_pause_are_not() -> None:
    run = completed(begun(MADE, BERLIN), 1, MADE)
    run = resumed(paused(run, MADE + A_DAY), MADE + 5 * A_DAY)

    assert run_progress(completed(run, 2, MADE + 5 * A_DAY), now=MADE + 5 * A_DAY).streak == Streak(2, 2, 1)
    assert run_progress(completed(run, 2, MADE + 6 * A_DAY), now=MADE + 6 * A_DAY).streak == Streak(1, 1, 0)


def test_dates_of_an_earlier_pause_are_neutral_during_the_next() -> None:
    run = completed(begun(MADE, BERLIN), 1, MADE)
    run = resumed(paused(run, MADE + A_DAY), MADE + 5 * A_DAY)
    run = completed(completed(run, 2, MADE + 5 * A_DAY), 3, MADE + 6 * A_DAY)

    run = paused(run, MADE + 6 * A_DAY)

    assert run_progress(run, now=MADE + 9 * A_DAY).streak == Streak(3, 3, 1)


def test_the_date_on_which_a_run_was_made_is_missed_like_others() -> None:
    run = completed(begun(MADE, BERLIN), 1, MADE + A_DAY)

    assert run_progress(completed(run, 2, MADE + 3 * A_DAY), now=MADE + 3 * A_DAY).streak == Streak(1, 1, 0)


def test_a_date_that_the_zone_skipped_is_neutral() -> None:
    """Of 28 to 31 December there were but three in Apia; 28 is bridged, so that a missed 30 would break."""
    apia = "Pacific/Apia"
    run = completed(begun(at("2011-12-27T12:00", apia), apia), 1, at("2011-12-27T12:00", apia))
    run = completed(run, 2, at("2011-12-29T12:00", apia))
    now = at("2011-12-31T12:00", apia)

    assert run_progress(completed(run, 3, now), now=now).streak == Streak(3, 3, 1)


def test_a_date_that_was_lived_in_another_zone_is_not_neutral() -> None:
    """There was a 30 December on the way, in Pago Pago."""
    apia, pago_pago = "Pacific/Apia", "Pacific/Pago_Pago"
    run = completed(begun(at("2011-12-27T12:00", apia), apia), 1, at("2011-12-27T12:00", apia))
    run = completed(run, 2, at("2011-12-29T12:00", apia))
    run = moved(run, at("2011-12-29T13:00", apia), pago_pago)
    run = moved(run, at("2011-12-30T12:00", pago_pago), apia)
    now = at("2011-12-31T22:00", apia)

    assert run_progress(completed(run, 3, now), now=now).streak == Streak(1, 2, 0)
    assert completed(run, 3, now).done[3].on == on("2011-12-31")
