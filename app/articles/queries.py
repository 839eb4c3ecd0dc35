"""Statements about articles, on which lists, counts, feeds and search build."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlmodel import col

from app.articles.models import Article, ArticleTopic, Author, Category
from app.core.pagination import Order, Statement

NEWEST = Order("newest", (col(Article.public_from), col(Article.id)), descending=True)
NEWEST_OF_TOPIC = Order("newest", (col(ArticleTopic.public_from), col(ArticleTopic.article_id)), descending=True)
BY_TITLE = Order("title", (col(Article.sort_title), col(Article.id)))


SUMMARY: tuple[Any, ...] = (
    col(Article.id),
    col(Article.slug),
    col(Article.title),
    col(Article.excerpt),
    col(Article.published_on),
    col(Article.updated_at),
    col(Article.reading_minutes),
    col(Article.word_count),
    col(Article.category_slug),
    col(Category.name).label("category_name"),
    col(Article.author_slug),
    col(Author.name).label("author_name"),
    col(Author.role),
    col(Author.initial),
    col(Author.avatar_url),
)


@dataclass(frozen=True, slots=True)
class Filters:
    """Any of the slugs within a kind, and all of the kinds."""

    topics: Sequence[str] = ()
    categories: Sequence[str] = ()
    authors: Sequence[str] = ()


def is_public(now: datetime, of: type[Article] | type[ArticleTopic] = Article) -> ColumnElement[bool]:
    """The one predicate of what is public: published and due."""
    return col(of.public_from) <= now


@dataclass(frozen=True, slots=True)
class Listing:
    """The public articles that pass the filters. With a single topic, that topic's own index leads."""

    now: datetime
    filters: Filters = Filters()

    @property
    def newest(self) -> Order:
        return NEWEST_OF_TOPIC if self._by_topic else NEWEST

    def summaries(self) -> Statement:
        statement = summaries(*self._narrowed())
        return statement.join(ArticleTopic).where(*self._topic()) if self._by_topic else statement

    def count(self) -> Statement:
        if not self._by_topic:
            return select(func.count()).select_from(Article).where(*self._narrowed())
        statement = select(func.count()).select_from(ArticleTopic).where(*self._topic())
        narrowed = self._narrowed()
        return statement.join(Article).where(*narrowed) if narrowed else statement

    @property
    def _by_topic(self) -> bool:
        return len(self.filters.topics) == 1

    def _topic(self) -> list[ColumnElement[bool]]:
        return [col(ArticleTopic.topic_slug) == self.filters.topics[0], is_public(self.now, ArticleTopic)]

    def _narrowed(self) -> list[ColumnElement[bool]]:
        """What articles themselves must meet; that they are public, unless their topic says it."""
        wanted: list[ColumnElement[bool]] = [] if self._by_topic else [is_public(self.now)]
        if len(self.filters.topics) > 1:
            having = select(col(ArticleTopic.article_id)).where(col(ArticleTopic.topic_slug).in_(self.filters.topics))
            wanted.append(col(Article.id).in_(having))
        if self.filters.categories:
            wanted.append(col(Article.category_slug).in_(self.filters.categories))
        if self.filters.authors:
            wanted.append(col(Article.author_slug).in_(self.filters.authors))
        return wanted


def summaries(*where: ColumnElement[bool]) -> Statement:
    """What a summary shows, but for the topics.

    Every article has a category and an author. The joins are outer ones all the same: so no planner starts from the
    few authors, reading all that each wrote, where an index would lead straight to a page.
    """
    return select(*SUMMARY).outerjoin(Category).outerjoin(Author).where(*where)
