"""Tests for the statistics of a scale: Cronbach's alpha, mean and standard deviation, also with missing answers."""

from collections.abc import Sequence
from fractions import Fraction
from statistics import stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.assessments.rules.reliability import Column, alpha_listwise, alpha_pairwise, statistics

# Item variances 5/3, 8/3 and 9/3; the totals 5, 8, 12 and 15 have variance 58/3. Alpha: 3/2 * (1 - 22/58) = 27/29.
THREE_BY_FOUR: list[Column] = [[2, 3, 4, 5], [1, 3, 3, 5], [2, 2, 5, 5]]

# Variances 1, 4 and 1/3; covariances 2 (people 1 and 3), 1/2 (1 and 2) and 2 (1 and 4): 3/2 * (1 - 16/43) = 81/86.
WITH_GAPS: list[Column] = [[1, 2, 3, None], [2, None, 4, 6], [1, 2, None, 2]]


def covariance(first: Sequence[int | None], second: Sequence[int | None]) -> Fraction | None:
    """Return the covariance over the people who answered both items."""
    pairs = [(x, y) for x, y in zip(first, second, strict=True) if x is not None and y is not None]
    n = len(pairs)
    if n < 2:
        return None
    mean_x, mean_y = Fraction(sum(x for x, _ in pairs), n), Fraction(sum(y for _, y in pairs), n)
    return sum(((x - mean_x) * (y - mean_y) for x, y in pairs), Fraction(0)) / (n - 1)


def exact_alpha(items: Sequence[Sequence[int | None]]) -> Fraction | None:
    """Return Cronbach's alpha from the covariance matrix, as an exact fraction."""
    entries = {(i, j): covariance(first, second) for i, first in enumerate(items) for j, second in enumerate(items)}
    covariances = {position: entry for position, entry in entries.items() if entry is not None}
    k, total = len(items), sum(covariances.values(), Fraction(0))
    if len(covariances) < len(entries) or total <= 0:
        return None
    return Fraction(k, k - 1) * (1 - sum((covariances[i, i] for i in range(k)), Fraction(0)) / total)


def complete_cases(items: Sequence[Sequence[int | None]]) -> list[list[int | None]]:
    rows = [row for row in zip(*items, strict=True) if None not in row]
    return [[row[item] for row in rows] for item in range(len(items))]


@pytest.mark.parametrize(
    ("items", "alpha"),
    [
        (THREE_BY_FOUR, 27 / 29),
        ([[1, 2, 3], [2, 4, 6], [5, 5, 5]], 2 / 3),  # a constant item; the variances are 1, 4 and 0, and 9 of the sum
        ([[1, 2, 3], [1, 2, 3]], 1),
        ([[0, 0, 1, 1], [0, 1, 0, 1]], 0),
        ([[1, 2, 3], [3, 1, 2]], -2),
    ],
)
def test_alpha_matches_hand_calculation(items: list[Column], alpha: float) -> None:
    listwise, n = alpha_listwise(items)

    assert listwise == pytest.approx(alpha, abs=1e-12)
    assert alpha_pairwise(items) == pytest.approx(alpha, abs=1e-12)
    assert n == len(items[0])


def test_pairwise_alpha_with_missing_answers_matches_hand_calculation() -> None:
    assert alpha_pairwise(WITH_GAPS) == pytest.approx(81 / 86, abs=1e-12)
    assert alpha_listwise(WITH_GAPS) == (None, 1)


ANSWER = st.none() | st.integers(0, 6)
SAMPLE = st.tuples(st.integers(2, 5), st.integers(2, 8)).flatmap(
    lambda size: st.lists(st.lists(ANSWER, min_size=size[1], max_size=size[1]), min_size=size[0], max_size=size[0])
)


@given(SAMPLE)
def test_alpha_matches_exact_covariance_matrix(items: list[list[int | None]]) -> None:
    exact, of_complete = exact_alpha(items), exact_alpha(complete_cases(items))
    listwise, n = alpha_listwise(items)

    assert n == len(complete_cases(items)[0])
    assert listwise == (None if of_complete is None else pytest.approx(float(of_complete), rel=1e-9, abs=1e-9))
    assert alpha_pairwise(items) == (None if exact is None else pytest.approx(float(exact), rel=1e-9, abs=1e-9))


@pytest.mark.parametrize(
    ("items", "n"),
    [
        pytest.param([], 0, id="no item"),
        pytest.param([[], []], 0, id="no person"),
        pytest.param([[1, 2, 3]], 3, id="one item"),
        pytest.param([[4], [5]], 1, id="one person"),
        pytest.param([[4, 4, 4], [2, 2, 2]], 3, id="no variance"),
        pytest.param([[1, 2, 3], [3, 2, 1]], 3, id="no variance of the sum"),
        pytest.param([[1, 2, 3, None], [None, None, 3, 4]], 1, id="one person with both answers"),
    ],
)
def test_alpha_when_not_computable_is_none(items: list[Column], n: int) -> None:
    assert alpha_listwise(items) == (None, n)
    assert alpha_pairwise(items) is None


@pytest.mark.parametrize("items", [[[0.1] * 3, [0.1] * 3], [[0.1, 0.2, 0.1 * 3], [0.5, 0.4, 0.1 * 3]]])
def test_listwise_alpha_without_variance_is_none_despite_rounding(items: list[Column]) -> None:
    assert alpha_listwise(items)[0] is None


@given(st.lists(st.integers(1, 7), min_size=3, max_size=3))
def test_pairwise_alpha_of_cancelling_items_is_none(answers: list[int]) -> None:
    """The sum is constant, but floating-point rounding can give it a small variance."""
    assert alpha_pairwise([answers, [8 - answer for answer in answers]]) is None


def test_mean_and_standard_deviation_ignore_missing_scores() -> None:
    sample_statistics = statistics([2, None, 4, 4, 6, None], [[1, 2, 3, 4, 5, None], [3, None, 5, 4, 7, 1]])

    assert (sample_statistics.n, sample_statistics.mean) == (4, 4)
    assert sample_statistics.sd == pytest.approx((8 / 3) ** 0.5)
    assert sample_statistics.n_listwise == 4


@given(st.lists(st.integers(20, 80), min_size=2, max_size=30))
def test_standard_deviation_is_sample_standard_deviation(scores: list[int]) -> None:
    assert statistics(scores, []).sd == pytest.approx(stdev(scores))


@pytest.mark.parametrize(
    ("scores", "n", "mean", "sd"),
    [([None], 0, None, None), ([3.5, None], 1, 3.5, None), ([22 / 18] * 7, 7, pytest.approx(22 / 18), 0)],
)
def test_statistics_of_few_scores_are_none(
    scores: list[float | None], n: int, mean: float | None, sd: float | None
) -> None:
    sample_statistics = statistics(scores, [])

    assert (sample_statistics.n, sample_statistics.mean, sample_statistics.sd) == (n, mean, sd)
    assert (sample_statistics.alpha_listwise, sample_statistics.alpha_pairwise) == (None, None)
