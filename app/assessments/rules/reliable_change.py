"""Whether a score changed by more than its own unreliability explains."""

from dataclasses import dataclass
from math import sqrt

from app.assessments.rules.definition import Reliability

CHANGED = 1.96  # beyond this, unreliability alone is unlikely (p < .05)


@dataclass(frozen=True, slots=True)
class ReliableChange:
    """`index` is the reliable change index. All but the difference is None for a scale without a known reliability."""

    difference: float
    standard_error: float | None
    index: float | None
    reliable: bool | None


def change(before: float, after: float, reliability: Reliability | None) -> ReliableChange:
    """The reliable change index of Jacobson and Truax (1991): `(after - before) / (sqrt(2) * SD * sqrt(1 - r))`."""
    difference = after - before
    if reliability is None:
        return ReliableChange(difference, None, None, None)
    error = sqrt(2) * reliability.standard_error
    index = difference / error
    return ReliableChange(difference, error, index, abs(index) > CHANGED)
