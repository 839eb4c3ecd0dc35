"""Reading of editorial content from the database, in the same form as content from files."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import Session, col, select

from app.articles.models import Article, ArticleBody, ArticleTopic, FormerSlug
from app.content.content import ArticleContent, Kind, RowKey


class StoredArticle(NamedTuple):
    """The columns of a stored article that are needed to detect changes."""

    id: UUID
    slug: str
    digest: str
    status: str
    updated_at: datetime


def stored_rows(session: Session, kind: Kind) -> dict[RowKey, dict[str, Any]]:
    """Return all rows of a kind of content, by key. The values exclude the key columns."""
    rows = session.exec(select(kind.table)).all()
    return {tuple(getattr(row, name) for name in kind.key): row.model_dump(exclude=set(kind.key)) for row in rows}


def stored_articles(session: Session) -> list[StoredArticle]:
    columns = select(*(col(getattr(Article, name)) for name in StoredArticle._fields))
    return [StoredArticle(*row) for row in session.execute(columns)]


def former_slugs(session: Session) -> dict[str, UUID]:
    """Return a mapping from former article slugs to the ids of the articles."""
    rows = session.execute(select(col(FormerSlug.slug), col(FormerSlug.article_id)))
    return {row.slug: row.article_id for row in rows}


def article_contents(session: Session, ids: Sequence[UUID]) -> Iterator[ArticleContent]:
    """Yield stored articles in the same form as articles from files."""
    for article_id in ids:
        article = session.get_one(Article, article_id)
        body = session.get_one(ArticleBody, article_id)
        topics = session.exec(
            select(ArticleTopic.topic_slug)
            .where(col(ArticleTopic.article_id) == article_id)
            .order_by(col(ArticleTopic.position))
        )
        former = session.exec(
            select(FormerSlug.slug).where(col(FormerSlug.article_id) == article_id).order_by(col(FormerSlug.slug))
        )
        yield ArticleContent(
            slug=article.slug,
            title=article.title,
            excerpt=article.excerpt,
            category=article.category_slug,
            topics=tuple(topics),
            author=article.author_slug,
            status=article.status,
            publish_at=article.publish_at,
            published_on=article.published_on,
            updated_at=article.updated_at,
            reading_minutes=article.reading_minutes,
            word_count=article.word_count,
            former_slugs=tuple(former),
            call_to_action=body.call_to_action,
            seo={"title": body.seo_title, "description": body.seo_description},
            references=tuple(body.references),
            body=body.markdown,
        )
        session.expunge(article)
        session.expunge(body)
