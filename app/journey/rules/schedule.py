"""When the days of a run open. A day is a local date in an IANA zone; seconds are never counted.

The rules, with a picture of the states, are in docs/journey.md.
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
A_DAY = timedelta(days=1)  # between dates, never between moments

Dates = tuple[date, date]  # the first and the last of some dates in a row


class CompletedDay(NamedTuple):
    """When a day was completed, and on which local date."""

    at: datetime
    on: date


class Pace(StrEnum):
    DAILY = "daily"
    GENTLE = "gentle"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a run's time, up to the next one: in one zone, paused or not."""

    since: datetime
    zone: str
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Timetable:
    """What decides when days open.

    `stretches` are in order; the first one reaches back to before it was made, so that a run that starts today opens
    at today's first instant. `rests` are the dates that were wholly inside a pause, judged when it ended. `openings`
    are the opening instants that were noted: of day 1, 2 and so on.
    """

    starts_on: date
    pace: Pace
    stretches: tuple[Stretch, ...]
    rests: tuple[Dates, ...] = ()
    openings: tuple[datetime, ...] = ()

    @property
    def zone(self) -> str:
        return self.stretches[-1].zone

    @property
    def paused(self) -> bool:
        return self.stretches[-1].paused


def local_date(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


def first_instant(day: date, zone: str, *, since: datetime | None = None) -> datetime:
    """The first instant, from `since` on, whose local date is that date or later. In UTC."""
    starts = _starts(day, zone)
    if since is None:
        return starts[0]
    if local_date(since, zone) >= day:
        return since
    return next(each for each in starts if each > since)


@lru_cache(maxsize=50_000)
def _starts(day: date, zone: str) -> tuple[datetime, ...]:
    """When a date begins: more than once where clocks go back over midnight. Where midnight, or the whole date, is
    left out, it begins with what comes after.
    """
    midnight = datetime.combine(day, time(), ZoneInfo(zone))
    both = sorted({midnight.replace(fold=fold).astimezone(UTC) for fold in (0, 1)})
    return tuple(each for each in both if local_date(each, zone) >= day)


@lru_cache(maxsize=50_000)
def exists(day: date, zone: str) -> bool:
    """Whether a zone has that date; Apia has no 30 December 2011."""
    return local_date(_starts(day, zone)[0], zone) == day


def zone_at(timetable: Timetable, moment: datetime) -> str:
    """The run's zone at a moment; before its first stretch, the zone of that."""
    begun = [each.zone for each in timetable.stretches if each.since <= moment]
    return begun[-1] if begun else timetable.stretches[0].zone


def due_dates(timetable: Timetable, done: Mapping[int, CompletedDay]) -> list[date | None]:
    """The date from which on each day may open, of day 1, 2 and so on; None while it isn't known."""
    if timetable.pace is Pace.DAILY:
        dates = _outside(timetable.rests, timetable.starts_on)
        return [next(dates) for _ in range(LENGTH)]
    before = (done.get(day) for day in range(1, LENGTH))
    return [timetable.starts_on, *(each and each.on + A_DAY for each in before)]


def opened(timetable: Timetable, done: Mapping[int, CompletedDay], *, now: datetime) -> tuple[datetime, ...]:
    """The opening instants of the days that are open: when the rules were first met, whenever that is noticed.

    A noted instant stays; at the gentle pace it moves earlier if the day before turns out to have been completed
    earlier, and never later.
    """
    gentle = timetable.pace is Pace.GENTLE
    found = [] if gentle else list(timetable.openings)
    if len(found) == LENGTH:
        return timetable.openings
    for number, due in enumerate(due_dates(timetable, done)[len(found) :], start=len(found)):
        after = done.get(number) if gentle else None  # the day before, without which there is no due date
        met = _met(timetable.stretches, due, after=after.at if after else None) if due else None
        if number < len(timetable.openings):
            noted = timetable.openings[number]
            found.append(min(met, noted) if met else noted)
        elif met and met <= now:
            found.append(met)
        else:
            break
    return tuple(found)


def planned(
    timetable: Timetable, done: Mapping[int, CompletedDay], openings: Sequence[datetime], *, is_underway: bool
) -> list[tuple[date | None, datetime | None]]:
    """The date and the opening instant of each day, in order; None while they aren't known.

    An open day keeps its due date; at the gentle pace that is the date on which it opened.
    """
    gentle, due = timetable.pace is Pace.GENTLE, due_dates(timetable, done)
    plan: list[tuple[date | None, datetime | None]] = [
        (local_date(opens_at, zone_at(timetable, opens_at)) if gentle else on, opens_at)
        for on, opens_at in zip(due, openings, strict=False)
    ]
    if not is_underway or timetable.paused:
        return plan + [(None, None)] * (LENGTH - len(plan))
    since = timetable.stretches[-1].since
    for number, on in enumerate(due[len(plan) :], start=len(plan)):
        before = done.get(number) if gentle else None  # the completion of the day before
        opens_at = first_instant(on, timetable.zone, since=max(since, before.at if before else since)) if on else None
        plan.append((on, opens_at))
    return plan


def noted(timetable: Timetable, done: Mapping[int, CompletedDay], *, now: datetime) -> Timetable:
    """With the opening instants of all that is open, so that no later change can lock it again."""
    return replace(timetable, openings=opened(timetable, done, now=now))


def changed(
    timetable: Timetable,
    done: Mapping[int, CompletedDay],
    *,
    zone: str | None = None,
    paused: bool | None = None,
    at: datetime,
) -> Timetable:
    """In another zone, paused or going on; what is open under the old values stays open."""
    last = timetable.stretches[-1]
    at = max(at, last.since)  # clocks of two servers may differ
    stretch = Stretch(at, zone or last.zone, last.paused if paused is None else paused)
    if (stretch.zone, stretch.paused) == (last.zone, last.paused):
        return timetable
    timetable = noted(timetable, done, now=at)
    rests = timetable.rests
    if last.paused and not stretch.paused:
        rests += whole_dates(paused_since(timetable), at, stretch.zone)
    return replace(timetable, stretches=(*timetable.stretches, stretch), rests=rests)


def paused_since(timetable: Timetable) -> datetime:
    """When the pause that goes on began, in whatever zones it was."""
    return min(each.since for each in takewhile(lambda each: each.paused, reversed(timetable.stretches)))


def whole_dates(begin: datetime, end: datetime, zone: str) -> tuple[Dates, ...]:
    """The dates that lie wholly between two moments, as none or one pair of first and last."""
    first = local_date(begin, zone)
    if first_instant(first, zone) < begin:
        first += A_DAY
    last = local_date(end, zone) - A_DAY
    return ((first, last),) if first <= last else ()


def neutral(timetable: Timetable, *, until: datetime) -> Callable[[date], bool]:
    """Tells the dates that count for no streak: wholly paused, or skipped by the zone or by a change of zone."""
    stretches = timetable.stretches
    rests = timetable.rests
    if timetable.paused:
        rests += whole_dates(paused_since(timetable), until, timetable.zone)
    ends = [*(each.since for each in stretches[1:]), max(until, stretches[-1].since)]
    lived = [
        (local_date(each.since, each.zone), local_date(end, each.zone), each.zone)
        for each, end in zip(stretches, ends, strict=True)
    ]

    def is_neutral(day: date) -> bool:
        if rests and any(first <= day <= last for first, last in rests):
            return True
        for first, last, zone in lived:  # noqa: SIM110 - asked for each missed date, at half the time of any()
            if first <= day <= last and exists(day, zone):
                return False
        return True

    return is_neutral


def _met(stretches: Sequence[Stretch], day: date, *, after: datetime | None) -> datetime | None:
    """The first instant, outside pauses, at which the local date was or will be that date or later; from a moment on,
    if there is one.
    """
    last = len(stretches) - 1
    for number, stretch in enumerate(stretches):
        ends = stretches[number + 1].since if number < last else None
        if stretch.paused:
            continue
        begun = stretch.since if number else None
        met = first_instant(day, stretch.zone, since=max(begun, after) if begun and after else begun or after)
        if ends is None or met < ends:
            return met
    return None


def _outside(rests: Sequence[Dates], day: date) -> Iterator[date]:
    """The dates from a day on that aren't rests."""
    for first, last in sorted(rests):
        while day < first:
            yield day
            day += A_DAY
        day = max(day, last + A_DAY)
    while True:
        yield day
        day += A_DAY
