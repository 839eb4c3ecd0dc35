"""Validated field types for account data, such as display names and time zones."""

from functools import cache
from importlib.resources import files
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field

from app.core.text_fields import CONTROL, OneLine, Storable, Trimmed

MAX_DEVICE_NAME_LENGTH = 80
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


def clean_device_name(text: str) -> str | None:
    """Return a device name without control characters and at most 80 characters long, or None if nothing is left."""
    return CONTROL.sub("", text).strip()[:MAX_DEVICE_NAME_LENGTH].rstrip() or None


def _clean_if_text(value: Any) -> Any:
    return clean_device_name(value) if isinstance(value, str) else value


def _empty_to_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


DisplayName = Annotated[
    Annotated[str, Field(max_length=80, examples=["Ana"]), OneLine, Storable, Trimmed] | None,
    BeforeValidator(_empty_to_none),
]
DeviceName = Annotated[
    Annotated[str, Field(examples=["Ana's phone"]), Storable] | None, BeforeValidator(_clean_if_text)
]
TimeZone = Annotated[
    str, Field(max_length=64, examples=["Europe/Dublin"]), AfterValidator(_validate_time_zone), Storable
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
Token = Annotated[str, Field(min_length=1, max_length=200, examples=["the-token-of-the-link"]), Storable, Trimmed]
