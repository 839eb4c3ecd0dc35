"""Field types that the files of seed_content/ share."""

import re
from datetime import date, datetime
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator

from app.core.text_fields import LONGEST_SLUG, SLUG

LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*\Z")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
YEARS = range(1900, 2200)
COUNTRY = re.compile(r"[A-Z]{2}\Z")


def is_slug(value: str) -> bool:
    return bool(re.match(SLUG, value)) and len(value) <= LONGEST_SLUG and "\n" not in value


def _slug(value: str) -> str:
    if not is_slug(value):
        raise ValueError("must be lower-case letters, digits and single hyphens, such as social-connection")
    return value


def _one_line(value: str) -> str:
    if value != value.strip() or UNPRINTABLE.search(value):
        raise ValueError("must be one line without spaces around it")
    return value


def _text(value: str) -> str:
    if not value.strip() or UNPRINTABLE.search(value.replace("\n", "")):
        raise ValueError("must be a text, not empty and without control characters")
    return value.strip()


def _https(value: str) -> str:
    if not re.match(r"https?://[^\s/]+\.[^\s/]+", value) or " " in value or UNPRINTABLE.search(value):
        raise ValueError("must be a web address, https://...")
    return value


def _href(value: str) -> str:
    if not re.match(r"/(?!/)|https://", value) or " " in value or UNPRINTABLE.search(value):
        raise ValueError("must be a path such as /journey or an https:// address")
    return value


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("must be an IANA time zone such as Europe/Vienna")
    return value


def _language(value: str) -> str:
    if not LANGUAGE.match(value):
        raise ValueError("must be a BCP 47 language such as en or pt-BR")
    return value


def _country(value: str) -> str:
    if not COUNTRY.match(value):
        raise ValueError("must be an ISO 3166-1 alpha-2 code such as GB")
    return value


def _day(value: Any) -> date:
    if type(value) is not date:  # nor an instant, which is a kind of date
        raise ValueError("must be a date such as 2026-11-23, without quotes")
    return value


def _moment(value: Any) -> date | datetime:
    if not isinstance(value, date) or value.year not in YEARS:
        raise ValueError("must be a date such as 2026-11-23 or an instant such as 2026-11-23T09:00:00Z")
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError("must say its offset, such as 2026-11-23T09:00:00Z, or be a date alone")
    return value


Printable = AfterValidator(_one_line)
Slug = Annotated[str, AfterValidator(_slug)]
Line = Annotated[str, Field(min_length=1, max_length=300), Printable]
Text = Annotated[str, Field(max_length=20_000), AfterValidator(_text)]
Https = Annotated[str, Field(max_length=500), AfterValidator(_https)]
Href = Annotated[str, Field(max_length=500), AfterValidator(_href)]
Zone = Annotated[str, AfterValidator(_zone)]
Language = Annotated[str, AfterValidator(_language)]
Country = Annotated[str, AfterValidator(_country)]
Day = Annotated[date, PlainValidator(_day)]
Moment = Annotated[date | datetime, PlainValidator(_moment)]


class Shape(BaseModel):
    """Strict: a number is not a text, and a key that nobody reads is a mistake."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ReferenceEntry(Shape):
    id: Slug
    authors: Line
    year: Annotated[int, Field(ge=1800, le=2200)]
    title: Line
    source: Line
    url: Https
