"""Bookmarks: kept by article, so that a renamed one stays; shown while the article is public."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, func, or_, select
from sqlmodel import Session, col

from app.articles.models import Article, FormerSlug
from app.articles.queries import is_public
from app.articles.service import ArticleNotFound, summaries_of
from app.bookmarks.models import Bookmark
from app.core.db.database import insert_into
from app.core.db.pagination import Order, Page, PageRequest, page_of
from app.core.errors import Conflict, FieldError, NotFound

AT_MOST = 1000  # bookmarks of one member
NEWEST = Order("saved", (col(Bookmark.saved_at), col(Bookmark.article_id)), descending=True)


class BookmarkNotFound(NotFound):
    code = "bookmark_not_found"
    says = "You haven't kept this article."

    def __init__(self) -> None:
        super().__init__(FieldError("path", "/article", self.says))


class NotAnArticle(NotFound):
    code = ArticleNotFound.code
    says = ArticleNotFound.says

    def __init__(self) -> None:
        super().__init__(FieldError("path", "/article", self.says))


class TooManyBookmarks(Conflict):
    code = "too_many_bookmarks"
    says = "There is no room for more bookmarks."


def list_bookmarks(reads: Connection, member_id: UUID, page: PageRequest, *, now: datetime) -> Page[dict[str, Any]]:
    """The newest first."""
    mine = col(Bookmark.member_id) == member_id, is_public(now)
    kept = select(col(Bookmark.article_id)).join(Article, col(Article.id) == col(Bookmark.article_id)).where(*mine)
    total = reads.scalar(select(func.count()).select_from(kept.subquery())) or 0
    found = page_of(reads, kept, page, NEWEST, total=total)
    saved = {row.article_id: row.saved_at for row in found.items}
    articles = summaries_of(reads, list(saved), now=now)
    return Page([{"article": each, "saved_at": saved[each["id"]]} for each in articles], found.total, found.next)


def read_bookmark(reading: Session | Connection, member_id: UUID, slug: str, *, now: datetime) -> dict[str, Any]:
    """Raises BookmarkNotFound."""
    article_id = _article_of(reading, slug)
    mine = col(Bookmark.member_id) == member_id, col(Bookmark.article_id) == article_id
    saved_at = reading.execute(select(col(Bookmark.saved_at)).where(*mine)).scalar()
    articles = summaries_of(reading, [article_id], now=now) if article_id and saved_at else []
    if not articles:
        raise BookmarkNotFound
    return {"article": articles[0], "saved_at": saved_at}


def keep_bookmark(session: Session, member_id: UUID, slug: str, *, now: datetime) -> tuple[bool, dict[str, Any]]:
    """Whether it is new, and the bookmark. Raises NotAnArticle and TooManyBookmarks."""
    article_id = _article_of(session, slug)
    if article_id is None or not summaries_of(session, [article_id], now=now):
        raise NotAnArticle
    mine = col(Bookmark.member_id) == member_id
    row = insert_into(session, Bookmark).values(member_id=member_id, article_id=article_id, saved_at=now)
    once = row.on_conflict_do_nothing().returning(col(Bookmark.article_id))
    is_new = session.execute(once).first() is not None
    if is_new and (session.scalar(select(func.count()).select_from(Bookmark).where(mine)) or 0) > AT_MOST:
        raise TooManyBookmarks
    return is_new, read_bookmark(session, member_id, slug, now=now)


def delete_bookmark(session: Session, member_id: UUID, slug: str, *, now: datetime) -> None:
    """Whether a public article was kept makes no difference. Raises BookmarkNotFound for what isn't known to them."""
    article_id = _article_of(session, slug)
    this = col(Bookmark.member_id) == member_id, col(Bookmark.article_id) == article_id
    if session.connection().execute(delete(Bookmark).where(*this)).rowcount:
        return
    if article_id is None or not summaries_of(session, [article_id], now=now):
        raise BookmarkNotFound


def all_bookmarks(reads: Connection, member_id: UUID) -> Iterator[dict[str, Any]]:
    """The oldest first, those of articles too that aren't public any longer."""
    columns = select(col(Article.slug), col(Bookmark.saved_at)).join(Bookmark)
    mine = columns.where(col(Bookmark.member_id) == member_id).order_by(col(Bookmark.saved_at))
    return ({"article": row.slug, "saved_at": row.saved_at} for row in reads.execute(mine))


def _article_of(reading: Session | Connection, slug: str) -> UUID | None:
    """The article that has a slug, or had it once; a live slug wins."""
    former = select(col(FormerSlug.article_id)).where(col(FormerSlug.slug) == slug)
    article = select(col(Article.id)).where(or_(col(Article.slug) == slug, col(Article.id).in_(former)))
    found: UUID | None = reading.execute(article.order_by((col(Article.slug) == slug).desc()).limit(1)).scalar()
    return found
