from enum import StrEnum

from pydantic import BaseModel, Field

from app.articles.schemas import CallToAction


class LinkStyle(StrEnum):
    LINK = "link"
    BUTTON = "button"


class Link(BaseModel):
    label: str = Field(examples=["Privacy"])
    href: str = Field(description="A frontend path or an `https:` URL.", examples=["/privacy"])


class NavigationEntry(Link):
    style: LinkStyle = Field(examples=["link"])


class Footer(BaseModel):
    tagline: str = Field(examples=["Plain tools for the relationships you care about."])
    copyright: str = Field(examples=["© 2025 21|Twenty One. All rights reserved."])
    links: list[Link]


class SiteRead(BaseModel):
    name: str = Field(examples=["21|Twenty One"])
    url: str = Field(description="URL of the frontend.", examples=["https://www.example.org"])
    tagline: str = Field(examples=["Plain tools for the relationships you care about."])
    description: str = Field(examples=["Articles, a reflection and a 21-day practice journey."])
    language: str = Field(examples=["en"])
    time_zone: str = Field(description="IANA time zone of the publication dates.", examples=["UTC"])
    navigation: list[NavigationEntry]
    footer: Footer
    call_to_action: CallToAction = Field(description="Default for articles without a call to action.")


class FeedAuthor(BaseModel):
    name: str = Field(examples=["21Day Team"])


class FeedItem(BaseModel):
    id: str = Field(examples=["https://www.example.org/blog/overcoming-loneliness"])
    url: str = Field(examples=["https://www.example.org/blog/overcoming-loneliness"])
    title: str = Field(examples=["Overcoming Loneliness"])
    summary: str = Field(examples=["Feeling lonely is common, and it is no verdict on you."])
    content_html: str = Field(examples=["<p>Loneliness is a signal.</p>"])
    date_published: str = Field(examples=["2024-12-05T00:00:00Z"])
    date_modified: str = Field(examples=["2026-11-23T00:00:00Z"])
    authors: list[FeedAuthor]
    tags: list[str] = Field(examples=[["loneliness"]])


class JsonFeed(BaseModel):
    """A feed of articles in JSON Feed 1.1 format (jsonfeed.org)."""

    version: str = Field(examples=["https://jsonfeed.org/version/1.1"])
    title: str = Field(examples=["21|Twenty One"])
    home_page_url: str = Field(examples=["https://www.example.org"])
    description: str = Field(examples=["Articles, a reflection and a 21-day practice journey."])
    language: str = Field(examples=["en"])
    items: list[FeedItem]
