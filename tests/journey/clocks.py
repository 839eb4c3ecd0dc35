"""Find changes of the local date in a time zone by sampling its clock."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)
QUARTER_HOUR = timedelta(minutes=15)
ONE_MINUTE = timedelta(minutes=1)
ONE_MICROSECOND = timedelta(microseconds=1)
THREE_DAYS = timedelta(days=3)


def local_date_at(instant: datetime, zone: str) -> date:
    return instant.astimezone(ZoneInfo(zone)).date()


def dates_between(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += ONE_DAY


@cache
def date_changes_on(zone: str, day: date) -> tuple[datetime, ...]:
    """Return the times during a UTC day at which the local date of a zone changes, to the minute."""
    quarters = [datetime.combine(day, time(), UTC) + QUARTER_HOUR * n for n in range(96)]
    changes = []
    for quarter in quarters:
        before = local_date_at(quarter, zone)
        if local_date_at(quarter + QUARTER_HOUR, zone) != before:
            minutes = (quarter + ONE_MINUTE * n for n in range(1, 16))
            changes.append(next(minute for minute in minutes if local_date_at(minute, zone) != before))
    return tuple(changes)


def date_changes(zone: str, after: datetime, until: datetime) -> Iterator[datetime]:
    for day in dates_between((after - ONE_DAY).date(), until.date()):
        yield from (change for change in date_changes_on(zone, day) if after < change <= until)


def whole_dates_between(begin: datetime, end: datetime, zone: str) -> set[date]:
    """Return the local dates that occur only between two instants, and neither before nor after."""
    before = {local_date_at(begin - ONE_MICROSECOND, zone)}
    changes_before = date_changes(zone, begin - THREE_DAYS, begin - ONE_MICROSECOND)
    before |= {local_date_at(change, zone) for change in changes_before}
    after = {local_date_at(end, zone)}
    after |= {local_date_at(change, zone) for change in date_changes(zone, end, end + THREE_DAYS)}
    return set(dates_between(local_date_at(begin, zone), local_date_at(end, zone))) - before - after
