from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, CheckConstraint, Index
from sqlmodel import Field

from app.core.db.columns import SortedText, UtcDateTime
from app.core.db.table import Table


class Category(Table, table=True):
    __tablename__ = "categories"

    slug: str = Field(primary_key=True, sa_type=SortedText)
    name: str
    description: str
    is_listed: bool


class Topic(Table, table=True):
    __tablename__ = "topics"

    slug: str = Field(primary_key=True, sa_type=SortedText)
    name: str
    description: str
    is_listed: bool


class Author(Table, table=True):
    __tablename__ = "authors"

    slug: str = Field(primary_key=True, sa_type=SortedText)
    name: str
    role: str
    kind: str
    bio: str
    initial: str
    avatar_url: str | None = None
    is_listed: bool


class Article(Table, table=True):
    """An article without its body. Bodies are in `ArticleBody`, so that lists of articles don't read them.

    `publish_at` is the publication time that the editor set. `public_from` is the same time while the article is
    published, and NULL otherwise.
    """

    __tablename__ = "articles"
    __table_args__ = (
        Index("ix_articles_newest", "public_from", "id"),
        Index("ix_articles_newest_of_category", "category_slug", "public_from", "id"),
        Index("ix_articles_newest_of_author", "author_slug", "public_from", "id"),
        Index("ix_articles_title", "sort_title", "id", "public_from"),
        Index("ix_articles_title_of_category", "category_slug", "sort_title", "id", "public_from"),
        Index("ix_articles_title_of_author", "author_slug", "sort_title", "id", "public_from"),
        CheckConstraint("status IN ('draft', 'published', 'unpublished')", name="known_status"),
        CheckConstraint(
            "(status = 'published') = (public_from IS NOT NULL) AND (public_from IS NULL OR published_on IS NOT NULL)",
            name="public_once_published",
        ),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    slug: str = Field(unique=True, sa_type=SortedText)
    title: str
    sort_title: str = Field(sa_type=SortedText)
    excerpt: str
    category_slug: str = Field(foreign_key="categories.slug", sa_type=SortedText)
    author_slug: str = Field(foreign_key="authors.slug", sa_type=SortedText)
    status: str
    publish_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    public_from: datetime | None = Field(default=None, sa_type=UtcDateTime)
    published_on: date | None = None
    updated_at: datetime = Field(sa_type=UtcDateTime)
    reading_minutes: int
    word_count: int
    digest: str


class ArticleBody(Table, table=True):
    """The body of an article in all formats. They are rendered when the content is loaded into the database."""

    __tablename__ = "article_bodies"

    article_id: UUID = Field(primary_key=True, foreign_key="articles.id", ondelete="CASCADE")
    markdown: str
    html: str
    text: str
    blocks: list[dict[str, Any]] = Field(sa_type=JSON)
    contents: list[dict[str, Any]] = Field(sa_type=JSON)
    references: list[dict[str, Any]] = Field(sa_type=JSON)
    call_to_action: dict[str, str] = Field(sa_type=JSON)
    seo_title: str
    seo_description: str


class ArticleTopic(Table, table=True):
    """A topic of an article, with its position in the article's list of topics.

    `public_from` is a copy of the article's column, so that articles can be listed and counted by topic without a join.
    """

    __tablename__ = "article_topics"
    __table_args__ = (Index("ix_article_topics_newest", "topic_slug", "public_from", "article_id"),)

    article_id: UUID = Field(primary_key=True, foreign_key="articles.id", ondelete="CASCADE")
    topic_slug: str = Field(primary_key=True, foreign_key="topics.slug", sa_type=SortedText)
    public_from: datetime | None = Field(default=None, sa_type=UtcDateTime)
    position: int


class FormerSlug(Table, table=True):
    """A previous slug of an article. Requests for it are redirected to the current slug."""

    __tablename__ = "former_slugs"

    slug: str = Field(primary_key=True, sa_type=SortedText)
    article_id: UUID = Field(foreign_key="articles.id", ondelete="CASCADE", index=True)
