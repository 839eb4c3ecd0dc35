"""Statements about articles, on which lists, counts, feeds and search build."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, bindparam, exists, func, select
from sqlmodel import col

from app.articles.models import Article, ArticleTopic, Author, Category
from app.articles.schemas import ArticleBrief
from app.core.db.pagination import Order, Statement
from app.core.db.session import Session

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


def is_public(
    now: datetime | BindParameter[datetime], of: type[Article] | type[ArticleTopic] = Article
) -> ColumnElement[bool]:
    """The one predicate of what is public: published and due."""
    return col(of.public_from) <= now


PUBLIC_NOW = is_public(bindparam("now"))


@dataclass(frozen=True, slots=True)
class Listing:
    """The public articles that pass the filters, each kind of statement along the index that suits it."""

    now: datetime
    filters: Filters = Filters()

    def newest(self) -> tuple[Statement, Order]:
        """Newest first; a single topic has an index of its own for that."""
        if len(self.filters.topics) != 1:
            return self._all(), NEWEST
        of_topic = summaries(*self._filed()).join(ArticleTopic).where(*self._topics())
        return of_topic, NEWEST_OF_TOPIC

    def by_title(self) -> tuple[Statement, Order]:
        return self._all(), BY_TITLE

    def count(self) -> Statement:
        """How many there are; topics alone are counted without looking at an article."""
        if not self.filters.topics:
            return select(func.count()).select_from(Article).where(is_public(self.now), *self._filed())
        articles = select(func.count(col(ArticleTopic.article_id).distinct())).where(*self._topics())
        return articles.join(Article).where(*self._filed()) if self._filed() else articles

    def _all(self) -> Statement:
        statement = summaries(is_public(self.now), *self._filed())
        if not self.filters.topics:
            return statement
        having = exists().where(col(ArticleTopic.article_id) == col(Article.id), *self._topics())
        return statement.where(having)

    def _topics(self) -> list[ColumnElement[bool]]:
        return [col(ArticleTopic.topic_slug).in_(self.filters.topics), is_public(self.now, ArticleTopic)]

    def _filed(self) -> list[ColumnElement[bool]]:
        kinds = (
            (col(Article.category_slug), self.filters.categories),
            (col(Article.author_slug), self.filters.authors),
        )
        return [column.in_(slugs) for column, slugs in kinds if slugs]


@cache
def _briefs() -> Statement:
    columns = col(Article.slug), col(Article.title), col(Article.excerpt), col(Article.reading_minutes)
    return select(*columns).where(PUBLIC_NOW, col(Article.slug).in_(bindparam("slugs", expanding=True)))


def briefs_of(session: Session, slugs: Sequence[str], *, now: datetime) -> list[ArticleBrief]:
    """The public ones of these articles, in the same order."""
    rows = session.execute(_briefs(), {"now": now, "slugs": slugs}) if slugs else ()
    found = {row.slug: ArticleBrief.model_validate(row, from_attributes=True) for row in rows}
    return [found[slug] for slug in slugs if slug in found]


def summaries(*where: ColumnElement[bool]) -> Statement:
    """What a summary shows, but for the topics.

    Every article has a category and an author. The joins are outer ones all the same: so no planner starts from the
    few authors, reading all that each wrote, where an index would lead straight to a page.
    """
    return select(*SUMMARY).outerjoin(Category).outerjoin(Author).where(*where)
