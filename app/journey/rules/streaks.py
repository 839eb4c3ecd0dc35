"""Streaks: consecutive dates on which a member completed a day.

A missed date doesn't end a streak (it is bridged) if none of the six dates before it was missed. One missed day has
little effect on habit formation (Lally et al., 2010), and a broken streak discourages people more than the missed day
justifies (Silverman and Barasch, 2023). The window of six dates is our own choice.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, timedelta

BRIDGE_WINDOW = 6  # dates without a miss that must precede a bridged date
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Streak:
    """The current and the longest streak of a run, in dates on which a day was completed.

    `bridged` is the number of missed dates within the current streak.
    """

    current: int
    longest: int
    bridged: int


def compute_streak(
    practised: Collection[date], *, starts_on: date, today: date, is_neutral: Callable[[date], bool]
) -> Streak:
    """Return the streak of a run as of `today`. Today doesn't count as missed yet.

    `practised` are the dates on which a day was completed. Neutral dates, such as paused dates, are ignored unless they
    are also practised.
    """
    if not practised:
        return Streak(0, 0, 0)
    current = longest = bridged = 0
    dates_since_miss = BRIDGE_WINDOW  # never exceeds the window
    day, last = min(starts_on, *practised), max(today, *practised)
    while day <= last:
        if day in practised:
            current += 1
            longest = max(longest, current)
            dates_since_miss += dates_since_miss < BRIDGE_WINDOW and not is_neutral(day)
        elif starts_on <= day < today and not is_neutral(day):
            if dates_since_miss < BRIDGE_WINDOW:
                current = bridged = 0
            elif current:
                bridged += 1
            dates_since_miss = 0
        day += ONE_DAY
    return Streak(current, longest, bridged)
