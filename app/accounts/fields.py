"""Validated field types for account data, such as display names and time zones."""

from functools import cache
from importlib.resources import files
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from app.core.language_tags import canonical_language_tag
from app.core.text_fields import OneLine, Storable, Trimmed, clean_name
from app.core.time_zones import check_time_zone, default_time_zone

DEFAULT_LANGUAGE = "en"
MAX_DEVICE_NAME_LENGTH = 80


def _clean_if_text(value: Any) -> Any:
    return clean_name(value, MAX_DEVICE_NAME_LENGTH) if isinstance(value, str) else value


@cache
def countries() -> frozenset[str]:
    """Return the ISO 3166-1 country codes of the installed `tzdata` package."""
    table = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8")
    return frozenset(line[:2] for line in table.splitlines() if line and not line.startswith("#"))


def _validate_country(value: str) -> str:
    country = value.upper()
    if country not in countries():
        raise ValueError("must be an ISO 3166-1 alpha-2 country code, such as IE")
    return country


def _empty_to_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


DisplayName = Annotated[
    Annotated[str, Field(max_length=80, examples=["Ana"]), OneLine, Storable, Trimmed] | None,
    BeforeValidator(_empty_to_none),
]
DeviceName = Annotated[
    Annotated[str, Field(examples=["Ana's phone"]), Storable] | None, BeforeValidator(_clean_if_text)
]
TimeZone = Annotated[str, Field(max_length=64, examples=["Europe/Dublin"]), AfterValidator(check_time_zone), Storable]
DefaultTimeZone = Annotated[  # "" if the device does not know its zone
    str, Field(max_length=64, examples=["Europe/Dublin"]), AfterValidator(default_time_zone), Storable
]
Language = Annotated[
    str,
    Field(
        max_length=64,
        pattern=r"^[A-Za-z]{2,3}([_-][0-9A-Za-z]{1,8})*$",
        description="A BCP 47 tag, such as language, script and region. Upper and lower case are equal.",
        examples=["en-IE"],
    ),
    AfterValidator(canonical_language_tag),
    Storable,
]
Country = Annotated[
    str,
    Field(max_length=2, description="ISO 3166-1 alpha-2 code of your country, for help lines.", examples=["IE"]),
    AfterValidator(_validate_country),
    Storable,
    Trimmed,
]
Token = Annotated[str, Field(min_length=1, max_length=200, examples=["the-token-of-the-link"]), Storable, Trimmed]
