"""List topics, categories and authors, each with the number of public articles."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlmodel import col

from app.articles.models import Article, ArticleTopic, Author, Category, Topic
from app.articles.queries import is_public
from app.articles.schemas import AuthorPage, AuthorRead, CategoryPage, CategoryRead, TopicPage, TopicRead
from app.core.db.pagination import Order, Page, PageRequest, Statement, fetch_page
from app.core.db.session import Session
from app.core.errors import FieldError, NotFound


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """The database columns of one taxonomy: topics, categories or authors.

    `columns` are returned in responses. `article_column` links an article to its topic, category or author.
    """

    table: type[Category] | type[Topic] | type[Author]
    columns: tuple[Any, ...]
    article_column: Any


def _term_columns(table: type[Category] | type[Topic]) -> tuple[Any, ...]:
    return col(table.slug), col(table.name), col(table.description)


TOPICS = Taxonomy(Topic, _term_columns(Topic), ArticleTopic.topic_slug)
CATEGORIES = Taxonomy(Category, _term_columns(Category), Article.category_slug)
AUTHORS = Taxonomy(
    Author,
    tuple(getattr(Author, name) for name in ("slug", "name", "role", "kind", "bio", "initial", "avatar_url")),
    Article.author_slug,
)


class TopicNotFound(NotFound):
    code = "topic_not_found"
    message = "No topic has this slug."

    def __init__(self) -> None:
        super().__init__(FieldError("path", "/slug", self.message))


class AuthorNotFound(NotFound):
    code = "author_not_found"
    message = "No author has this slug."

    def __init__(self) -> None:
        super().__init__(FieldError("path", "/slug", self.message))


def list_topics(session: Session, page: PageRequest, *, now: datetime) -> TopicPage:
    topics = _term_page(session, page, TOPICS, now)
    items = [TopicRead.model_validate(row, from_attributes=True) for row in topics.items]
    return TopicPage(items, topics.total, topics.next)


def read_topic(session: Session, slug: str, *, now: datetime) -> TopicRead:
    """Return a publicly listed topic with its number of public articles. Raise TopicNotFound."""
    topic = session.execute(_terms_with_counts(TOPICS, now).where(col(Topic.slug) == slug)).one_or_none()
    if topic is None:
        raise TopicNotFound
    return TopicRead.model_validate(topic, from_attributes=True)


def list_categories(session: Session, page: PageRequest, *, now: datetime) -> CategoryPage:
    categories = _term_page(session, page, CATEGORIES, now)
    items = [CategoryRead.model_validate(row, from_attributes=True) for row in categories.items]
    return CategoryPage(items, categories.total, categories.next)


def list_authors(session: Session, page: PageRequest, *, now: datetime) -> AuthorPage:
    authors = _term_page(session, page, AUTHORS, now)
    return AuthorPage([_author_read(row) for row in authors.items], authors.total, authors.next)


def read_author(session: Session, slug: str, *, now: datetime) -> AuthorRead:
    """Return a publicly listed author with their number of public articles. Raise AuthorNotFound."""
    author = session.execute(_terms_with_counts(AUTHORS, now).where(col(Author.slug) == slug)).one_or_none()
    if author is None:
        raise AuthorNotFound
    return _author_read(author)


def _terms_with_counts(taxonomy: Taxonomy, now: datetime) -> Statement:
    """Return a SELECT statement for the publicly listed topics, categories or authors.

    The column `articles` contains the number of public articles for each row.
    """
    counts = (
        select(taxonomy.article_column.label("slug"), func.count().label("articles"))
        .where(is_public(now, taxonomy.article_column.class_))
        .group_by(taxonomy.article_column)
        .subquery()
    )
    return (
        select(*taxonomy.columns, func.coalesce(counts.c.articles, 0).label("articles"))
        .outerjoin(counts, counts.c.slug == col(taxonomy.table.slug))
        .where(col(taxonomy.table.is_listed))
    )


def _term_page(session: Session, page: PageRequest, taxonomy: Taxonomy, now: datetime) -> Page[Row[Any]]:
    listed_count = select(func.count()).select_from(taxonomy.table).where(col(taxonomy.table.is_listed))
    order = Order(taxonomy.table.__name__, (col(taxonomy.table.slug),))
    return fetch_page(session, _terms_with_counts(taxonomy, now), page, order, total=session.scalar(listed_count) or 0)


def _author_read(row: Row[Any]) -> AuthorRead:
    return AuthorRead.model_validate({**row._asdict(), "avatar": {"initial": row.initial, "url": row.avatar_url}})
