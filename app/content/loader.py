"""Loading of editorial content into the database, in one transaction."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any
from unicodedata import normalize
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, text, update
from sqlmodel import Session, col, select

from app.articles.models import Article, ArticleBody, ArticleTopic, FormerSlug
from app.content.assessments import unlist_assessment, write_version
from app.content.content import ArticleContent, Content
from app.content.journeys import unlist_journey, write_journey
from app.content.plan import Plan, plan_load
from app.content.stored import StoredArticle, article_contents
from app.core.markdown.reader import read_markdown
from app.web.cache import releases

BATCH_SIZE = 200  # articles that are rendered and written together

PlannedArticle = tuple[ArticleContent, StoredArticle | None]
Track = Callable[[Sequence[PlannedArticle]], Iterable[PlannedArticle]]


def load(session: Session, content: Content, *, now: datetime, track: Track = iter, force: bool = False) -> Plan:
    """Update the database to match the content. Return the plan of changes.

    If there are any changes, a content release is added, from which running servers notice the new content.
    """
    plan = plan_load(session, content, force=force)
    if not plan.changes:
        return plan
    for change in plan.rows:
        key = dict(zip(change.kind.key, change.key, strict=True))
        if change.is_new:
            session.execute(insert(change.kind.table).values(key | change.values))
        else:
            session.execute(update(change.kind.table).filter_by(**key).values(change.values))
    _vacate_slugs(session, plan.articles)
    articles = iter(track(plan.articles))
    while batch := list(islice(articles, BATCH_SIZE)):
        _write_articles(session, batch, now=now)
    if plan.unpublished:
        session.execute(update(Article), list(_unpublished_rows(session, plan.unpublished)))
        hidden = select(Article.id).where(col(Article.public_from).is_(None))
        session.execute(update(ArticleTopic).where(col(ArticleTopic.article_id).in_(hidden)).values(public_from=None))
    _write_definitions(session, plan, now=now)
    for table in (Article, ArticleTopic):
        session.execute(text(f"ANALYZE {table.__tablename__}"))  # update the query planner's statistics
    releases.add_release(session, _scheduled_publications(session, now), now=now)
    return plan


def _write_definitions(session: Session, plan: Plan, *, now: datetime) -> None:
    for slug, definition, current in plan.assessments:
        write_version(session, slug, definition, current, now=now)
    for slug in plan.unlisted_assessments:
        unlist_assessment(session, slug)
    for slug, definition, is_new in plan.journeys:
        write_journey(session, slug, definition, is_new=is_new)
    for slug in plan.unlisted_journeys:
        unlist_journey(session, slug)


def _vacate_slugs(session: Session, articles: Sequence[PlannedArticle]) -> None:
    """Give renamed articles temporary slugs, so that two articles can exchange their slugs."""
    renamed = [current.id for article, current in articles if current and current.slug != article.slug]
    if renamed:
        session.execute(update(Article), [{"id": article_id, "slug": f"~{article_id}"} for article_id in renamed])


def _write_articles(session: Session, batch: Sequence[PlannedArticle], *, now: datetime) -> None:
    identified = [(current.id if current else uuid4(), article, current) for article, current in batch]
    new = [_article_row(article_id, article, None, now) for article_id, article, current in identified if not current]
    old = [_article_row(article_id, article, current, now) for article_id, article, current in identified if current]
    if new:
        session.execute(insert(Article), new)
    if old:
        session.execute(update(Article), old)
        ids = [row["id"] for row in old]
        session.execute(delete(ArticleBody).where(col(ArticleBody.article_id).in_(ids)))
        session.execute(delete(ArticleTopic).where(col(ArticleTopic.article_id).in_(ids)))
        session.execute(delete(FormerSlug).where(col(FormerSlug.article_id).in_(ids)))
    session.execute(insert(ArticleBody), [_body_row(article_id, article) for article_id, article, _ in identified])
    session.execute(insert(ArticleTopic), list(_topic_rows(identified)))
    former = [
        {"slug": slug, "article_id": article_id}
        for article_id, article, _ in identified
        for slug in article.former_slugs
    ]
    if former:
        slugs = [row["slug"] for row in former]
        session.execute(delete(FormerSlug).where(col(FormerSlug.slug).in_(slugs)))
        session.execute(insert(FormerSlug), former)


def _unpublished_rows(session: Session, ids: Sequence[UUID]) -> Iterator[dict[str, Any]]:
    """Yield the column values that unpublish articles.

    The digest changes too, so that an article counts as changed if its file is restored later.
    """
    for article_id, article in zip(ids, article_contents(session, ids), strict=True):
        unpublished = replace(article, status="unpublished")
        yield {"id": article_id, "status": unpublished.status, "public_from": None, "digest": unpublished.digest()}


def _article_row(
    article_id: UUID, article: ArticleContent, current: StoredArticle | None, now: datetime
) -> dict[str, Any]:
    default = max(now, article.publish_at or now) if current else article.publish_at or now
    return {
        "id": article_id,
        "slug": article.slug,
        "title": article.title,
        "sort_title": sort_title(article.title),
        "excerpt": article.excerpt,
        "category_slug": article.category,
        "author_slug": article.author,
        "status": article.status,
        "publish_at": article.publish_at,
        "public_from": article.public_from,
        "published_on": article.published_on,
        "updated_at": article.updated_at or default,
        "reading_minutes": article.reading_minutes,
        "word_count": article.word_count,
        "digest": article.digest(),
    }


def _body_row(article_id: UUID, article: ArticleContent) -> dict[str, Any]:
    document, _ = read_markdown(article.body)
    return {
        "article_id": article_id,
        "markdown": article.body,
        "html": document.html,
        "text": document.text,
        "blocks": document.blocks,
        "contents": document.contents,
        "references": list(article.references),
        "call_to_action": article.call_to_action,
        "seo_title": article.seo["title"],
        "seo_description": article.seo["description"],
    }


def _topic_rows(identified: Sequence[tuple[UUID, ArticleContent, StoredArticle | None]]) -> Iterator[dict[str, Any]]:
    for article_id, article, _ in identified:
        for position, slug in enumerate(article.topics):
            public_from = article.public_from
            yield {"article_id": article_id, "topic_slug": slug, "public_from": public_from, "position": position}


def _scheduled_publications(session: Session, now: datetime) -> Iterator[datetime]:
    statement = select(Article.public_from).where(col(Article.public_from) > now).distinct()
    return (moment for moment in session.exec(statement) if moment)


def sort_title(title: str) -> str:
    """Return the text by which a title is sorted: in lower case, without accents and leading quotes."""
    plain = normalize("NFKD", title).encode("ascii", "ignore").decode().casefold()
    return plain.lstrip("\"'( ") or title.casefold()
