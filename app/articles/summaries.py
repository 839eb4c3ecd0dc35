"""Read article summaries with their topics, for lists, bookmarks and related articles."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Row, bindparam, select
from sqlmodel import col

from app.articles import queries
from app.articles.models import Article, ArticleTopic, Topic
from app.articles.schemas import ArticleSummary, TopicBrief
from app.core.db.pagination import Statement
from app.core.db.session import Session

ARTICLE_IDS: BindParameter[Sequence[UUID]] = bindparam("ids", expanding=True)


def find_summaries(session: Session, ids: Sequence[UUID], *, now: datetime) -> dict[UUID, ArticleSummary]:
    """Return summaries of the articles with these ids, in the given order. Omits articles that aren't public."""
    rows = find_summary_rows(session, ids, now=now)
    topics = find_topics(session, rows)
    return {row.id: ArticleSummary.model_validate(summary_fields(row, topics[row.id])) for row in rows}


def find_summary_rows(session: Session, ids: Sequence[UUID], *, now: datetime) -> list[Row[Any]]:
    """Return the rows of the articles with these ids, in the given order. Omits articles that aren't public."""
    rows = session.execute(_summaries_by_id(), {"ids": ids, "now": now}) if ids else ()
    by_id = {row.id: row for row in rows}
    return [by_id[article_id] for article_id in ids if article_id in by_id]


def find_topics(session: Session, articles: Sequence[Row[Any]]) -> dict[UUID, list[TopicBrief]]:
    """Return the topics of each article by article id, using a single query."""
    topics: dict[UUID, list[TopicBrief]] = {row.id: [] for row in articles}
    if topics:
        for article_id, slug, name in session.execute(_topics_by_article(), {"ids": list(topics)}):
            topics[article_id].append(TopicBrief(slug=slug, name=name))
    return topics


def summary_fields(row: Row[Any], topics: Sequence[TopicBrief]) -> dict[str, Any]:
    """Convert a database row and topics to the fields of an ArticleSummary."""
    return {
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


@cache
def _summaries_by_id() -> Statement:
    return queries.select_summaries(queries.PUBLIC_NOW, col(Article.id).in_(ARTICLE_IDS))


@cache
def _topics_by_article() -> Statement:
    return (
        select(col(ArticleTopic.article_id), col(Topic.slug), col(Topic.name))
        .join(Topic)
        .where(col(ArticleTopic.article_id).in_(ARTICLE_IDS))
        .order_by(col(ArticleTopic.article_id), col(ArticleTopic.position))
    )
