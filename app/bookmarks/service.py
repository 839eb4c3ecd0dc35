"""Bookmarks: kept by article, so that a renamed one stays; shown while the article is public."""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from uuid import UUID

from sqlalchemy import bindparam, delete, func, or_, select
from sqlmodel import col

from app.articles.models import Article, FormerSlug
from app.articles.queries import is_public
from app.articles.service import ArticleNotFound
from app.articles.summaries import summaries_of
from app.bookmarks.models import Bookmark
from app.bookmarks.schemas import BookmarkPage, BookmarkRead
from app.core.db.pagination import Order, PageRequest, Statement, page_of
from app.core.db.session import Session
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


def list_bookmarks(session: Session, member_id: UUID, page: PageRequest, *, now: datetime) -> BookmarkPage:
    """The newest first."""
    mine = col(Bookmark.member_id) == member_id, is_public(now)
    kept = select(col(Bookmark.article_id)).join(Article, col(Article.id) == col(Bookmark.article_id)).where(*mine)
    total = session.scalar(select(func.count()).select_from(kept.subquery())) or 0
    found = page_of(session, kept, page, NEWEST, total=total)
    saved = {row.article_id: row.saved_at for row in found.items}
    articles = summaries_of(session, list(saved), now=now)
    items = [BookmarkRead(article=article, saved_at=saved[article_id]) for article_id, article in articles.items()]
    return BookmarkPage(items, found.total, found.next)


def read_bookmark(session: Session, member_id: UUID, slug: str, *, now: datetime) -> BookmarkRead:
    """Raises BookmarkNotFound."""
    article_id = _article_of(session, slug)
    mine = col(Bookmark.member_id) == member_id, col(Bookmark.article_id) == article_id
    saved_at = session.scalar(select(col(Bookmark.saved_at)).where(*mine))
    if article_id is None or saved_at is None:
        raise BookmarkNotFound
    article = summaries_of(session, [article_id], now=now).get(article_id)
    if article is None:
        raise BookmarkNotFound
    return BookmarkRead(article=article, saved_at=saved_at)


def keep_bookmark(session: Session, member_id: UUID, slug: str, *, now: datetime) -> tuple[bool, BookmarkRead]:
    """Whether it is new, and the bookmark. Raises NotAnArticle and TooManyBookmarks."""
    article_id = _article_of(session, slug)
    if article_id is None or not summaries_of(session, [article_id], now=now):
        raise NotAnArticle
    mine = col(Bookmark.member_id) == member_id
    row = session.insert_or(Bookmark).values(member_id=member_id, article_id=article_id, saved_at=now)
    once = row.on_conflict_do_nothing().returning(col(Bookmark.article_id))
    is_new = session.execute(once).first() is not None
    if is_new and (session.scalar(select(func.count()).select_from(Bookmark).where(mine)) or 0) > AT_MOST:
        raise TooManyBookmarks
    return is_new, read_bookmark(session, member_id, slug, now=now)


def delete_bookmark(session: Session, member_id: UUID, slug: str, *, now: datetime) -> None:
    """Whether a public article was kept makes no difference. Raises BookmarkNotFound for any other that wasn't kept."""
    article_id = _article_of(session, slug)
    this = col(Bookmark.member_id) == member_id, col(Bookmark.article_id) == article_id
    if session.execute(delete(Bookmark).where(*this)).rowcount:
        return
    if article_id is None or not summaries_of(session, [article_id], now=now):
        raise BookmarkNotFound


def all_bookmarks(session: Session, member_id: UUID) -> Iterator[tuple[str, datetime]]:
    """Each article's slug, and when it was saved: the oldest first, also of articles that aren't public any longer."""
    columns = select(col(Article.slug), col(Bookmark.saved_at)).join(Bookmark)
    mine = columns.where(col(Bookmark.member_id) == member_id).order_by(col(Bookmark.saved_at))
    return ((row.slug, row.saved_at) for row in session.execute(mine))


def _article_of(session: Session, slug: str) -> UUID | None:
    """The article that has a slug, or had it once; a live slug wins."""
    found: list[UUID] = [row.id for row in session.fetch(_by_slug(), {"slug": slug})]
    return found[0] if found else None


@cache
def _by_slug() -> Statement:
    is_live = col(Article.slug) == bindparam("slug")
    former = select(col(FormerSlug.article_id)).where(col(FormerSlug.slug) == bindparam("slug"))
    article = select(col(Article.id)).where(or_(is_live, col(Article.id).in_(former)))
    return article.order_by(is_live.desc()).limit(1)
