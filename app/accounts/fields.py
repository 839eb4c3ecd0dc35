"""Validated field types for account data, such as display names and time zones."""

from functools import cache
from importlib.resources import files
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from app.core.text_fields import OneLine, Storable

EXCLUDED_ZONES = {"Factory", "localtime"}


@cache
def time_zones() -> frozenset[str]:
    """Return the time zone names of the installed `tzdata` package, so that they are the same on every machine."""
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="ascii").split()) - EXCLUDED_ZONES


def _validate_time_zone(value: str) -> str:
    if value not in time_zones():
        raise ValueError("must be the name of a zone in the IANA database, such as Europe/Dublin")
    try:
        ZoneInfo(value)
    except ZoneInfoNotFoundError:
        raise ValueError("is not available on this server") from None
    return value


DisplayName = Annotated[str, Storable, Field(min_length=1, max_length=80, examples=["Ana"]), OneLine]
DeviceName = Annotated[str, Storable, Field(min_length=1, max_length=80, examples=["Ana's phone"]), OneLine]
TimeZone = Annotated[
    str, Field(max_length=64, examples=["Europe/Dublin"]), Storable, AfterValidator(_validate_time_zone)
]
Language = Annotated[
    str,
    Field(
        max_length=12,
        pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$",
        description="A BCP 47 tag: language, script and region.",
        examples=["en-IE"],
    ),
    Storable,
]
Token = Annotated[str, Storable, Field(min_length=1, max_length=200, examples=["the-token-of-the-link"])]
