"""Whether a score changed by more than its own unreliability explains."""

from dataclasses import dataclass
from math import sqrt

from app.assessments.rules.definition import Reliability

CHANGED = 1.96  # beyond this, unreliability alone is unlikely (p < .05)


@dataclass(frozen=True, slots=True)
class Change:
    """`index` is the reliable change index, `reliable` its verdict; None where nobody knows how exactly is measured."""

    difference: float
    standard_error: float | None
    index: float | None
    reliable: bool | None


def change(before: float, after: float, reliability: Reliability | None) -> Change:
    """The reliable change index of Jacobson and Truax (1991): `(after - before) / (sqrt(2) * SD * sqrt(1 - r))`."""
    difference = after - before
    if reliability is None:
        return Change(difference, None, None, None)
    error = sqrt(2) * reliability.standard_error
    index = difference / error
    return Change(difference, error, index, abs(index) > CHANGED)
