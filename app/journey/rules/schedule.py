"""Rules that determine when each of the 21 days of a journey unlocks.

They use calendar dates in the member's time zone, not durations in hours. See docs/journey.md for the rules.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import takewhile
from typing import NamedTuple
from zoneinfo import ZoneInfo

LENGTH = 21
ONE_DAY = timedelta(days=1)  # for dates only: with clock changes, a day isn't always 24 hours long

DateRange = tuple[date, date]  # first and last date, both inclusive


class CompletedDay(NamedTuple):
    """The instant and the local date at which a day was completed."""

    at: datetime
    on: date


class Pace(StrEnum):
    DAILY = "daily"
    GENTLE = "gentle"


@dataclass(frozen=True, slots=True)
class Period:
    """A part of a journey run with one time zone, either active or paused. It lasts until the next one begins."""

    since: datetime
    zone: str
    is_paused: bool = False


@dataclass(frozen=True, slots=True)
class Timetable:
    """The data that determines when the days of a journey run unlock.

    `periods` are in chronological order. The first one also covers all earlier times, so that a run that starts today
    can unlock its first day at the beginning of today. `paused_dates` are the dates entirely inside a pause, in the
    time zone at its end. `openings` are the stored times at which days 1, 2 and so on were unlocked.
    """

    starts_on: date
    pace: Pace
    periods: tuple[Period, ...]
    paused_dates: tuple[DateRange, ...] = ()
    openings: tuple[datetime, ...] = ()

    @property
    def zone(self) -> str:
        return self.periods[-1].zone

    @property
    def is_paused(self) -> bool:
        return self.periods[-1].is_paused


def local_date(instant: datetime, zone: str) -> date:
    return instant.astimezone(ZoneInfo(zone)).date()


def first_instant(day: date, zone: str, *, since: datetime | None = None) -> datetime:
    """Return the first UTC instant, at or after `since`, at which the local date is `day` or later."""
    starts = _date_starts(day, zone)
    if since is None:
        return starts[0]
    if local_date(since, zone) >= day:
        return since
    return next(start for start in starts if start > since)


@lru_cache(maxsize=50_000)
def _date_starts(day: date, zone: str) -> tuple[datetime, ...]:
    """Return the UTC instants at which a date begins. There are two if clocks go back over midnight.

    If the time zone skips midnight or the whole date, the date begins at the first instant after the gap.
    """
    midnight = datetime.combine(day, time(), ZoneInfo(zone))
    candidates = sorted({midnight.replace(fold=fold).astimezone(UTC) for fold in (0, 1)})
    return tuple(start for start in candidates if local_date(start, zone) >= day)


@lru_cache(maxsize=50_000)
def date_exists(day: date, zone: str) -> bool:
    """Return whether a date exists in a time zone. Samoa (Pacific/Apia), for example, skipped 30 December 2011."""
    return local_date(_date_starts(day, zone)[0], zone) == day


def zone_at(timetable: Timetable, instant: datetime) -> str:
    """Return the time zone of a journey run at an instant. The first period's zone also covers earlier times."""
    zones = [period.zone for period in timetable.periods if period.since <= instant]
    return zones[-1] if zones else timetable.periods[0].zone


def due_dates(timetable: Timetable, completed_days: Mapping[int, CompletedDay]) -> list[date | None]:
    """Return the local date on which each of the 21 journey days is due, or None where it isn't known yet."""
    if timetable.pace is Pace.DAILY:
        dates = _unpaused_dates(timetable.paused_dates, timetable.starts_on)
        return [next(dates) for _ in range(LENGTH)]
    previous_days = (completed_days.get(day) for day in range(1, LENGTH))
    return [timetable.starts_on, *(previous and previous.on + ONE_DAY for previous in previous_days)]


def compute_openings(
    timetable: Timetable, completed_days: Mapping[int, CompletedDay], *, now: datetime
) -> tuple[datetime, ...]:
    """Return when each unlocked journey day was unlocked, ordered by day.

    These are the times at which the rules were first met, even if no request was made then. Stored times don't change,
    except at the gentle pace: an earlier completion of the previous day makes them earlier.
    """
    is_gentle = timetable.pace is Pace.GENTLE
    openings = [] if is_gentle else list(timetable.openings)
    if len(openings) == LENGTH:
        return timetable.openings
    for index, due in enumerate(due_dates(timetable, completed_days)[len(openings) :], start=len(openings)):
        previous = completed_days.get(index) if is_gentle else None
        opening = (
            _first_unpaused_instant(timetable.periods, due, after=previous.at if previous else None) if due else None
        )
        if index < len(timetable.openings):
            stored = timetable.openings[index]
            openings.append(min(opening, stored) if opening else stored)
        elif opening and opening <= now:
            openings.append(opening)
        else:
            break
    return tuple(openings)


def plan_days(
    timetable: Timetable, completed_days: Mapping[int, CompletedDay], openings: Sequence[datetime], *, is_underway: bool
) -> list[tuple[date | None, datetime | None]]:
    """Return the due date and the unlocking time of each journey day, or None where they aren't known yet.

    At the gentle pace (each day waits for the previous one), an unlocked day has the date of its unlocking.
    """
    is_gentle, due = timetable.pace is Pace.GENTLE, due_dates(timetable, completed_days)
    plan: list[tuple[date | None, datetime | None]] = [
        (local_date(opens_at, zone_at(timetable, opens_at)) if is_gentle else due_date, opens_at)
        for due_date, opens_at in zip(due, openings, strict=False)
    ]
    if not is_underway or timetable.is_paused:
        return plan + [(None, None)] * (LENGTH - len(plan))
    since = timetable.periods[-1].since
    for index, due_date in enumerate(due[len(plan) :], start=len(plan)):
        previous = completed_days.get(index) if is_gentle else None
        earliest = max(since, previous.at) if previous else since
        opens_at = first_instant(due_date, timetable.zone, since=earliest) if due_date else None
        plan.append((due_date, opens_at))
    return plan


def store_openings(timetable: Timetable, completed_days: Mapping[int, CompletedDay], *, now: datetime) -> Timetable:
    """Return the timetable with all unlocking times to date, so that no later change locks a day again."""
    return replace(timetable, openings=compute_openings(timetable, completed_days, now=now))


def change_timetable(
    timetable: Timetable,
    completed_days: Mapping[int, CompletedDay],
    *,
    zone: str | None = None,
    is_paused: bool | None = None,
    at: datetime,
) -> Timetable:
    """Change the time zone, or pause or resume the journey. Days that are already unlocked stay unlocked."""
    last = timetable.periods[-1]
    at = max(at, last.since)  # the clocks of two servers may differ
    period = Period(at, zone or last.zone, last.is_paused if is_paused is None else is_paused)
    if (period.zone, period.is_paused) == (last.zone, last.is_paused):
        return timetable
    timetable = store_openings(timetable, completed_days, now=at)
    paused_dates = timetable.paused_dates
    if last.is_paused and not period.is_paused:
        paused_dates += dates_within(pause_start(timetable), at, period.zone)
    return replace(timetable, periods=(*timetable.periods, period), paused_dates=paused_dates)


def pause_start(timetable: Timetable) -> datetime:
    """Return when the current pause began. A change of time zone during a pause doesn't begin a new one."""
    return min(period.since for period in takewhile(lambda period: period.is_paused, reversed(timetable.periods)))


def dates_within(begin: datetime, end: datetime, zone: str) -> tuple[DateRange, ...]:
    """Return the range of whole dates between two instants in a tuple, which is empty if there are none."""
    first = local_date(begin, zone)
    if first_instant(first, zone) < begin:
        first += ONE_DAY
    last = local_date(end, zone) - ONE_DAY
    return ((first, last),) if first <= last else ()


def neutral_date_predicate(timetable: Timetable, *, until: datetime) -> Callable[[date], bool]:
    """Return a predicate for dates that streaks ignore: paused dates, and dates skipped by time zone changes."""
    periods = timetable.periods
    paused_dates = timetable.paused_dates
    if timetable.is_paused:
        paused_dates += dates_within(pause_start(timetable), until, timetable.zone)
    ends = [*(period.since for period in periods[1:]), max(until, periods[-1].since)]
    date_ranges = [
        (local_date(period.since, period.zone), local_date(end, period.zone), period.zone)
        for period, end in zip(periods, ends, strict=True)
    ]

    def is_neutral(day: date) -> bool:
        if paused_dates and any(first <= day <= last for first, last in paused_dates):
            return True
        for first, last, zone in date_ranges:  # noqa: SIM110 - twice as fast as any(), and called for each missed date
            if first <= day <= last and date_exists(day, zone):
                return False
        return True

    return is_neutral


def _first_unpaused_instant(periods: Sequence[Period], day: date, *, after: datetime | None) -> datetime | None:
    """Return the first instant outside pauses, at or after `after`, at which the local date is `day` or later."""
    last = len(periods) - 1
    for index, period in enumerate(periods):
        end = periods[index + 1].since if index < last else None
        if period.is_paused:
            continue
        start = period.since if index else None
        instant = first_instant(day, period.zone, since=max(start, after) if start and after else start or after)
        if end is None or instant < end:
            return instant
    return None


def _unpaused_dates(paused_dates: Sequence[DateRange], day: date) -> Iterator[date]:
    """Yield each date from `day` on that isn't paused, without end."""
    for first, last in sorted(paused_dates):
        while day < first:
            yield day
            day += ONE_DAY
        day = max(day, last + ONE_DAY)
    while True:
        yield day
        day += ONE_DAY
