"""SELECT statements for public articles, shared by lists, counts, feeds and search."""

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

NEWEST_FIRST = Order("newest", (col(Article.public_from), col(Article.id)), descending=True)
NEWEST_FIRST_BY_TOPIC = Order("newest", (col(ArticleTopic.public_from), col(ArticleTopic.article_id)), descending=True)
BY_TITLE = Order("title", (col(Article.sort_title), col(Article.id)))


SUMMARY_COLUMNS: tuple[Any, ...] = (
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
    """Topics, categories and authors to filter articles by. An empty field doesn't filter.

    An article must match every non-empty field, each with any of its slugs.
    """

    topics: Sequence[str] = ()
    categories: Sequence[str] = ()
    authors: Sequence[str] = ()


def is_public(
    now: datetime | BindParameter[datetime], table: type[Article] | type[ArticleTopic] = Article
) -> ColumnElement[bool]:
    """Return an SQL condition for articles that are published and have reached their publication time."""
    return col(table.public_from) <= now


PUBLIC_NOW = is_public(bindparam("now"))


@dataclass(frozen=True, slots=True)
class ArticleListQuery:
    """Build SELECT statements for the public articles that match filters, each suited to an index."""

    now: datetime
    filters: Filters = Filters()

    def newest_first(self) -> tuple[Statement, Order]:
        """Return a statement that lists the newest articles first, and its sort order.

        For a single topic, the statement uses the index on `article_topics`.
        """
        if len(self.filters.topics) != 1:
            return self._matching_articles(), NEWEST_FIRST
        articles = select_summaries(*self._column_conditions()).join(ArticleTopic)
        return articles.where(*self._topic_conditions()), NEWEST_FIRST_BY_TOPIC

    def by_title(self) -> tuple[Statement, Order]:
        return self._matching_articles(), BY_TITLE

    def count(self) -> Statement:
        """Return a statement that counts the matching articles.

        If articles are filtered only by topic, the statement doesn't read the `articles` table.
        """
        conditions = self._column_conditions()
        if not self.filters.topics:
            return select(func.count()).select_from(Article).where(is_public(self.now), *conditions)
        count = select(func.count(col(ArticleTopic.article_id).distinct())).where(*self._topic_conditions())
        return count.join(Article).where(*conditions) if conditions else count

    def _matching_articles(self) -> Statement:
        statement = select_summaries(is_public(self.now), *self._column_conditions())
        if not self.filters.topics:
            return statement
        has_topic = exists().where(col(ArticleTopic.article_id) == col(Article.id), *self._topic_conditions())
        return statement.where(has_topic)

    def _topic_conditions(self) -> list[ColumnElement[bool]]:
        return [col(ArticleTopic.topic_slug).in_(self.filters.topics), is_public(self.now, ArticleTopic)]

    def _column_conditions(self) -> list[ColumnElement[bool]]:
        slugs_by_column = (
            (col(Article.category_slug), self.filters.categories),
            (col(Article.author_slug), self.filters.authors),
        )
        return [column.in_(slugs) for column, slugs in slugs_by_column if slugs]


@cache
def _briefs_by_slug() -> Statement:
    columns = col(Article.slug), col(Article.title), col(Article.excerpt), col(Article.reading_minutes)
    return select(*columns).where(PUBLIC_NOW, col(Article.slug).in_(bindparam("slugs", expanding=True)))


def find_briefs(session: Session, slugs: Sequence[str], *, now: datetime) -> list[ArticleBrief]:
    """Return summaries of the articles with these slugs, in the given order. Omits articles that aren't public."""
    rows = session.execute(_briefs_by_slug(), {"now": now, "slugs": slugs}) if slugs else ()
    briefs = {row.slug: ArticleBrief.model_validate(row, from_attributes=True) for row in rows}
    return [briefs[slug] for slug in slugs if slug in briefs]


def select_summaries(*conditions: ColumnElement[bool]) -> Statement:
    """Return a SELECT statement for the columns of article summaries, without topics.

    Inner joins would be equivalent, because every article has a category and an author. With outer joins, the query
    planner reads the requested page from an index on articles instead of reading all articles of each author.
    """
    return select(*SUMMARY_COLUMNS).outerjoin(Category).outerjoin(Author).where(*conditions)
