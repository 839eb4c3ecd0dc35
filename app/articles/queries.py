"""Statements about articles, on which lists, counts, feeds and search build."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlmodel import col

from app.articles.models import Article, ArticleTopic, Author, Category
from app.core.pagination import Order, Statement

NEWEST = Order("newest", (col(Article.publish_at), col(Article.id)), descending=True)
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


def is_public(now: datetime) -> ColumnElement[bool]:
    """The one predicate of what is public: published and due."""
    return and_(col(Article.status) == "published", col(Article.publish_at) <= now)


def public_articles(now: datetime, filters: Filters = Filters()) -> ColumnElement[bool]:
    wanted = [is_public(now)]
    if filters.topics:
        having = select(col(ArticleTopic.article_id)).where(col(ArticleTopic.topic_slug).in_(filters.topics))
        wanted.append(col(Article.id).in_(having))
    if filters.categories:
        wanted.append(col(Article.category_slug).in_(filters.categories))
    if filters.authors:
        wanted.append(col(Article.author_slug).in_(filters.authors))
    return and_(*wanted)


def summaries(where: ColumnElement[bool]) -> Statement:
    """What a summary shows, but for the topics."""
    return select(*SUMMARY).join(Category).join(Author).where(where)


def count(where: ColumnElement[bool]) -> Statement:
    return select(func.count()).select_from(Article).where(where)
