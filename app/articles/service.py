"""Lists of articles, searches, and one article with everything that its page shows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, func, null, select
from sqlmodel import col

from app.articles import queries
from app.articles.blocks import BodyFormat
from app.articles.highlights import Words
from app.articles.models import Article, ArticleBody, Author, Category, FormerSlug, Topic
from app.articles.queries import PUBLIC_NOW, Filters, Listing
from app.articles.schemas import (
    ArticleListItem,
    ArticlePage,
    ArticleRead,
    CharacterRange,
    Highlight,
    Seo,
    SortBy,
    TopicBrief,
)
from app.articles.search import Indexed, SearchIndex
from app.articles.summaries import IDS, public_rows, summaries_of, summary_fields, topics_of
from app.core.db.pagination import PageRequest, Statement, page_of, rank_cursor, rank_of
from app.core.db.session import Session
from app.core.errors import BadInput, FieldError, Moved, NotFound
from app.core.settings import Settings

RELATED = 3


class ArticleNotFound(NotFound):
    code = "article_not_found"
    says = "No article has this slug."

    def __init__(self) -> None:
        super().__init__(FieldError("path", "/slug", self.says))


class UnknownFilter(BadInput):
    says = "The list can't be narrowed that way."

    def __init__(self, field: str) -> None:
        super().__init__(FieldError("query", f"/{field}", f"No {field} has one of these slugs."))


class NothingToRank(BadInput):
    says = "The list can't be sorted that way."

    def __init__(self) -> None:
        super().__init__(FieldError("query", "/sort", "`relevance` needs something to look for: give `q`."))


def list_articles(session: Session, page: PageRequest, *, filters: Filters, sort: SortBy, now: datetime) -> ArticlePage:
    """Raises UnknownFilter and NothingToRank."""
    check_filters(session, filters)
    if sort is SortBy.RELEVANCE:
        raise NothingToRank
    listing = Listing(now, filters)
    statement, order = listing.by_title() if sort is SortBy.TITLE else listing.newest()
    found = page_of(session, statement, page, order, total=session.scalar(listing.count()) or 0)
    topics = topics_of(session, found.items)
    items = [_item(row, topics[row.id], []) for row in found.items]
    return ArticlePage(items, found.total, found.next)


def search_articles(
    session: Session,
    index: SearchIndex,
    page: PageRequest,
    *,
    words: Words,
    filters: Filters,
    sort: SortBy,
    now: datetime,
) -> ArticlePage:
    """Articles that have all of the words, in pages by rank. Raises UnknownFilter and SearchWarmingUp."""
    check_filters(session, filters)
    name = f"search {sort}"
    offset = rank_of(page.cursor, name)
    found = index.search(words, filters, sort=sort, now=now, offset=offset, limit=page.limit)
    rows = public_rows(session, found.ids, now=now)
    topics = topics_of(session, rows)
    texts: Mapping[UUID, str] = dict(session.execute(_texts(), {"ids": found.ids}).all())
    items = [_item(row, topics[row.id], _highlights(words, row, texts[row.id])) for row in rows]
    return ArticlePage(items, found.total, rank_cursor(name, offset + page.limit, found.total))


def read_article(
    session: Session, index: SearchIndex, slug: str, *, body_format: BodyFormat, settings: Settings, now: datetime
) -> ArticleRead:
    """Raises Moved and ArticleNotFound."""
    row = session.execute(_whole(body_format), {"slug": slug, "now": now}).one_or_none()
    if row is None:
        raise _moved_or_missing(session, slug, now=now)
    topics = topics_of(session, [row])[row.id]
    related = index.related(_indexed(row, topics), now=now, limit=RELATED)
    content = row.text if body_format is BodyFormat.TEXT else row.content
    return ArticleRead.model_validate(
        {
            **summary_fields(row, topics),
            "contents": row.contents,
            "body": {
                "format": body_format.value,
                "blocks" if body_format is BodyFormat.BLOCKS else "content": content,
            },
            "call_to_action": row.call_to_action,
            "references": row.references,
            "related": list(summaries_of(session, related, now=now).values()),
            "seo": _seo(row, topics, settings.article_url(slug)),
        }
    )


def check_filters(session: Session, filters: Filters) -> None:
    """Raises UnknownFilter for a slug that nothing has."""
    kinds = (
        ("topic", Topic, filters.topics),
        ("category", Category, filters.categories),
        ("author", Author, filters.authors),
    )
    for field, table, slugs in kinds:
        if slugs and session.scalar(
            select(func.count()).select_from(table).where(col(table.slug).in_(slugs), col(table.is_listed))
        ) != len(set(slugs)):
            raise UnknownFilter(field)


@cache
def _texts() -> Statement:
    return select(col(ArticleBody.article_id), col(ArticleBody.text)).where(col(ArticleBody.article_id).in_(IDS))


@cache
def _whole(body_format: BodyFormat) -> Statement:
    """`content` is the body in this format; as plain text it is read once, as `text`."""
    content = null() if body_format is BodyFormat.TEXT else col(getattr(ArticleBody, body_format))
    return (
        queries.summaries(PUBLIC_NOW, col(Article.slug) == bindparam("slug"))
        .join(ArticleBody)
        .add_columns(
            col(ArticleBody.text),
            col(ArticleBody.contents),
            col(ArticleBody.references),
            col(ArticleBody.call_to_action),
            col(ArticleBody.seo_title),
            col(ArticleBody.seo_description),
            col(Author.kind).label("author_kind"),
            col(Article.sort_title),
            col(Article.public_from),
            content.label("content"),
        )
    )


@cache
def _moved_to() -> Statement:
    moved = col(FormerSlug.slug) == bindparam("slug")
    return select(col(Article.slug)).join(FormerSlug).where(moved, PUBLIC_NOW)


def _item(row: Row[Any], topics: Sequence[TopicBrief], highlights: Sequence[Highlight]) -> ArticleListItem:
    return ArticleListItem.model_validate({**summary_fields(row, topics), "highlights": highlights})


def _highlights(words: Words, row: Row[Any], text: str) -> list[Highlight]:
    found = [(field, shown, words.ranges(shown)) for field, shown in (("title", row.title), ("excerpt", row.excerpt))]
    found += [("body", *passage)] if (passage := words.passage(text)) else []
    return [
        Highlight(field=field, text=shown, ranges=[CharacterRange(start=start, end=end) for start, end in ranges])
        for field, shown, ranges in found
        if ranges
    ]


def _moved_or_missing(session: Session, slug: str, *, now: datetime) -> Exception:
    current = session.scalar(_moved_to(), {"slug": slug, "now": now})
    return Moved(current) if current else ArticleNotFound()


def _indexed(row: Row[Any], topics: Sequence[TopicBrief]) -> Indexed:
    return Indexed(
        id=row.id,
        title=row.title,
        sort_title=row.sort_title,
        text=row.text,
        topics=[topic.slug for topic in topics],
        category=row.category_slug,
        author=row.author_slug,
        public_from=row.public_from,
    )


def _seo(row: Row[Any], topics: Sequence[TopicBrief], url: str) -> Seo:
    return Seo(
        title=row.seo_title,
        description=row.seo_description,
        canonical_url=url,
        json_ld={
            "@context": "https://schema.org",
            "@type": "Article",
            "mainEntityOfPage": url,
            "headline": row.title,
            "description": row.seo_description,
            "datePublished": row.published_on.isoformat(),
            "dateModified": row.updated_at.isoformat().replace("+00:00", "Z"),
            "author": {"@type": row.author_kind.capitalize(), "name": row.author_name},
            "articleSection": row.category_name,
            "keywords": [topic.name for topic in topics],
            "wordCount": row.word_count,
        },
    )
