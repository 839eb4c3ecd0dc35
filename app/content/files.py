"""Schemas that validate the files in seed_content/. Editors find them explained in docs/content.md."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from app.core.source_files.fields import (
    ContentModel,
    Country,
    DateOrTimestamp,
    Href,
    Language,
    Line,
    PlainDate,
    Printable,
    ReferenceEntry,
    Slug,
    Text,
    TimeZoneName,
    WebAddress,
)


class LinkEntry(ContentModel):
    label: Line
    href: Href


class NavigationLinkEntry(LinkEntry):
    style: Literal["link", "button"]


class FooterEntry(ContentModel):
    copyright: Line
    links: list[LinkEntry]


class CallToActionEntry(ContentModel):
    eyebrow: Line
    title: Line
    text: Line
    label: Line
    href: Href


class SiteFile(ContentModel):
    name: Line
    tagline: Line
    description: Text
    language: Language
    time_zone: TimeZoneName
    navigation: list[NavigationLinkEntry]
    footer: FooterEntry
    call_to_action: CallToActionEntry


class ConsentEntry(ContentModel):
    purpose: Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,49}$")]
    version: Annotated[str, Field(min_length=1, max_length=20), Printable]
    title: Line
    text: Text


class ConsentsFile(ContentModel):
    consents: list[ConsentEntry]


class AvatarEntry(ContentModel):
    initial: Annotated[str, Field(min_length=1, max_length=2), Printable]
    url: WebAddress | None = None


class AuthorEntry(ContentModel):
    slug: Slug
    name: Line
    role: Line
    kind: Literal["person", "organization"]
    bio: Text
    avatar: AvatarEntry


class AuthorsFile(ContentModel):
    authors: list[AuthorEntry]


class TaxonomyEntry(ContentModel):
    slug: Slug
    name: Line
    description: Line


class TopicsFile(ContentModel):
    categories: list[TaxonomyEntry]
    topics: list[TaxonomyEntry]


class ChannelEntry(ContentModel):
    kind: Literal["phone", "text", "chat", "whatsapp", "email", "web"]
    value: Line
    note: Line | None = None


class SupportLineEntry(ContentModel):
    id: Slug
    country: Country | None = None
    kind: Literal["emergency", "crisis", "violence", "directory"]
    name: Line
    description: Line
    channels: Annotated[list[ChannelEntry], Field(min_length=1)]
    hours: Line | None = None
    languages: list[Language] = Field(default_factory=list)
    source_url: WebAddress
    verified_on: PlainDate


class SupportFile(ContentModel):
    lines: list[SupportLineEntry]


class SeoEntry(ContentModel):
    title: Line
    description: Line


class ArticleFront(ContentModel):
    """The front matter (YAML header) of an article file."""

    title: Line
    excerpt: Line
    category: Slug
    topics: Annotated[list[Slug], Field(min_length=1, max_length=12)]
    author: Slug
    status: Literal["draft", "published", "unpublished"]
    publish_at: Annotated[DateOrTimestamp | None, Field(validate_default=True)] = None
    updated_at: DateOrTimestamp | None = None
    reading_minutes: Annotated[int, Field(ge=1, le=240)] | None = None
    former_slugs: list[Slug] = Field(default_factory=list)
    call_to_action: CallToActionEntry | None = None
    seo: SeoEntry | None = None
    references: list[ReferenceEntry] = Field(default_factory=list)

    @field_validator("publish_at")
    @classmethod
    def _require_publish_at(cls, value: date | datetime | None, info: ValidationInfo) -> date | datetime | None:
        if value is None and info.data.get("status") == "published":
            raise ValueError("is missing: a published article needs it, such as publish_at: 2026-11-23")
        return value
