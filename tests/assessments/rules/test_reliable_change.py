"""Tests for the reliable change index of two scores, with published worked examples."""

from math import inf, nextafter, sqrt

import pytest

from app.assessments.rules.definition import Reliability
from app.assessments.rules.reliable_change import compute_reliable_change

SUM_SCALE = Reliability(value=0.95, sd=7.6)


def test_standard_error_of_difference_includes_root_of_two() -> None:
    change = compute_reliable_change(40, 36, SUM_SCALE)

    # The error of one score is 7.6 * sqrt(0.05) = 1.6994. The error of a difference is sqrt(2) times as large.
    assert change.standard_error == pytest.approx(2.4033, abs=0.00005)
    assert SUM_SCALE.standard_error == pytest.approx(1.6994, abs=0.00005)
    assert change.index == pytest.approx(-1.6644, abs=0.00005)


@pytest.mark.parametrize(
    ("value", "sd", "index", "reliable"),
    [(0.80, 1.1, -1.44, False), (0.93, 1.12, -2.39, True)],
)
def test_same_difference_is_reliable_only_on_reliable_scale(
    value: float, sd: float, index: float, *, reliable: bool
) -> None:
    change = compute_reliable_change(4.5, 3.5, Reliability(value, sd))

    assert change.difference == -1
    assert change.index == pytest.approx(index, abs=0.005)
    assert change.is_reliable is reliable


def test_change_without_reliability_has_no_verdict() -> None:
    change = compute_reliable_change(2, 5, None)

    assert change.difference == 3
    assert (change.standard_error, change.index, change.is_reliable) == (None, None, None)


def test_change_of_exactly_1_96_standard_errors_is_not_reliable() -> None:
    reliability = Reliability(value=0, sd=1 / sqrt(2))
    assert sqrt(2) * reliability.standard_error == 1

    assert compute_reliable_change(0, 1.96, reliability).index == 1.96
    assert compute_reliable_change(0, 1.96, reliability).is_reliable is False
    assert compute_reliable_change(0, -1.96, reliability).is_reliable is False
    assert compute_reliable_change(0, nextafter(1.96, inf), reliability).is_reliable is True
    assert compute_reliable_change(0, nextafter(-1.96, -inf), reliability).is_reliable is True


def test_opposite_changes_differ_only_in_sign() -> None:
    increase, decrease, none = (compute_reliable_change(40, after, SUM_SCALE) for after in (52, 28, 40))

    assert increase.index is not None
    assert decrease.index == -increase.index
    assert increase.standard_error == decrease.standard_error
    assert (increase.is_reliable, decrease.is_reliable) == (True, True)
    assert (none.difference, none.index, none.is_reliable) == (0, 0, False)
