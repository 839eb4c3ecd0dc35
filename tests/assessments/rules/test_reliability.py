"""Cronbach's alpha, the mean and the spread of a sample, with and without missing answers."""

from collections.abc import Sequence
from fractions import Fraction
from statistics import stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.assessments.rules.reliability import Column, alpha_listwise, alpha_pairwise, statistics

# Variances 5/3, 8/3 and 9/3; the totals 5, 8, 12 and 15 have 58/3: 3/2 * (1 - 22/58) = 27/29.
THREE_BY_FOUR: list[Column] = [[2, 3, 4, 5], [1, 3, 3, 5], [2, 2, 5, 5]]

# Variances 1, 4 and 1/3; covariances 2 (people 1 and 3), 1/2 (1 and 2) and 2 (1 and 4): 3/2 * (1 - 16/43) = 81/86.
WITH_GAPS: list[Column] = [[1, 2, 3, None], [2, None, 4, 6], [1, 2, None, 2]]


def covariance(one: Sequence[int | None], other: Sequence[int | None]) -> Fraction | None:
    """Over those who answered both."""
    both = [(x, y) for x, y in zip(one, other, strict=True) if x is not None and y is not None]
    n = len(both)
    if n < 2:
        return None
    mean_x, mean_y = Fraction(sum(x for x, _ in both), n), Fraction(sum(y for _, y in both), n)
    return sum(((x - mean_x) * (y - mean_y) for x, y in both), Fraction(0)) / (n - 1)


def slowly(items: Sequence[Sequence[int | None]]) -> Fraction | None:
    """Alpha from the whole matrix of covariances, in exact numbers."""
    entries = {(i, j): covariance(one, other) for i, one in enumerate(items) for j, other in enumerate(items)}
    known = {place: entry for place, entry in entries.items() if entry is not None}
    k, total = len(items), sum(known.values(), Fraction(0))
    if len(known) < len(entries) or total <= 0:
        return None
    return Fraction(k, k - 1) * (1 - sum((known[i, i] for i in range(k)), Fraction(0)) / total)


def complete(items: Sequence[Sequence[int | None]]) -> list[list[int | None]]:
    rows = [row for row in zip(*items, strict=True) if None not in row]
    return [[row[item] for row in rows] for item in range(len(items))]


@pytest.mark.parametrize(
    ("items", "alpha"),
    [
        (THREE_BY_FOUR, 27 / 29),
        ([[1, 2, 3], [2, 4, 6]], 8 / 9),
        ([[1, 2, 3], [1, 2, 3]], 1),
        ([[1, 2, 3, 4], [2, 1, 4, 3]], 3 / 4),
        ([[0, 0, 1, 1], [0, 1, 0, 1]], 0),
        ([[1, 2, 3], [3, 1, 2]], -2),
    ],
)
def test_alpha_by_hand(items: list[Column], alpha: float) -> None:
    listwise, n = alpha_listwise(items)

    assert listwise == pytest.approx(alpha, abs=1e-12)
    assert alpha_pairwise(items) == pytest.approx(alpha, abs=1e-12)
    assert n == len(items[0])


def test_pairwise_alpha_by_hand_where_listwise_has_one_person() -> None:
    assert alpha_pairwise(WITH_GAPS) == pytest.approx(81 / 86, abs=1e-12)
    assert alpha_listwise(WITH_GAPS) == (None, 1)


def test_listwise_leaves_out_whoever_left_something_out() -> None:
    with_two_more: list[Column] = [
        [*THREE_BY_FOUR[0], 7, None],
        [*THREE_BY_FOUR[1], None, 1],
        [*THREE_BY_FOUR[2], 1, 7],
    ]

    listwise, n = alpha_listwise(with_two_more)

    assert listwise == pytest.approx(27 / 29)
    assert n == 4


ANSWER = st.none() | st.integers(1, 7)
SAMPLE = st.tuples(st.integers(2, 5), st.integers(2, 8)).flatmap(
    lambda size: st.lists(st.lists(ANSWER, min_size=size[1], max_size=size[1]), min_size=size[0], max_size=size[0])
)


@given(SAMPLE)
def test_alpha_agrees_with_exact_numbers_from_the_matrix_of_covariances(items: list[list[int | None]]) -> None:
    exact, of_complete = slowly(items), slowly(complete(items))
    listwise, n = alpha_listwise(items)

    assert n == len(complete(items)[0])
    assert listwise == (None if of_complete is None else pytest.approx(float(of_complete), rel=1e-9, abs=1e-9))
    assert alpha_pairwise(items) == (None if exact is None else pytest.approx(float(exact), rel=1e-9, abs=1e-9))


@pytest.mark.parametrize(
    ("items", "n"),
    [
        ([], 0),
        ([[]], 0),
        ([[], []], 0),
        ([[1, 2, 3]], 3),
        ([[4], [5]], 1),
        ([[4, None], [5, None]], 1),
        ([[None, None], [None, None]], 0),
        ([[4, 4, 4], [2, 2, 2]], 3),
        ([[1, 2, 3], [3, 2, 1]], 3),
        ([[1, 2, None, None], [None, None, 3, 4]], 0),
        ([[1, 2, 3, None], [None, None, 3, 4]], 1),
    ],
    ids=[
        "no item",
        "an item without people",
        "items without people",
        "one item",
        "one person",
        "one person who answered",
        "no answer",
        "no variance",
        "no variance of the sum",
        "nobody answered both",
        "one person answered both",
    ],
)
def test_where_alpha_can_not_be_computed_there_is_none(items: list[Column], n: int) -> None:
    assert alpha_listwise(items) == (None, n)
    assert alpha_pairwise(items) is None


def test_one_item_that_does_not_vary_is_no_reason_against_alpha() -> None:
    items: list[Column] = [[1, 2, 3], [2, 4, 6], [5, 5, 5]]

    # The sum of variances is 5, the variance of the sum 9.
    assert alpha_listwise(items)[0] == pytest.approx(2 / 3)
    assert alpha_pairwise(items) == pytest.approx(2 / 3)


def test_an_answer_that_counts_nothing_is_still_an_answer() -> None:
    found = statistics([0, 0, 2, 2], [[0, 0, 1, 1], [0, 0, 1, 1]])

    assert (found.n_listwise, found.n) == (4, 4)
    assert found.alpha_listwise == pytest.approx(1)
    assert found.alpha_pairwise == pytest.approx(1)


def test_mean_and_spread_are_those_of_the_scores_that_there_are() -> None:
    found = statistics([2, None, 4, 4, 6, None], [[1, 2, 3, 4, 5, None], [3, None, 5, 4, 7, 1]])

    assert (found.n, found.mean) == (4, 4)
    assert found.sd == pytest.approx((8 / 3) ** 0.5)
    assert found.n_listwise == 4


@given(st.lists(st.integers(20, 80), min_size=2, max_size=30))
def test_the_spread_is_that_of_a_sample(scores: list[int]) -> None:
    assert statistics(scores, []).sd == pytest.approx(stdev(scores))


@pytest.mark.parametrize(
    ("scores", "n", "mean", "sd"),
    [([], 0, None, None), ([None], 0, None, None), ([3.5, None], 1, 3.5, None), ([3, 3], 2, 3, 0)],
)
def test_few_scores_have_little_to_say(
    scores: list[float | None], n: int, mean: float | None, sd: float | None
) -> None:
    found = statistics(scores, [])

    assert (found.n, found.mean, found.sd) == (n, mean, sd)
    assert (found.alpha_listwise, found.alpha_pairwise) == (None, None)
