"""Pydantic field types for content files, such as slugs, dates and web addresses."""

import re
from datetime import date, datetime
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator

from app.core.text_fields import MAX_SLUG_LENGTH, SLUG

LANGUAGE_PATTERN = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*\Z")
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
YEARS = range(1900, 2200)
COUNTRY_PATTERN = re.compile(r"[A-Z]{2}\Z")


def is_slug(value: str) -> bool:
    return bool(re.match(SLUG, value)) and len(value) <= MAX_SLUG_LENGTH and "\n" not in value


def _check_slug(value: str) -> str:
    if not is_slug(value):
        raise ValueError("must be lower-case letters, digits and single hyphens, such as social-connection")
    return value


def _check_one_line(value: str) -> str:
    if value != value.strip() or UNPRINTABLE.search(value):
        raise ValueError("must be one line without spaces around it")
    return value


def _check_text(value: str) -> str:
    if not value.strip() or UNPRINTABLE.search(value.replace("\n", "")):
        raise ValueError("must be a text, not empty and without control characters")
    return value.strip()


def _check_web_address(value: str) -> str:
    if not re.match(r"https?://[^\s/]+\.[^\s/]+", value) or " " in value or UNPRINTABLE.search(value):
        raise ValueError("must be a web address, https://...")
    return value


def _check_href(value: str) -> str:
    if not re.match(r"/(?!/)|https://", value) or " " in value or UNPRINTABLE.search(value):
        raise ValueError("must be a path such as /journey or an https:// address")
    return value


def _check_time_zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("must be an IANA time zone such as Europe/Vienna")
    return value


def _check_language(value: str) -> str:
    if not LANGUAGE_PATTERN.match(value):
        raise ValueError("must be a BCP 47 language such as en or pt-BR")
    return value


def _check_country(value: str) -> str:
    if not COUNTRY_PATTERN.match(value):
        raise ValueError("must be an ISO 3166-1 alpha-2 code such as GB")
    return value


def _check_date(value: Any) -> date:
    if type(value) is not date:  # isinstance() would accept a datetime too
        raise ValueError("must be a date such as 2026-11-23, without quotes")
    return value


def _check_date_or_timestamp(value: Any) -> date | datetime:
    if not isinstance(value, date) or value.year not in YEARS:
        raise ValueError("must be a date such as 2026-11-23 or a timestamp such as 2026-11-23T09:00:00Z")
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError("must include its offset, such as 2026-11-23T09:00:00Z, or be a date alone")
    return value


Printable = AfterValidator(_check_one_line)
Slug = Annotated[str, AfterValidator(_check_slug)]
Line = Annotated[str, Field(min_length=1, max_length=300), Printable]
Text = Annotated[str, Field(max_length=20_000), AfterValidator(_check_text)]
WebAddress = Annotated[str, Field(max_length=500), AfterValidator(_check_web_address)]
Href = Annotated[str, Field(max_length=500), AfterValidator(_check_href)]
TimeZoneName = Annotated[str, AfterValidator(_check_time_zone)]
Language = Annotated[str, AfterValidator(_check_language)]
Country = Annotated[str, AfterValidator(_check_country)]
PlainDate = Annotated[date, PlainValidator(_check_date)]
DateOrTimestamp = Annotated[date | datetime, PlainValidator(_check_date_or_timestamp)]


class ContentModel(BaseModel):
    """Base class of models for content files. Types are not converted, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ReferenceEntry(ContentModel):
    id: Slug
    authors: Line
    year: Annotated[int, Field(ge=1800, le=2200)]
    title: Line
    source: Line
    url: WebAddress
