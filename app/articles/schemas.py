"""Response schemas of articles, topics, categories and authors."""

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
    initial: str = Field(description="Letter to display when the author has no picture.", examples=["2"])
    url: str | None = Field(examples=[None])


class AuthorBrief(BaseModel):
    slug: str = Field(examples=["21day-team"])
    name: str = Field(examples=["21Day Team"])
    role: str = Field(examples=["Relationship Science Writer"])
    avatar: Avatar


class CharacterRange(BaseModel):
    """A range of characters in a text, counted in Unicode code points. `end` is exclusive."""

    start: int = Field(examples=[11])
    end: int = Field(examples=[21])


class Highlight(BaseModel):
    """A text in which search words were found, with the ranges to highlight."""

    field: str = Field(
        description="The matching field: `title`, `excerpt`, or `body` (a passage of it).", examples=["title"]
    )
    text: str = Field(examples=["Overcoming Loneliness: The Science of Social Connection"])
    ranges: list[CharacterRange]


class ArticleSummary(BaseModel):
    slug: str = Field(examples=["overcoming-loneliness-the-science-of-social-connection"])
    title: str = Field(examples=["Overcoming Loneliness: The Science of Social Connection"])
    excerpt: str = Field(examples=["Feeling lonely is common, and it is no verdict on you."])
    category: CategoryBrief
    published_on: date = Field(description="Publication date in the time zone of the site.", examples=["2024-12-05"])
    updated_at: datetime
    reading_minutes: int = Field(examples=[11])
    word_count: int = Field(examples=[2600])
    author: AuthorBrief
    topics: list[TopicBrief]


class ArticleBrief(BaseModel):
    """A short reference to an article, embedded in other resources."""

    slug: str = Field(examples=["overcoming-loneliness-the-science-of-social-connection"])
    title: str = Field(examples=["Overcoming Loneliness: The Science of Social Connection"])
    excerpt: str = Field(examples=["Feeling lonely is common, and it is no verdict on you."])
    reading_minutes: int = Field(examples=[11])


class ArticleListItem(ArticleSummary):
    highlights: list[Highlight] = Field(description="Matches of the search. Empty without `q`.")


@dataclass
class ArticlePage(Page[ArticleListItem]):
    items: list[ArticleListItem]


class ContentsEntry(BaseModel):
    id: str = Field(description="Anchor of the heading.", examples=["1-start-small"])
    level: int = Field(examples=[3])
    title: str = Field(examples=["1. Start Small"])


class CallToAction(BaseModel):
    eyebrow: str = Field(examples=["Transform Your Life"])
    title: str = Field(examples=["Ready to Build Better Relationships?"])
    text: str = Field(examples=["One small practice a day for 21 days."])
    label: str = Field(examples=["Start Your Journey"])
    href: str = Field(examples=["/journey"])


class Reference(BaseModel):
    id: str = Field(description="Identifier. The body cites it with links to `#ref-{id}`.", examples=["lally-2010"])
    authors: str = Field(examples=["Lally, P., van Jaarsveld, C. H. M., Potts, H. W. W., & Wardle, J."])
    year: int = Field(examples=[2010])
    title: str = Field(examples=["How are habits formed: Modelling habit formation in the real world"])
    source: str = Field(examples=["European Journal of Social Psychology, 40(6), 998-1009"])
    url: str = Field(examples=["https://doi.org/10.1002/ejsp.674"])


class Seo(BaseModel):
    """Metadata for the `<head>` of an article's web page."""

    title: str = Field(examples=["Overcoming Loneliness: The Science of Social Connection"])
    description: str = Field(examples=["Feeling lonely is common, and it is no verdict on you."])
    canonical_url: str = Field(examples=["https://www.example.org/blog/overcoming-loneliness"])
    json_ld: dict[str, Any] = Field(
        description="Structured data: a schema.org `Article`.",
        examples=[{"@context": "https://schema.org", "@type": "Article"}],
    )


class ArticleRead(ArticleSummary):
    contents: list[ContentsEntry]
    body: Body
    call_to_action: CallToAction
    references: list[Reference]
    related: list[ArticleSummary]
    seo: Seo


class TopicRead(TopicBrief):
    description: str = Field(examples=["Causes of loneliness, and practical help."])
    articles: int = Field(description="Number of public articles with this topic.", examples=[2])


@dataclass
class TopicPage(Page[TopicRead]):
    items: list[TopicRead]


class CategoryRead(CategoryBrief):
    description: str = Field(examples=["Understanding thoughts and feelings."])
    articles: int = Field(description="Number of public articles in this category.", examples=[2])


@dataclass
class CategoryPage(Page[CategoryRead]):
    items: list[CategoryRead]


class AuthorRead(AuthorBrief):
    kind: str = Field(description="`person` or `organization`.", examples=["organization"])
    bio: str = Field(examples=["Writes about the science of relationships."])
    articles: int = Field(description="Number of public articles by this author.", examples=[1])


@dataclass
class AuthorPage(Page[AuthorRead]):
    items: list[AuthorRead]
