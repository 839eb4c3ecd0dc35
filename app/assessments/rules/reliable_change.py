"""The reliable change index, which shows whether a score changed by more than measurement error."""

from dataclasses import dataclass
from math import sqrt

from app.assessments.rules.definition import Reliability

CRITICAL_VALUE = 1.96  # two-sided test, p < .05


@dataclass(frozen=True, slots=True)
class ReliableChange:
    """The difference between two scores. Only `difference` is set if the scale's reliability is unknown."""

    difference: float
    standard_error: float | None
    index: float | None
    is_reliable: bool | None


def compute_reliable_change(before: float, after: float, reliability: Reliability | None) -> ReliableChange:
    """Compute the reliable change index (Jacobson and Truax, 1991) of two scores.

    The index is `(after - before) / (sqrt(2) * SD * sqrt(1 - r))`, with the scale's standard deviation and reliability.
    """
    difference = after - before
    if reliability is None:
        return ReliableChange(difference, None, None, None)
    error = sqrt(2) * reliability.standard_error
    index = difference / error
    return ReliableChange(difference, error, index, abs(index) > CRITICAL_VALUE)
