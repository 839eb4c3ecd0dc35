"""Makes the database equal to a folder: all of it in one transaction, or nothing."""

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
from app.content.assessments import unlist, write_version
from app.content.content import ArticleContent, Content
from app.content.journeys import unlist_journey, write_journey
from app.content.plan import Plan, plan_load
from app.content.stored import StoredArticle, article_contents
from app.core.markdown.reader import read_markdown
from app.web.cache import releases

AT_ONCE = 200  # articles in memory in all their forms

Planned = tuple[ArticleContent, StoredArticle | None]
Track = Callable[[Sequence[Planned]], Iterable[Planned]]


def load(session: Session, content: Content, *, now: datetime, track: Track = iter, force: bool = False) -> Plan:
    """Write what differs and announce a release; with nothing to change, neither. Says what it did."""
    plan = plan_load(session, content, force=force)
    if not plan.changes:
        return plan
    for change in plan.rows:
        key = dict(zip(change.kind.key, change.key, strict=True))
        if change.is_new:
            session.execute(insert(change.kind.table).values(key | change.values))
        else:
            session.execute(update(change.kind.table).filter_by(**key).values(change.values))
    _free_slugs(session, plan.articles)
    articles = iter(track(plan.articles))
    while batch := list(islice(articles, AT_ONCE)):
        _write(session, batch, now=now)
    if plan.unpublished:
        session.execute(update(Article), list(_unpublished_rows(session, plan.unpublished)))
        hidden = select(Article.id).where(col(Article.public_from).is_(None))
        session.execute(update(ArticleTopic).where(col(ArticleTopic.article_id).in_(hidden)).values(public_from=None))
    _write_definitions(session, plan, now=now)
    for table in (Article, ArticleTopic):
        session.execute(text(f"ANALYZE {table.__tablename__}"))  # statistics of what is there now, for the planner
    releases.announce(session, _scheduled(session, now), now=now)
    return plan


def _write_definitions(session: Session, plan: Plan, *, now: datetime) -> None:
    for slug, definition, before in plan.assessments:
        write_version(session, slug, definition, before, now=now)
    for slug in plan.unlisted:
        unlist(session, slug)
    for slug, definition, is_new in plan.journeys:
        write_journey(session, slug, definition, is_new=is_new)
    for slug in plan.unlisted_journeys:
        unlist_journey(session, slug)


def _free_slugs(session: Session, articles: Sequence[Planned]) -> None:
    """Let go of every slug that a renaming leaves, so that articles can change slugs with each other."""
    renamed = [before.id for article, before in articles if before and before.slug != article.slug]
    if renamed:
        session.execute(update(Article), [{"id": article_id, "slug": f"~{article_id}"} for article_id in renamed])


def _write(session: Session, batch: Sequence[Planned], *, now: datetime) -> None:
    named = [(before.id if before else uuid4(), article, before) for article, before in batch]
    new = [_article_row(article_id, article, None, now) for article_id, article, before in named if not before]
    old = [_article_row(article_id, article, before, now) for article_id, article, before in named if before]
    if new:
        session.execute(insert(Article), new)
    if old:
        session.execute(update(Article), old)
        ids = [row["id"] for row in old]
        session.execute(delete(ArticleBody).where(col(ArticleBody.article_id).in_(ids)))
        session.execute(delete(ArticleTopic).where(col(ArticleTopic.article_id).in_(ids)))
        session.execute(delete(FormerSlug).where(col(FormerSlug.article_id).in_(ids)))
    session.execute(insert(ArticleBody), [_body_row(article_id, article) for article_id, article, _ in named])
    session.execute(insert(ArticleTopic), list(_topic_rows(named)))
    former = [
        {"slug": slug, "article_id": article_id} for article_id, article, _ in named for slug in article.former_slugs
    ]
    if former:
        taken = [row["slug"] for row in former]
        session.execute(delete(FormerSlug).where(col(FormerSlug.slug).in_(taken)))
        session.execute(insert(FormerSlug), former)


def _unpublished_rows(session: Session, ids: Sequence[UUID]) -> Iterator[dict[str, Any]]:
    """The digest goes along, so that a file that comes back as it was is seen to differ."""
    for article_id, article in zip(ids, article_contents(session, ids), strict=True):
        gone = replace(article, status="unpublished")
        yield {"id": article_id, "status": gone.status, "public_from": None, "digest": gone.digest()}


def _article_row(
    article_id: UUID, article: ArticleContent, before: StoredArticle | None, now: datetime
) -> dict[str, Any]:
    default = max(now, article.publish_at or now) if before else article.publish_at or now
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


def _topic_rows(named: Sequence[tuple[UUID, ArticleContent, StoredArticle | None]]) -> Iterator[dict[str, Any]]:
    for article_id, article, _ in named:
        for position, slug in enumerate(article.topics):
            public_from = article.public_from
            yield {"article_id": article_id, "topic_slug": slug, "public_from": public_from, "position": position}


def _scheduled(session: Session, now: datetime) -> Iterator[datetime]:
    due = select(Article.public_from).where(col(Article.public_from) > now).distinct()
    return (moment for moment in session.exec(due) if moment)


def sort_title(title: str) -> str:
    """What a title is sorted by: no case, no accents, no quotes in front."""
    plain = normalize("NFKD", title).encode("ascii", "ignore").decode().casefold()
    return plain.lstrip("\"'( ") or title.casefold()
