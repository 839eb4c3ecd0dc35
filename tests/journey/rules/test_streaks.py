"""Tests of streaks. Each character of a string is a date: `#` completed, `.` missed, `-` paused, `o` both."""

from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.journey.rules.progress import compute_progress
from app.journey.rules.streaks import Streak, compute_streak
from tests.journey import oracle
from tests.journey.runs import (
    abandon_run,
    at,
    change_zone,
    complete_day,
    finished_run,
    new_run,
    on,
    pause_run,
    resume_run,
)

START = date(2026, 3, 1)


def dates(drawing: str, marks: str) -> set[date]:
    return {START + timedelta(days=n) for n, mark in enumerate(drawing) if mark in marks}


def streak_of(drawing: str) -> Streak:
    neutral = dates(drawing, "-o")
    today = START + timedelta(days=len(drawing) - 1)
    return compute_streak(dates(drawing, "#o"), starts_on=START, today=today, is_neutral=neutral.__contains__)


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        (".", Streak(0, 0, 0)),
        ("..........", Streak(0, 0, 0)),
        ("#", Streak(1, 1, 0)),
        ("###", Streak(3, 3, 0)),
        ("##.", Streak(2, 2, 0)),
    ],
)
def test_streak_counts_dates_and_today_is_not_missed(drawing: str, expected: Streak) -> None:
    assert streak_of(drawing) == expected


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        ("##..", Streak(2, 2, 1)),
        ("##.#", Streak(3, 3, 1)),
        ("##.###", Streak(5, 5, 1)),
    ],
)
def test_one_missed_date_is_bridged(drawing: str, expected: Streak) -> None:
    assert streak_of(drawing) == expected


@pytest.mark.parametrize("between", range(10))
def test_second_miss_breaks_streak_within_six_dates(between: int) -> None:
    expected = Streak(2 + between, 2 + between, 2) if between >= 6 else Streak(1, 1 + between, 0)

    assert streak_of(f"#.{'#' * between}.#") == expected


def test_breaking_miss_counts_for_later_dates() -> None:
    assert streak_of("##.#.##.#") == Streak(1, 3, 0)
    assert streak_of("##.#.######.#") == Streak(7, 7, 1)


def test_misses_before_first_practice_count_but_are_not_bridged() -> None:
    assert streak_of(".#") == Streak(1, 1, 0)
    assert streak_of(".##.#") == Streak(1, 2, 0)
    assert streak_of(".######.#") == Streak(7, 7, 1)


def test_break_resets_bridged() -> None:
    assert streak_of("######..") == Streak(6, 6, 1)
    assert streak_of("######...") == Streak(0, 6, 0)
    assert streak_of("######........") == Streak(0, 6, 0)


@pytest.mark.parametrize(
    ("drawing", "expected"),
    [
        ("##-#", Streak(3, 3, 0)),
        ("##---------#", Streak(3, 3, 0)),
        ("##.-----.#", Streak(1, 2, 0)),
        ("##.###---###.#", Streak(9, 9, 2)),
        ("##.###---##.#", Streak(1, 7, 0)),
        ("--##", Streak(2, 2, 0)),
    ],
)
def test_neutral_dates_neither_break_streak_nor_fill_window(drawing: str, expected: Streak) -> None:
    assert streak_of(drawing) == expected


def test_practice_on_neutral_date_adds_length_but_not_to_window() -> None:
    assert streak_of("#oo#") == Streak(4, 4, 0)
    assert streak_of("#.#####o.#") == Streak(1, 7, 0)
    assert streak_of("#.######o.#") == Streak(9, 9, 2)


def test_longest_streak_stays_when_current_is_shorter() -> None:
    assert streak_of("#####..##") == Streak(2, 5, 0)
    assert streak_of("##..#####") == Streak(5, 5, 0)
    assert streak_of("##..####..###") == Streak(3, 4, 0)


def test_practice_on_date_before_start_counts() -> None:
    previous_date = START - timedelta(days=1)

    assert compute_streak(
        {previous_date, START}, starts_on=START, today=START, is_neutral=set[date]().__contains__
    ) == Streak(2, 2, 0)


def test_dates_before_start_are_not_missed() -> None:
    """After an eastward flight, the local date can be up to two days before the start date."""
    practised = {START - timedelta(days=2), START + timedelta(days=1)}
    today = START + timedelta(days=1)

    assert compute_streak(practised, starts_on=START, today=today, is_neutral=set[date]().__contains__) == Streak(
        2, 2, 1
    )


def test_practice_on_date_after_today_counts() -> None:
    tomorrow = START + timedelta(days=1)

    assert compute_streak({tomorrow}, starts_on=START, today=START, is_neutral=set[date]().__contains__) == Streak(
        1, 1, 0
    )


@given(drawing=st.text("##.-o", min_size=1, max_size=60))
@example(drawing=".#####..")
@example(drawing="#.-o####.-.#")
def test_streaks_match_oracle(drawing: str) -> None:
    today = START + timedelta(days=len(drawing) - 1)
    expected = oracle.streak(dates(drawing, "#o"), START, today, dates(drawing, "-o"))

    assert streak_of(drawing) == Streak(*expected)


BERLIN = "Europe/Berlin"
CREATED_AT = at("2026-05-04T12:00", BERLIN)
ONE_DAY = timedelta(days=1)


def test_several_completions_on_one_date_count_once() -> None:
    run = new_run(CREATED_AT, BERLIN)
    for day in (1, 2, 3):
        run = complete_day(run, day, CREATED_AT + 2 * ONE_DAY)

    assert compute_progress(run, now=CREATED_AT + 2 * ONE_DAY).streak == Streak(1, 1, 0)


def test_current_streak_freezes_at_end_of_run() -> None:
    completed = finished_run(CREATED_AT, BERLIN)
    abandoned = abandon_run(complete_day(new_run(CREATED_AT, BERLIN), 1, CREATED_AT), CREATED_AT + ONE_DAY)

    assert compute_progress(completed, now=CREATED_AT + 90 * ONE_DAY).streak == Streak(21, 21, 0)
    assert compute_progress(abandoned, now=CREATED_AT + 90 * ONE_DAY).streak == Streak(1, 1, 0)


def test_run_abandoned_long_after_practice_has_no_current_streak() -> None:
    run = abandon_run(complete_day(new_run(CREATED_AT, BERLIN), 1, CREATED_AT), CREATED_AT + 9 * ONE_DAY)

    assert compute_progress(run, now=CREATED_AT + 9 * ONE_DAY).streak == Streak(0, 1, 0)


def test_only_entirely_paused_dates_are_neutral() -> None:
    run = complete_day(new_run(CREATED_AT, BERLIN), 1, CREATED_AT)
    run = resume_run(pause_run(run, CREATED_AT + ONE_DAY), CREATED_AT + 5 * ONE_DAY)

    assert compute_progress(
        complete_day(run, 2, CREATED_AT + 5 * ONE_DAY), now=CREATED_AT + 5 * ONE_DAY
    ).streak == Streak(2, 2, 1)
    assert compute_progress(
        complete_day(run, 2, CREATED_AT + 6 * ONE_DAY), now=CREATED_AT + 6 * ONE_DAY
    ).streak == Streak(1, 1, 0)


def test_dates_of_earlier_pause_stay_neutral_in_next_pause() -> None:
    run = complete_day(new_run(CREATED_AT, BERLIN), 1, CREATED_AT)
    run = resume_run(pause_run(run, CREATED_AT + ONE_DAY), CREATED_AT + 5 * ONE_DAY)
    run = complete_day(complete_day(run, 2, CREATED_AT + 5 * ONE_DAY), 3, CREATED_AT + 6 * ONE_DAY)

    run = pause_run(run, CREATED_AT + 6 * ONE_DAY)

    assert compute_progress(run, now=CREATED_AT + 9 * ONE_DAY).streak == Streak(3, 3, 1)


def test_start_date_can_be_missed() -> None:
    run = complete_day(new_run(CREATED_AT, BERLIN), 1, CREATED_AT + ONE_DAY)

    assert compute_progress(
        complete_day(run, 2, CREATED_AT + 3 * ONE_DAY), now=CREATED_AT + 3 * ONE_DAY
    ).streak == Streak(1, 1, 0)


def test_date_skipped_by_zone_is_neutral() -> None:
    """Apia skipped 30 December 2011. If that date counted as missed, the streak would break."""
    apia = "Pacific/Apia"
    run = complete_day(new_run(at("2011-12-27T12:00", apia), apia), 1, at("2011-12-27T12:00", apia))
    run = complete_day(run, 2, at("2011-12-29T12:00", apia))
    now = at("2011-12-31T12:00", apia)

    assert compute_progress(complete_day(run, 3, now), now=now).streak == Streak(3, 3, 1)


def test_skipped_date_that_occurred_in_other_zone_is_not_neutral() -> None:
    """The member was in Pago Pago on 30 December, so this date counts, although Apia skipped it."""
    apia, pago_pago = "Pacific/Apia", "Pacific/Pago_Pago"
    run = complete_day(new_run(at("2011-12-27T12:00", apia), apia), 1, at("2011-12-27T12:00", apia))
    run = complete_day(run, 2, at("2011-12-29T12:00", apia))
    run = change_zone(run, at("2011-12-29T13:00", apia), pago_pago)
    run = change_zone(run, at("2011-12-30T12:00", pago_pago), apia)
    now = at("2011-12-31T22:00", apia)

    assert compute_progress(complete_day(run, 3, now), now=now).streak == Streak(1, 2, 0)
    assert complete_day(run, 3, now).completed_days[3].on == on("2011-12-31")
