"""Field types for timestamps, dates and times of day, with checks against the server's clock."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from app.core.errors import FieldError, InvalidInput

RFC_3339 = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})\Z", re.ASCII
)  # fmt: skip
DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
TIME_OF_DAY = r"^([01][0-9]|2[0-3]):[0-5][0-9](:00)?$"
CLOCK_SKEW = timedelta(minutes=2)  # tolerance for client clocks that are fast
YEARS = range(1970, 9999)


class InFuture(InvalidInput):
    """A client sent a timestamp in the future.

    The response contains the server's time, so that the client can correct its clock.
    """

    code = "in_future"
    extensions_example: ClassVar[Mapping[str, Any]] = {"server_time": "2026-11-24T09:30:00Z"}
    message = "The time of this change is in the future. Please check the clock of your device."

    def __init__(self, pointer: str, *, now: datetime) -> None:
        server_time = format_timestamp(now)
        error = FieldError("body", pointer, f"The server's time is {server_time}.")
        super().__init__(error, extensions={"server_time": server_time})


def format_timestamp(moment: datetime) -> str:
    """Format a UTC timestamp in whole seconds, such as `2026-11-24T09:30:00Z`."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def clamp_to_now(moment: datetime, *, now: datetime, pointer: str) -> datetime:
    """Limit a client's timestamp to the current time. Raise InFuture if it is ahead by more than CLOCK_SKEW."""
    if moment > now + CLOCK_SKEW:
        raise InFuture(pointer, now=now)
    return min(moment, now)


def _parse_date(value: Any) -> Any:
    if not isinstance(value, str) or not DATE.match(value):
        raise ValueError("must be a date such as 2026-11-24")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("must be a date that exists") from None


def _check_time_of_day(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(TIME_OF_DAY, value):
        raise ValueError("must be a time of day such as 07:30")
    return value


def _check_rfc_3339(value: Any) -> Any:
    if not isinstance(value, str) or not RFC_3339.match(value):
        raise ValueError("must be a timestamp with an offset, such as 2026-11-24T09:30:00Z")
    try:
        datetime.fromisoformat(value.upper())
    except ValueError:
        raise ValueError("must be a timestamp that exists") from None
    return value


def _convert_to_utc(value: datetime) -> datetime:
    if value.year not in YEARS:
        raise ValueError(f"must be a timestamp in the years {YEARS.start} to {YEARS.stop - 1}")
    return value.astimezone(UTC)


Timestamp = Annotated[datetime, BeforeValidator(_check_rfc_3339), AfterValidator(_convert_to_utc)]
LocalDate = Annotated[date, BeforeValidator(_parse_date)]
# JSON Schema's `time` format requires seconds and an offset, so the schema uses a pattern instead.
TimeOfDay = Annotated[
    time, BeforeValidator(_check_time_of_day), WithJsonSchema({"type": "string", "pattern": TIME_OF_DAY})
]


def utc_now() -> datetime:
    return datetime.now(UTC)
