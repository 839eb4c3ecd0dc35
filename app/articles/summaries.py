"""Articles in short, with their topics, for lists and for whatever refers to an article."""

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

IDS: BindParameter[Sequence[UUID]] = bindparam("ids", expanding=True)


def summaries_of(session: Session, ids: Sequence[UUID], *, now: datetime) -> dict[UUID, ArticleSummary]:
    """The public ones of these articles by id, in the same order."""
    rows = public_rows(session, ids, now=now)
    topics = topics_of(session, rows)
    return {row.id: ArticleSummary.model_validate(summary_fields(row, topics[row.id])) for row in rows}


def public_rows(session: Session, ids: Sequence[UUID], *, now: datetime) -> list[Row[Any]]:
    """As `summaries_of`, but the rows."""
    rows = session.execute(_summaries(), {"ids": ids, "now": now}) if ids else ()
    by_id = {row.id: row for row in rows}
    return [by_id[each] for each in ids if each in by_id]


def topics_of(session: Session, articles: Sequence[Row[Any]]) -> dict[UUID, list[TopicBrief]]:
    """The topics of each article, in one statement for all."""
    topics: dict[UUID, list[TopicBrief]] = {row.id: [] for row in articles}
    if topics:
        for article_id, slug, name in session.execute(_topics(), {"ids": list(topics)}):
            topics[article_id].append(TopicBrief(slug=slug, name=name))
    return topics


def summary_fields(row: Row[Any], topics: Sequence[TopicBrief]) -> dict[str, Any]:
    """The fields of an ArticleSummary."""
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
def _summaries() -> Statement:
    return queries.summaries(queries.PUBLIC_NOW, col(Article.id).in_(IDS))


@cache
def _topics() -> Statement:
    return (
        select(col(ArticleTopic.article_id), col(Topic.slug), col(Topic.name))
        .join(Topic)
        .where(col(ArticleTopic.article_id).in_(IDS))
        .order_by(col(ArticleTopic.article_id), col(ArticleTopic.position))
    )
