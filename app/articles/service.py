"""Lists of articles, searches, and one article with everything that its page shows."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Connection, Row, bindparam, func, null, select
from sqlmodel import Session, col

from app.articles import queries
from app.articles.blocks import BodyFormat
from app.articles.highlights import Words
from app.articles.models import Article, ArticleBody, ArticleTopic, Author, Category, FormerSlug, Topic
from app.articles.queries import PUBLIC_NOW, Filters, Listing
from app.articles.schemas import SortBy
from app.articles.search import Indexed, SearchIndex
from app.core.db.pagination import Page, PageRequest, Statement, page_of, rank_cursor, rank_of
from app.core.errors import BadInput, FieldError, Moved, NotFound
from app.core.settings import Settings

RELATED = 3

Summary = dict[str, Any]

THESE: BindParameter[Sequence[UUID]] = bindparam("ids", expanding=True)
SUMMARIES_OF = queries.summaries(PUBLIC_NOW, col(Article.id).in_(THESE))
TOPICS_OF: Statement = (
    select(col(ArticleTopic.article_id), col(Topic.slug), col(Topic.name))
    .join(Topic)
    .where(col(ArticleTopic.article_id).in_(THESE))
    .order_by(col(ArticleTopic.article_id), col(ArticleTopic.position))
)
TEXTS_OF: Statement = select(col(ArticleBody.article_id), col(ArticleBody.text)).where(
    col(ArticleBody.article_id).in_(THESE)
)
WHOLE = (
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
    )
)
WHOLE_AS = {
    each: WHOLE.add_columns(null() if each is BodyFormat.TEXT else getattr(ArticleBody, each)) for each in BodyFormat
}
MOVED_TO: Statement = (
    select(col(Article.slug)).join(FormerSlug).where(col(FormerSlug.slug) == bindparam("slug"), PUBLIC_NOW)
)


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


def list_articles(
    session: Session, page: PageRequest, *, filters: Filters, sort: SortBy, now: datetime
) -> Page[Summary]:
    check_filters(session, filters)
    if sort is SortBy.RELEVANCE:
        raise NothingToRank
    listing = Listing(now, filters)
    statement, order = listing.by_title() if sort is SortBy.TITLE else listing.newest()
    found = page_of(session, statement, page, order, total=session.scalar(listing.count()) or 0)
    items = [{**summary, "highlights": []} for summary in with_topics(session, found.items)]
    return Page(items, found.total, found.next)


def search_articles(
    session: Session,
    index: SearchIndex,
    page: PageRequest,
    *,
    words: Words,
    filters: Filters,
    sort: SortBy,
    now: datetime,
) -> Page[Summary]:
    """Articles that have all of the words; pages by rank, for a search is read from its top."""
    check_filters(session, filters)
    name = f"search {sort}"
    offset = rank_of(page.cursor, name)
    found = index.search(words, filters, sort=sort, now=now, offset=offset, limit=page.limit)
    summaries = summaries_of(session, found.ids, now=now)
    texts = _texts(session, found.ids)
    items = [{**summary, "highlights": _highlights(words, summary, texts[summary["id"]])} for summary in summaries]
    return Page(items, found.total, rank_cursor(name, offset + page.limit, found.total))


def read_article(
    session: Session, index: SearchIndex, slug: str, *, body_format: BodyFormat, settings: Settings, now: datetime
) -> dict[str, Any]:
    row = session.execute(WHOLE_AS[body_format], {"slug": slug, "now": now}).one_or_none()
    if row is None:
        raise _moved_or_missing(session, slug, now=now)
    [summary] = with_topics(session, [row])
    related = index.related(_indexed(row, summary), now=now, limit=RELATED)
    content = row.text if body_format is BodyFormat.TEXT else row[-1]
    return {
        **summary,
        "contents": row.contents,
        "body": {"format": body_format, "blocks" if body_format is BodyFormat.BLOCKS else "content": content},
        "call_to_action": row.call_to_action,
        "references": row.references,
        "related": summaries_of(session, related, now=now),
        "seo": _seo(row, summary, settings.article_url(slug)),
    }


def summaries_of(session: Session | Connection, ids: Sequence[UUID], *, now: datetime) -> list[Summary]:
    """The public ones of these articles, in the same order."""
    rows = session.execute(SUMMARIES_OF, {"ids": ids, "now": now}).all() if ids else []
    by_id = {row.id: row for row in rows}
    return with_topics(session, [by_id[each] for each in ids if each in by_id])


def with_topics(session: Session | Connection, rows: Sequence[Row[Any]]) -> list[Summary]:
    """Summaries as they are served; their topics come in one statement for all."""
    topics: dict[UUID, list[dict[str, str]]] = defaultdict(list)
    if rows:
        for article_id, slug, name in session.execute(TOPICS_OF, {"ids": [row.id for row in rows]}):
            topics[article_id].append({"slug": slug, "name": name})
    return [_summary(row, topics[row.id]) for row in rows]


def check_filters(session: Session, filters: Filters) -> None:
    """A slug that nothing has is a mistake to be told, not an empty list."""
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


def _summary(row: Row[Any], topics: list[dict[str, str]]) -> Summary:
    return {
        "id": row.id,
        "slug": row.slug,
        "title": row.title,
        "excerpt": row.excerpt,
        "category": {"slug": row.category_slug, "name": row.category_name},
        "published_on": row.published_on,
        "updated_at": row.updated_at,
        "reading_minutes": row.reading_minutes,
        "word_count": row.word_count,
        "author": {
            "slug": row.author_slug,
            "name": row.author_name,
            "role": row.role,
            "avatar": {"initial": row.initial, "url": row.avatar_url},
        },
        "topics": topics,
    }


def _texts(session: Session, ids: Sequence[UUID]) -> Mapping[UUID, str]:
    return dict(session.execute(TEXTS_OF, {"ids": ids}).all())


def _highlights(words: Words, summary: Summary, text: str) -> list[dict[str, Any]]:
    found = [(field, (summary[field], words.ranges(summary[field]))) for field in ("title", "excerpt")]
    found += [("body", passage)] if (passage := words.passage(text)) else []
    return [
        {"field": field, "text": shown, "ranges": [{"start": start, "end": end} for start, end in ranges]}
        for field, (shown, ranges) in found
        if ranges
    ]


def _moved_or_missing(session: Session, slug: str, *, now: datetime) -> Exception:
    current = session.scalar(MOVED_TO, {"slug": slug, "now": now})
    return Moved(current) if current else ArticleNotFound()


def _indexed(row: Row[Any], summary: Summary) -> Indexed:
    return Indexed(
        id=row.id,
        title=row.title,
        sort_title=row.sort_title,
        text=row.text,
        topics=[topic["slug"] for topic in summary["topics"]],
        category=row.category_slug,
        author=row.author_slug,
        public_from=row.public_from,
    )


def _seo(row: Row[Any], summary: Summary, url: str) -> dict[str, Any]:
    return {
        "title": row.seo_title,
        "description": row.seo_description,
        "canonical_url": url,
        "json_ld": {
            "@context": "https://schema.org",
            "@type": "Article",
            "mainEntityOfPage": url,
            "headline": row.title,
            "description": row.seo_description,
            "datePublished": row.published_on.isoformat(),
            "dateModified": row.updated_at.isoformat().replace("+00:00", "Z"),
            "author": {"@type": row.author_kind.capitalize(), "name": row.author_name},
            "articleSection": row.category_name,
            "keywords": [topic["name"] for topic in summary["topics"]],
            "wordCount": row.word_count,
        },
    }
