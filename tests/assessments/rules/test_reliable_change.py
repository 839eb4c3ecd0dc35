"""Reliable change, by the worked examples of its index."""

from math import inf, nextafter, sqrt

import pytest

from app.assessments.rules.definition import Reliability
from app.assessments.rules.reliable_change import change

SUM = Reliability(value=0.95, sd=7.6)


def test_the_standard_error_of_a_difference_has_the_root_of_two() -> None:
    found = change(40, 36, SUM)

    # 7.6 * sqrt(0.05) is 1.6994, the error of one score; the 1984 paper had forgotten the second score.
    assert found.standard_error == pytest.approx(2.4033, abs=0.00005)
    assert SUM.standard_error == pytest.approx(1.6994, abs=0.00005)
    assert found.index == pytest.approx(-1.6644, abs=0.00005)


@pytest.mark.parametrize(
    ("difference", "reliable"), [(3.4, False), (4.7104, False), (4.7106, True), (-4.7104, False), (-4.7106, True)]
)
def test_a_change_is_reliable_beyond_1_96_of_them(difference: float, *, reliable: bool) -> None:
    assert change(0, difference, SUM).reliable is reliable


@pytest.mark.parametrize(
    ("value", "sd", "index", "reliable"),
    [(0.80, 1.1, -1.44, False), (0.93, 1.12, -2.39, True)],
)
def test_one_point_less_is_reliable_only_on_a_scale_that_is(
    value: float, sd: float, index: float, *, reliable: bool
) -> None:
    found = change(4.5, 3.5, Reliability(value, sd))

    assert found.difference == -1
    assert found.index == pytest.approx(index, abs=0.005)
    assert found.reliable is reliable


def test_where_nobody_knows_how_exactly_is_measured_there_is_no_verdict() -> None:
    found = change(2, 5, None)

    assert found.difference == 3
    assert (found.standard_error, found.index, found.reliable) == (None, None, None)


def test_exactly_at_1_96_a_change_is_not_reliable() -> None:
    exact = Reliability(value=0, sd=1 / sqrt(2))
    assert sqrt(2) * exact.standard_error == 1

    assert change(0, 1.96, exact).index == 1.96
    assert change(0, 1.96, exact).reliable is False
    assert change(0, -1.96, exact).reliable is False
    assert change(0, nextafter(1.96, inf), exact).reliable is True
    assert change(0, nextafter(-1.96, -inf), exact).reliable is True


def test_no_difference_is_no_change() -> None:
    found = change(3.5, 3.5, SUM)

    assert (found.difference, found.index, found.reliable) == (0, 0, False)


def test_there_and_back_are_alike_but_for_the_sign() -> None:
    there, back = change(30, 42, SUM), change(42, 30, SUM)

    assert there.index is not None
    assert back.index == -there.index
    assert there.standard_error == back.standard_error
    assert there.reliable
    assert back.reliable
