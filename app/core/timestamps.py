"""Moments that a client's clock tells, dates, and times of day."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from app.core.errors import BadInput, FieldError

RFC_3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})\Z", re.ASCII
)  # fmt: skip
DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
TIME_OF_DAY = r"^([01][0-9]|2[0-3]):[0-5][0-9](:00)?$"
SLACK = timedelta(minutes=2)  # that a clock may be ahead
YEARS = range(1970, 9999)


class InFuture(BadInput):
    """Says the server's time, so that an app can tell how far its clock is off."""

    code = "in_future"
    more_example: ClassVar[Mapping[str, Any]] = {"server_time": "2026-11-24T09:30:00Z"}
    says = "This is said to have happened in the future. Please check the clock of the device."

    def __init__(self, pointer: str, *, now: datetime) -> None:
        shown = shown_moment(now)
        super().__init__(FieldError("body", pointer, f"It is {shown} here."), more={"server_time": shown})


def shown_moment(moment: datetime) -> str:
    """A moment in UTC as problems show it: in whole seconds."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def not_ahead(moment: datetime, *, now: datetime, pointer: str) -> datetime:
    """The moment, or now if it is a little ahead. Raises InFuture beyond two minutes."""
    if moment > now + SLACK:
        raise InFuture(pointer, now=now)
    return min(moment, now)


def _date(value: Any) -> Any:
    if not isinstance(value, str) or not DATE.match(value):
        raise ValueError("must be a date such as 2026-11-24")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("must be a date that there is on calendars") from None


def _time_of_day(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(TIME_OF_DAY, value):
        raise ValueError("must be a time of day such as 07:30")
    return value


def _written(value: Any) -> Any:
    if not isinstance(value, str) or not RFC_3339.match(value):
        raise ValueError("must be a moment with its offset, such as 2026-11-24T09:30:00Z")
    try:
        datetime.fromisoformat(value.upper())
    except ValueError:
        raise ValueError("must be a moment that there is on calendars and clocks") from None
    return value


def _in_utc(value: datetime) -> datetime:
    if value.year not in YEARS:
        raise ValueError("must be a moment of our days")
    return value.astimezone(UTC)


Moment = Annotated[datetime, BeforeValidator(_written), AfterValidator(_in_utc)]
LocalDate = Annotated[date, BeforeValidator(_date)]
# JSON Schema's format `time` is another: with seconds and an offset.
TimeOfDay = Annotated[time, BeforeValidator(_time_of_day), WithJsonSchema({"type": "string", "pattern": TIME_OF_DAY})]


def utc_now() -> datetime:
    return datetime.now(UTC)
