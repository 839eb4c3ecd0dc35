"""Streaks that forgive: a missed date is bridged, unless another was missed within the six dates before it.

That a single miss does little harm to a habit is a finding (Lally et al., 2010); that a broken streak discourages more
than it should, too (Silverman and Barasch, 2023). That it is six dates is our choice.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, timedelta

WINDOW = 6
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Streak:
    """`current` and `longest` count dates with a completion; `bridged` those that were missed within the current."""

    current: int
    longest: int
    bridged: int


def streak(practised: Collection[date], *, starts_on: date, today: date, is_neutral: Callable[[date], bool]) -> Streak:
    """The streak of a run as of a date, which isn't missed before it is over.

    `practised` are the dates with a completion. A neutral date counts for nothing, unless somebody practised on it.
    """
    if not practised:
        return Streak(0, 0, 0)
    current = longest = bridged = 0
    since_missed = WINDOW  # dates since the last one that was missed
    day, last = min(starts_on, *practised), max(today, *practised)
    while day <= last:
        if day in practised:
            current += 1
            longest = max(longest, current)
            since_missed += since_missed < WINDOW and not is_neutral(day)  # more than enough is as good
        elif starts_on <= day < today and not is_neutral(day):
            if since_missed < WINDOW:
                current = bridged = 0
            elif current:
                bridged += 1
            since_missed = 0
        day += A_DAY
    return Streak(current, longest, bridged)
