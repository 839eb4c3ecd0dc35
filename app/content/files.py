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
    ReferenceEntry,
    Shape,
    Slug,
    Text,
    Zone,
)


class LinkEntry(Shape):
    label: Line
    href: Href


class NavigationLinkEntry(LinkEntry):
    style: Literal["link", "button"]


class FooterEntry(Shape):
    copyright: Line
    links: list[LinkEntry]


class CallToActionEntry(Shape):
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
    navigation: list[NavigationLinkEntry]
    footer: FooterEntry
    call_to_action: CallToActionEntry


class ConsentEntry(Shape):
    purpose: Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,49}$")]
    version: Annotated[str, Field(min_length=1, max_length=20), Printable]
    title: Line
    text: Text


class ConsentsFile(Shape):
    consents: list[ConsentEntry]


class AvatarEntry(Shape):
    initial: Annotated[str, Field(min_length=1, max_length=2), Printable]
    url: Https | None = None


class AuthorEntry(Shape):
    slug: Slug
    name: Line
    role: Line
    kind: Literal["person", "organization"]
    bio: Text
    avatar: AvatarEntry


class AuthorsFile(Shape):
    authors: list[AuthorEntry]


class TaxonomyEntry(Shape):
    slug: Slug
    name: Line
    description: Line


class TopicsFile(Shape):
    categories: list[TaxonomyEntry]
    topics: list[TaxonomyEntry]


class ChannelEntry(Shape):
    kind: Literal["phone", "text", "chat", "whatsapp", "email", "web"]
    value: Line
    note: Line | None = None


class SupportLineEntry(Shape):
    id: Slug
    country: Country | None = None
    kind: Literal["emergency", "crisis", "violence", "directory"]
    name: Line
    description: Line
    channels: Annotated[list[ChannelEntry], Field(min_length=1)]
    hours: Line | None = None
    languages: list[Language] = Field(default_factory=list)
    source_url: Https
    verified_on: Day


class SupportFile(Shape):
    lines: list[SupportLineEntry]


class SeoEntry(Shape):
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
    call_to_action: CallToActionEntry | None = None
    seo: SeoEntry | None = None
    references: list[ReferenceEntry] = Field(default_factory=list)

    @field_validator("publish_at")
    @classmethod
    def _published_when(cls, value: date | datetime | None, info: ValidationInfo) -> date | datetime | None:
        if value is None and info.data.get("status") == "published":
            raise ValueError("is missing: a published article says when, such as publish_at: 2026-11-23")
        return value
