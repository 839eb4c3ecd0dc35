"""What articles are filed under: topics, categories and authors, with how many public articles each has."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select
from sqlmodel import col

from app.articles.models import Article, ArticleTopic, Author, Category, Topic
from app.articles.queries import is_public
from app.articles.schemas import AuthorPage, AuthorRead, CategoryPage, CategoryRead, TopicPage, TopicRead
from app.core.db.pagination import Order, Page, PageRequest, Statement, page_of
from app.core.db.session import Session
from app.core.errors import FieldError, NotFound


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """A table of terms, the columns that replies show, and the column that assigns a term to an article."""

    table: type[Category] | type[Topic] | type[Author]
    shown: tuple[Any, ...]
    named_by: Any


def _titled(table: type[Category] | type[Topic]) -> tuple[Any, ...]:
    return col(table.slug), col(table.name), col(table.description)


TOPICS = Taxonomy(Topic, _titled(Topic), ArticleTopic.topic_slug)
CATEGORIES = Taxonomy(Category, _titled(Category), Article.category_slug)
AUTHORS = Taxonomy(
    Author,
    tuple(getattr(Author, name) for name in ("slug", "name", "role", "kind", "bio", "initial", "avatar_url")),
    Article.author_slug,
)


class TopicNotFound(NotFound):
    code = "topic_not_found"
    says = "No topic has this slug."

    def __init__(self) -> None:
        super().__init__(FieldError("path", "/slug", self.says))


class AuthorNotFound(NotFound):
    code = "author_not_found"
    says = "No author has this slug."

    def __init__(self) -> None:
        super().__init__(FieldError("path", "/slug", self.says))


def list_topics(session: Session, page: PageRequest, *, now: datetime) -> TopicPage:
    found = _page(session, page, TOPICS, now)
    items = [TopicRead.model_validate(row, from_attributes=True) for row in found.items]
    return TopicPage(items, found.total, found.next)


def read_topic(session: Session, slug: str, *, now: datetime) -> TopicRead:
    """Raises TopicNotFound."""
    topic = session.execute(_filed(TOPICS, now).where(col(Topic.slug) == slug)).one_or_none()
    if topic is None:
        raise TopicNotFound
    return TopicRead.model_validate(topic, from_attributes=True)


def list_categories(session: Session, page: PageRequest, *, now: datetime) -> CategoryPage:
    found = _page(session, page, CATEGORIES, now)
    items = [CategoryRead.model_validate(row, from_attributes=True) for row in found.items]
    return CategoryPage(items, found.total, found.next)


def list_authors(session: Session, page: PageRequest, *, now: datetime) -> AuthorPage:
    found = _page(session, page, AUTHORS, now)
    return AuthorPage([_author(row) for row in found.items], found.total, found.next)


def read_author(session: Session, slug: str, *, now: datetime) -> AuthorRead:
    """Raises AuthorNotFound."""
    author = session.execute(_filed(AUTHORS, now).where(col(Author.slug) == slug)).one_or_none()
    if author is None:
        raise AuthorNotFound
    return _author(author)


def _filed(taxonomy: Taxonomy, now: datetime) -> Statement:
    """The columns that are shown, with the number of public articles."""
    public = is_public(now, taxonomy.named_by.class_)
    counts = select(taxonomy.named_by.label("slug"), func.count().label("articles")).where(public)
    counted = counts.group_by(taxonomy.named_by).subquery()
    return (
        select(*taxonomy.shown, func.coalesce(counted.c.articles, 0).label("articles"))
        .outerjoin(counted, counted.c.slug == col(taxonomy.table.slug))
        .where(col(taxonomy.table.is_listed))
    )


def _page(session: Session, page: PageRequest, taxonomy: Taxonomy, now: datetime) -> Page[Row[Any]]:
    listed = select(func.count()).select_from(taxonomy.table).where(col(taxonomy.table.is_listed))
    order = Order(taxonomy.table.__name__, (col(taxonomy.table.slug),))
    return page_of(session, _filed(taxonomy, now), page, order, total=session.scalar(listed) or 0)


def _author(row: Row[Any]) -> AuthorRead:
    return AuthorRead.model_validate({**row._asdict(), "avatar": {"initial": row.initial, "url": row.avatar_url}})
