"""What the files of seed_content/ may say. docs/content.md explains it to editors."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from app.core.source_files.fields import (
    Country,
    Day,
    Href,
    Https,
    Language,
    Line,
    Moment,
    Printable,
    Reference,
    Shape,
    Slug,
    Text,
    Zone,
)


class Link(Shape):
    label: Line
    href: Href


class NavigationLink(Link):
    style: Literal["link", "button"]


class Footer(Shape):
    copyright: Line
    links: list[Link]


class CallToAction(Shape):
    eyebrow: Line
    title: Line
    text: Line
    label: Line
    href: Href


class SiteFile(Shape):
    name: Line
    tagline: Line
    description: Text
    language: Language
    time_zone: Zone
    navigation: list[NavigationLink]
    footer: Footer
    call_to_action: CallToAction


class Consent(Shape):
    purpose: Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,49}$")]
    version: Annotated[str, Field(min_length=1, max_length=20), Printable]
    title: Line
    text: Text


class ConsentsFile(Shape):
    consents: list[Consent]


class Avatar(Shape):
    initial: Annotated[str, Field(min_length=1, max_length=2), Printable]
    url: Https | None = None


class AuthorEntry(Shape):
    slug: Slug
    name: Line
    role: Line
    kind: Literal["person", "organization"]
    bio: Text
    avatar: Avatar


class AuthorsFile(Shape):
    authors: list[AuthorEntry]


class Filing(Shape):
    slug: Slug
    name: Line
    description: Line


class TopicsFile(Shape):
    categories: list[Filing]
    topics: list[Filing]


class Channel(Shape):
    kind: Literal["phone", "text", "chat", "whatsapp", "email", "web"]
    value: Line
    note: Line | None = None


class Support(Shape):
    id: Slug
    country: Country | None = None
    kind: Literal["emergency", "crisis", "violence", "directory"]
    name: Line
    description: Line
    channels: Annotated[list[Channel], Field(min_length=1)]
    hours: Line | None = None
    languages: list[Language] = Field(default_factory=list)
    source_url: Https
    verified_on: Day


class SupportFile(Shape):
    lines: list[Support]


class Seo(Shape):
    title: Line
    description: Line


class ArticleFront(Shape):
    """The front matter of an article."""

    title: Line
    excerpt: Line
    category: Slug
    topics: Annotated[list[Slug], Field(min_length=1, max_length=12)]
    author: Slug
    status: Literal["draft", "published", "unpublished"]
    publish_at: Annotated[Moment | None, Field(validate_default=True)] = None
    updated_at: Moment | None = None
    reading_minutes: Annotated[int, Field(ge=1, le=240)] | None = None
    former_slugs: list[Slug] = Field(default_factory=list)
    call_to_action: CallToAction | None = None
    seo: Seo | None = None
    references: list[Reference] = Field(default_factory=list)

    @field_validator("publish_at")
    @classmethod
    def _published_when(cls, value: date | datetime | None, info: ValidationInfo) -> date | datetime | None:
        if value is None and info.data.get("status") == "published":
            raise ValueError("is missing: a published article says when, such as publish_at: 2026-11-23")
        return value
