"""What clocks on walls show, found by looking at them every quarter of an hour, then every minute."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

A_DATE = timedelta(days=1)
A_QUARTER = timedelta(minutes=15)
A_MINUTE = timedelta(minutes=1)
A_BLINK = timedelta(microseconds=1)
A_WHILE = timedelta(days=3)


def shown_at(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


def walk(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += A_DATE


@cache
def turns_of(zone: str, day: date) -> tuple[datetime, ...]:
    """The minutes of a UTC date at which a clock begins to show another date, its first midnight left out."""
    quarters = [datetime.combine(day, time(), UTC) + A_QUARTER * n for n in range(96)]
    found = []
    for quarter in quarters:
        before = shown_at(quarter, zone)
        if shown_at(quarter + A_QUARTER, zone) != before:
            minutes = (quarter + A_MINUTE * n for n in range(1, 16))
            found.append(next(minute for minute in minutes if shown_at(minute, zone) != before))
    return tuple(found)


def turns(zone: str, after: datetime, until: datetime) -> Iterator[datetime]:
    for day in walk((after - A_DATE).date(), until.date()):
        yield from (turn for turn in turns_of(zone, day) if after < turn <= until)


def dates_inside(begin: datetime, end: datetime, zone: str) -> set[date]:
    """The dates of which nothing was before the beginning nor will be after the end."""
    before = {shown_at(begin - A_BLINK, zone)}
    before |= {shown_at(turn, zone) for turn in turns(zone, begin - A_WHILE, begin - A_BLINK)}
    after = {shown_at(end, zone)} | {shown_at(turn, zone) for turn in turns(zone, end, end + A_WHILE)}
    return set(walk(shown_at(begin, zone), shown_at(end, zone))) - before - after
