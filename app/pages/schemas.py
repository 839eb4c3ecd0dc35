from enum import StrEnum

from pydantic import BaseModel, Field

from app.articles.schemas import CallToAction


class LinkStyle(StrEnum):
    LINK = "link"
    BUTTON = "button"


class Link(BaseModel):
    label: str = Field(examples=["Privacy"])
    href: str = Field(description="A path of the frontend or an https address.", examples=["/privacy"])


class NavigationEntry(Link):
    style: LinkStyle = Field(examples=["link"])


class Footer(BaseModel):
    tagline: str
    copyright: str = Field(examples=["© 2025 21|Twenty One. All rights reserved."])
    links: list[Link]


class SiteRead(BaseModel):
    name: str = Field(examples=["21|Twenty One"])
    url: str = Field(description="The frontend's address.", examples=["https://www.example.org"])
    tagline: str
    description: str
    language: str = Field(examples=["en"])
    time_zone: str = Field(description="IANA; dates of publication are local to it.", examples=["UTC"])
    navigation: list[NavigationEntry]
    footer: Footer
    call_to_action: CallToAction = Field(description="Under every article that has none of its own.")


class FeedAuthor(BaseModel):
    name: str


class FeedItem(BaseModel):
    id: str
    url: str
    title: str
    summary: str
    content_html: str
    date_published: str
    date_modified: str
    authors: list[FeedAuthor]
    tags: list[str]


class JsonFeed(BaseModel):
    """A JSON Feed 1.1 (jsonfeed.org)."""

    version: str = Field(examples=["https://jsonfeed.org/version/1.1"])
    title: str
    home_page_url: str
    description: str
    language: str
    items: list[FeedItem]
