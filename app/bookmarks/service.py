"""Save, list and remove a member's bookmarks of articles.

Bookmarks reference articles by id, so that they remain valid if a slug changes. Bookmarks of articles that are no
longer public are stored, but not shown.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from uuid import UUID

from sqlalchemy import bindparam, delete, func, or_, select
from sqlmodel import col

from app.articles.models import Article, FormerSlug
from app.articles.queries import is_public
from app.articles.service import ArticleNotFound
from app.articles.summaries import find_summaries
from app.bookmarks.models import Bookmark
from app.bookmarks.schemas import BookmarkPage, BookmarkRead
from app.core.db.pagination import Order, PageRequest, Statement, fetch_page
from app.core.db.session import Session
from app.core.errors import Conflict, FieldError, NotFound

MAX_BOOKMARKS = 1000  # per member
NEWEST_FIRST = Order("saved", (col(Bookmark.saved_at), col(Bookmark.article_id)), descending=True)


class BookmarkNotFound(NotFound):
    code = "bookmark_not_found"
    message = "You have no bookmark for this article."

    def __init__(self) -> None:
        super().__init__(FieldError("path", "/article", self.message))


class ArticleToBookmarkNotFound(NotFound):
    code = ArticleNotFound.code
    message = ArticleNotFound.message

    def __init__(self) -> None:
        super().__init__(FieldError("path", "/article", self.message))


class TooManyBookmarks(Conflict):
    code = "too_many_bookmarks"
    message = f"You have reached the limit of {MAX_BOOKMARKS:,} bookmarks. Remove one to save another."


def list_bookmarks(session: Session, member_id: UUID, page: PageRequest, *, now: datetime) -> BookmarkPage:
    """Return a page of a member's bookmarks, newest first. Articles that aren't public are left out."""
    article_ids = (
        select(col(Bookmark.article_id))
        .join(Article, col(Article.id) == col(Bookmark.article_id))
        .where(col(Bookmark.member_id) == member_id, is_public(now))
    )
    total = session.scalar(select(func.count()).select_from(article_ids.subquery())) or 0
    bookmarks = fetch_page(session, article_ids, page, NEWEST_FIRST, total=total)
    saved_at = {row.article_id: row.saved_at for row in bookmarks.items}
    articles = find_summaries(session, list(saved_at), now=now)
    items = [BookmarkRead(article=article, saved_at=saved_at[article_id]) for article_id, article in articles.items()]
    return BookmarkPage(items, bookmarks.total, bookmarks.next)


def read_bookmark(session: Session, member_id: UUID, slug: str, *, now: datetime) -> BookmarkRead:
    """Return a member's bookmark of an article.

    Raise BookmarkNotFound if the article isn't bookmarked or isn't public.
    """
    article_id = _find_article_id(session, slug)
    key = col(Bookmark.member_id) == member_id, col(Bookmark.article_id) == article_id
    saved_at = session.scalar(select(col(Bookmark.saved_at)).where(*key))
    if article_id is None or saved_at is None:
        raise BookmarkNotFound
    article = find_summaries(session, [article_id], now=now).get(article_id)
    if article is None:
        raise BookmarkNotFound
    return BookmarkRead(article=article, saved_at=saved_at)


def save_bookmark(session: Session, member_id: UUID, slug: str, *, now: datetime) -> tuple[bool, BookmarkRead]:
    """Bookmark an article. Return whether the bookmark is new, and the bookmark.

    Raise ArticleToBookmarkNotFound if the article isn't public, and TooManyBookmarks at the limit.
    """
    article_id = _find_article_id(session, slug)
    if article_id is None or not find_summaries(session, [article_id], now=now):
        raise ArticleToBookmarkNotFound
    values = {"member_id": member_id, "article_id": article_id, "saved_at": now}
    insert = session.dialect_insert(Bookmark).values(**values).on_conflict_do_nothing()
    is_new = session.execute(insert.returning(col(Bookmark.article_id))).first() is not None
    count = select(func.count()).select_from(Bookmark).where(col(Bookmark.member_id) == member_id)
    if is_new and (session.scalar(count) or 0) > MAX_BOOKMARKS:
        raise TooManyBookmarks
    return is_new, read_bookmark(session, member_id, slug, now=now)


def delete_bookmark(session: Session, member_id: UUID, slug: str, *, now: datetime) -> None:
    """Remove a member's bookmark. Does nothing if a public article isn't bookmarked.

    Raise BookmarkNotFound if the article is neither bookmarked nor public.
    """
    article_id = _find_article_id(session, slug)
    key = col(Bookmark.member_id) == member_id, col(Bookmark.article_id) == article_id
    if session.execute(delete(Bookmark).where(*key)).rowcount:
        return
    if article_id is None or not find_summaries(session, [article_id], now=now):
        raise BookmarkNotFound


def iter_bookmarks(session: Session, member_id: UUID) -> Iterator[tuple[str, datetime]]:
    """Return the slug and save time of each bookmark, oldest first. Includes articles that are no longer public."""
    bookmarks = (
        select(col(Article.slug), col(Bookmark.saved_at))
        .join(Bookmark)
        .where(col(Bookmark.member_id) == member_id)
        .order_by(col(Bookmark.saved_at))
    )
    return ((row.slug, row.saved_at) for row in session.execute(bookmarks))


def _find_article_id(session: Session, slug: str) -> UUID | None:
    """Return the id of the article with this current or previous slug. A current slug takes precedence."""
    ids: list[UUID] = [row.id for row in session.fetch(_article_id_by_slug(), {"slug": slug})]
    return ids[0] if ids else None


@cache
def _article_id_by_slug() -> Statement:
    is_current = col(Article.slug) == bindparam("slug")
    renamed_ids = select(col(FormerSlug.article_id)).where(col(FormerSlug.slug) == bindparam("slug"))
    article_ids = select(col(Article.id)).where(or_(is_current, col(Article.id).in_(renamed_ids)))
    return article_ids.order_by(is_current.desc()).limit(1)
