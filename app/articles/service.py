"""List, search and read articles."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, func, null, select
from sqlmodel import col

from app.articles import queries
from app.articles.blocks import BodyFormat
from app.articles.highlights import SearchTerms
from app.articles.models import Article, ArticleBody, Author, Category, FormerSlug, Topic
from app.articles.queries import PUBLIC_NOW, ArticleListQuery, Filters
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
from app.articles.search import IndexedArticle, SearchIndex
from app.articles.summaries import ARTICLE_IDS, find_summaries, find_summary_rows, find_topics, summary_fields
from app.core.db.pagination import PageRequest, Statement, fetch_page, rank_cursor, rank_from_cursor
from app.core.db.session import Session
from app.core.errors import FieldError, InvalidInput, NotFound, PermanentRedirect
from app.core.settings import Settings

MAX_RELATED_ARTICLES = 3


class ArticleNotFound(NotFound):
    code = "article_not_found"
    message = "No article has this slug."

    def __init__(self) -> None:
        super().__init__(FieldError("path", "/slug", self.message))


class UnknownFilter(InvalidInput):
    message = "A filter has an unknown slug."

    def __init__(self, field: str) -> None:
        super().__init__(FieldError("query", f"/{field}", f"At least one {field} slug does not exist."))


class RelevanceNeedsQuery(InvalidInput):
    message = "The articles can't be sorted by relevance without a search."

    def __init__(self) -> None:
        super().__init__(FieldError("query", "/sort", "`relevance` requires search words in `q`."))


def list_articles(session: Session, page: PageRequest, *, filters: Filters, sort: SortBy, now: datetime) -> ArticlePage:
    """Return a page of the public articles that match the filters.

    Raise UnknownFilter if a filter has an unknown slug, and RelevanceNeedsQuery if sorted by relevance.
    """
    check_filters(session, filters)
    if sort is SortBy.RELEVANCE:
        raise RelevanceNeedsQuery
    query = ArticleListQuery(now, filters)
    statement, order = query.by_title() if sort is SortBy.TITLE else query.newest_first()
    articles = fetch_page(session, statement, page, order, total=session.scalar(query.count()) or 0)
    topics = find_topics(session, articles.items)
    items = [_list_item(row, topics[row.id], []) for row in articles.items]
    return ArticlePage(items, articles.total, articles.next)


def search_articles(
    session: Session,
    index: SearchIndex,
    page: PageRequest,
    *,
    terms: SearchTerms,
    filters: Filters,
    sort: SortBy,
    now: datetime,
) -> ArticlePage:
    """Return a page of the public articles that match all search words and the filters.

    Raise UnknownFilter if a filter has an unknown slug, and SearchWarmingUp if the index hasn't been built yet.
    """
    check_filters(session, filters)
    cursor_name = f"search {sort}"
    offset = rank_from_cursor(page.cursor, cursor_name)
    result = index.search(terms, filters, sort=sort, now=now, offset=offset, limit=page.limit)
    rows = find_summary_rows(session, result.ids, now=now)
    topics = find_topics(session, rows)
    texts: Mapping[UUID, str] = dict(session.execute(_texts_by_article(), {"ids": result.ids}).all())
    items = [_list_item(row, topics[row.id], _highlights(terms, row, texts[row.id])) for row in rows]
    return ArticlePage(items, result.total, rank_cursor(cursor_name, offset + page.limit, result.total))


def read_article(
    session: Session, index: SearchIndex, slug: str, *, body_format: BodyFormat, settings: Settings, now: datetime
) -> ArticleRead:
    """Return a public article with its body and related articles.

    Raise PermanentRedirect for a previous slug, and ArticleNotFound for an unknown slug.
    """
    row = session.execute(_article_by_slug(body_format), {"slug": slug, "now": now}).one_or_none()
    if row is None:
        raise _redirect_or_not_found(session, slug, now=now)
    topics = find_topics(session, [row])[row.id]
    related_ids = index.related(_indexed_article(row, topics), now=now, limit=MAX_RELATED_ARTICLES)
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
            "related": list(find_summaries(session, related_ids, now=now).values()),
            "seo": _seo(row, topics, settings.article_url(slug)),
        }
    )


def check_filters(session: Session, filters: Filters) -> None:
    """Raise UnknownFilter if a filter contains a topic, category or author that isn't publicly listed."""
    slugs_by_field = (
        ("topic", Topic, filters.topics),
        ("category", Category, filters.categories),
        ("author", Author, filters.authors),
    )
    for field, table, slugs in slugs_by_field:
        if slugs and session.scalar(
            select(func.count()).select_from(table).where(col(table.slug).in_(slugs), col(table.is_listed))
        ) != len(set(slugs)):
            raise UnknownFilter(field)


@cache
def _texts_by_article() -> Statement:
    return select(col(ArticleBody.article_id), col(ArticleBody.text)).where(
        col(ArticleBody.article_id).in_(ARTICLE_IDS)
    )


@cache
def _article_by_slug(body_format: BodyFormat) -> Statement:
    """Return a SELECT statement for an article. The column `content` is the body in the given format.

    For plain text, `content` is NULL, because the column `text` already contains it.
    """
    content = null() if body_format is BodyFormat.TEXT else col(getattr(ArticleBody, body_format))
    return (
        queries.select_summaries(PUBLIC_NOW, col(Article.slug) == bindparam("slug"))
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
def _current_slug() -> Statement:
    has_former_slug = col(FormerSlug.slug) == bindparam("slug")
    return select(col(Article.slug)).join(FormerSlug).where(has_former_slug, PUBLIC_NOW)


def _list_item(row: Row[Any], topics: Sequence[TopicBrief], highlights: Sequence[Highlight]) -> ArticleListItem:
    return ArticleListItem.model_validate({**summary_fields(row, topics), "highlights": highlights})


def _highlights(terms: SearchTerms, row: Row[Any], text: str) -> list[Highlight]:
    fields = (("title", row.title), ("excerpt", row.excerpt))
    matches = [(field, value, terms.match_ranges(value)) for field, value in fields]
    matches += [("body", *passage)] if (passage := terms.best_passage(text)) else []
    return [
        Highlight(field=field, text=value, ranges=[CharacterRange(start=start, end=end) for start, end in ranges])
        for field, value, ranges in matches
        if ranges
    ]


def _redirect_or_not_found(session: Session, slug: str, *, now: datetime) -> Exception:
    current_slug = session.scalar(_current_slug(), {"slug": slug, "now": now})
    return PermanentRedirect(current_slug) if current_slug else ArticleNotFound()


def _indexed_article(row: Row[Any], topics: Sequence[TopicBrief]) -> IndexedArticle:
    return IndexedArticle(
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
