"""Tests of streaks. Each character of a string is a date: `#` completed, `.` missed, `-` paused, `o` both."""

from collections.abc import Set as AbstractSet
from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.journey.rules.streaks import Streak, compute_streak
from tests.journey import oracle
from tests.journey.runs import APIA, ONE_DAY, PAGO_PAGO, MemberRun, at, noon, on

START = date(2026, 3, 1)
RUN = MemberRun.start(noon(4))


def dates(drawing: str, marks: str) -> set[date]:
    return {START + timedelta(days=n) for n, mark in enumerate(drawing) if mark in marks}


def streak(practised: AbstractSet[date], *, today: date, neutral: AbstractSet[date] = frozenset()) -> Streak:
    return compute_streak(practised, starts_on=START, today=today, is_neutral=neutral.__contains__)


def streak_of(drawing: str) -> Streak:
    today = START + timedelta(days=len(drawing) - 1)
    return streak(dates(drawing, "#o"), today=today, neutral=dates(drawing, "-o"))


def test_streak_counts_dates_and_today_is_not_missed() -> None:
    assert streak_of("..........") == Streak(0, 0, 0)
    assert streak_of("#") == Streak(1, 1, 0)
    assert streak_of("###") == Streak(3, 3, 0)
    assert streak_of("##.") == Streak(2, 2, 0)


def test_one_missed_date_is_bridged() -> None:
    assert streak_of("##..") == Streak(2, 2, 1)
    assert streak_of("##.###") == Streak(5, 5, 1)


@pytest.mark.parametrize("between", [0, 5, 6, 9])
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


def test_neutral_dates_neither_break_streak_nor_fill_window() -> None:
    assert streak_of("--##") == Streak(2, 2, 0)
    assert streak_of("##---------#") == Streak(3, 3, 0)
    assert streak_of("##.-----.#") == Streak(1, 2, 0)
    assert streak_of("##.###---###.#") == Streak(9, 9, 2)
    assert streak_of("##.###---##.#") == Streak(1, 7, 0)


def test_practice_on_neutral_date_adds_length_but_not_to_window() -> None:
    assert streak_of("#oo#") == Streak(4, 4, 0)
    assert streak_of("#.#####o.#") == Streak(1, 7, 0)
    assert streak_of("#.######o.#") == Streak(9, 9, 2)


def test_longest_streak_stays_when_current_is_shorter() -> None:
    assert streak_of("#####..##") == Streak(2, 5, 0)
    assert streak_of("##..#####") == Streak(5, 5, 0)
    assert streak_of("##..####..###") == Streak(3, 4, 0)


def test_practice_before_start_and_after_today_counts() -> None:
    assert streak({START - ONE_DAY, START}, today=START) == Streak(2, 2, 0)
    assert streak({START + ONE_DAY}, today=START) == Streak(1, 1, 0)


def test_dates_before_start_are_not_missed() -> None:
    """After an eastward flight, the local date can be up to two days before the start date."""
    assert streak({START - 2 * ONE_DAY, START + ONE_DAY}, today=START + ONE_DAY) == Streak(2, 2, 1)


@given(drawing=st.text("##.-o", min_size=1, max_size=60))
@example(drawing=".#####..")
@example(drawing="#.-o####.-.#")
def test_streaks_match_oracle(drawing: str) -> None:
    today = START + timedelta(days=len(drawing) - 1)
    expected = oracle.streak(dates(drawing, "#o"), START, today, dates(drawing, "-o"))

    assert streak_of(drawing) == Streak(*expected)


def test_several_completions_on_one_date_count_once() -> None:
    run = RUN.complete(1, noon(6)).complete(2, noon(6)).complete(3, noon(6))

    assert run.streak(noon(6)) == Streak(1, 1, 0)


def test_streak_of_abandoned_run_is_as_of_its_end() -> None:
    run = RUN.complete(1, noon(4))

    assert run.abandon(noon(5)).streak(noon(90)) == Streak(1, 1, 0)
    assert run.abandon(noon(13)).streak(noon(13)) == Streak(0, 1, 0)


def test_only_entirely_paused_dates_are_neutral() -> None:
    run = RUN.complete(1, noon(4)).pause(noon(5)).resume(noon(9))

    assert run.complete(2, noon(9)).streak(noon(9)) == Streak(2, 2, 1)
    assert run.complete(2, noon(10)).streak(noon(10)) == Streak(1, 1, 0)


def test_dates_of_earlier_pause_stay_neutral_in_next_pause() -> None:
    run = RUN.complete(1, noon(4)).pause(noon(5)).resume(noon(9))

    run = run.complete(2, noon(9)).complete(3, noon(10)).pause(noon(10))

    assert run.streak(noon(13)) == Streak(3, 3, 1)


def test_start_date_can_be_missed() -> None:
    assert RUN.complete(1, noon(5)).complete(2, noon(7)).streak(noon(7)) == Streak(1, 1, 0)


def run_in_apia() -> MemberRun:
    """Return a run with completions on 27 and 29 December 2011. Apia skipped 30 December."""
    first, second = at("2011-12-27T12:00", APIA), at("2011-12-29T12:00", APIA)
    return MemberRun.start(first, APIA).complete(1, first).complete(2, second)


def test_date_skipped_by_zone_is_neutral() -> None:
    """If 30 December counted as missed, the streak would break."""
    now = at("2011-12-31T12:00", APIA)

    assert run_in_apia().complete(3, now).streak(now) == Streak(3, 3, 1)


def test_skipped_date_that_occurred_in_other_zone_is_not_neutral() -> None:
    """The member was in Pago Pago on 30 December, so this date counts, although Apia skipped it."""
    run = run_in_apia().move(at("2011-12-29T13:00", APIA), PAGO_PAGO).move(at("2011-12-30T12:00", PAGO_PAGO), APIA)
    now = at("2011-12-31T22:00", APIA)

    run = run.complete(3, now)

    assert (run.streak(now), run.completed_days[3].on) == (Streak(1, 2, 0), on("2011-12-31"))
