"""What the API says of articles and of what they are filed under."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field

from app.articles.blocks import Body
from app.core.db.pagination import Page


class SortBy(StrEnum):
    NEWEST = "-published_on"
    TITLE = "title"
    RELEVANCE = "relevance"


class CategoryBrief(BaseModel):
    slug: str = Field(examples=["mental-health"])
    name: str = Field(examples=["Mental Health"])


class TopicBrief(BaseModel):
    slug: str = Field(examples=["loneliness"])
    name: str = Field(examples=["loneliness"])


class Avatar(BaseModel):
    initial: str = Field(description="To show where there is no picture.", examples=["2"])
    url: str | None = Field(examples=[None])


class AuthorBrief(BaseModel):
    slug: str = Field(examples=["21day-team"])
    name: str = Field(examples=["21Day Team"])
    role: str = Field(examples=["Relationship Science Writer"])
    avatar: Avatar


class CharacterRange(BaseModel):
    """From `start` up to but not including `end`, counted in Unicode code points."""

    start: int = Field(examples=[11])
    end: int = Field(examples=[21])


class Highlight(BaseModel):
    """A text in which the search words were found, and where."""

    field: str = Field(description="`title`, `excerpt` or `body`; of the body, a passage.", examples=["title"])
    text: str = Field(examples=["Overcoming Loneliness: The Science of Social Connection"])
    ranges: list[CharacterRange]


class ArticleSummary(BaseModel):
    slug: str = Field(examples=["overcoming-loneliness-the-science-of-social-connection"])
    title: str = Field(examples=["Overcoming Loneliness: The Science of Social Connection"])
    excerpt: str = Field(examples=["Feeling lonely is common, and it is no verdict on you."])
    category: CategoryBrief
    published_on: date = Field(description="In the site's time zone.", examples=["2024-12-05"])
    updated_at: datetime
    reading_minutes: int = Field(examples=[11])
    word_count: int = Field(examples=[2600])
    author: AuthorBrief
    topics: list[TopicBrief]


class ArticleBrief(BaseModel):
    """An article as other texts point to it."""

    slug: str = Field(examples=["overcoming-loneliness-the-science-of-social-connection"])
    title: str = Field(examples=["Overcoming Loneliness: The Science of Social Connection"])
    excerpt: str = Field(examples=["Feeling lonely is common, and it is no verdict on you."])
    reading_minutes: int = Field(examples=[11])


class ArticleListItem(ArticleSummary):
    highlights: list[Highlight] = Field(description="Empty unless `q` was given.")


@dataclass
class ArticlePage(Page[ArticleListItem]):
    items: list[ArticleListItem]


class ContentsEntry(BaseModel):
    id: str = Field(description="The heading's anchor.", examples=["1-start-small"])
    level: int = Field(examples=[3])
    title: str = Field(examples=["1. Start Small"])


class CallToAction(BaseModel):
    eyebrow: str = Field(examples=["Transform Your Life"])
    title: str = Field(examples=["Ready to Build Better Relationships?"])
    text: str = Field(examples=["One small practice a day for 21 days."])
    label: str = Field(examples=["Start Your Journey"])
    href: str = Field(examples=["/journey"])


class Reference(BaseModel):
    id: str = Field(description="Cited in the text as `#ref-` and this id.", examples=["lally-2010"])
    authors: str = Field(examples=["Lally, P., van Jaarsveld, C. H. M., Potts, H. W. W., & Wardle, J."])
    year: int = Field(examples=[2010])
    title: str = Field(examples=["How are habits formed: Modelling habit formation in the real world"])
    source: str = Field(examples=["European Journal of Social Psychology, 40(6), 998-1009"])
    url: str = Field(examples=["https://doi.org/10.1002/ejsp.674"])


class Seo(BaseModel):
    """For the head of the page that shows the article."""

    title: str = Field(examples=["Overcoming Loneliness: The Science of Social Connection"])
    description: str = Field(examples=["Feeling lonely is common, and it is no verdict on you."])
    canonical_url: str = Field(examples=["https://www.example.org/blog/overcoming-loneliness"])
    json_ld: dict[str, Any] = Field(
        description="A schema.org `Article`.", examples=[{"@context": "https://schema.org", "@type": "Article"}]
    )


class ArticleRead(ArticleSummary):
    contents: list[ContentsEntry]
    body: Body
    call_to_action: CallToAction
    references: list[Reference]
    related: list[ArticleSummary]
    seo: Seo


class TopicRead(TopicBrief):
    description: str = Field(examples=["What loneliness is, and what helps."])
    articles: int = Field(description="How many public articles have it.", examples=[2])


@dataclass
class TopicPage(Page[TopicRead]):
    items: list[TopicRead]


class CategoryRead(CategoryBrief):
    description: str = Field(examples=["Understanding what goes on inside."])
    articles: int = Field(description="How many public articles are in it.", examples=[2])


@dataclass
class CategoryPage(Page[CategoryRead]):
    items: list[CategoryRead]


class AuthorRead(AuthorBrief):
    kind: str = Field(description="`person` or `organization`.", examples=["organization"])
    bio: str = Field(examples=["Writes about what research says, and what it doesn't."])
    articles: int = Field(description="How many public articles are theirs.", examples=[1])


@dataclass
class AuthorPage(Page[AuthorRead]):
    items: list[AuthorRead]
