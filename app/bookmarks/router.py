from http import HTTPStatus
from typing import Any

from fastapi import Response

from app.accounts.credentials.access_tokens import BadToken
from app.accounts.dependencies import MemberSession
from app.articles.dependencies import ArticleSlug
from app.bookmarks import service
from app.bookmarks.schemas import BookmarkPage, BookmarkRead
from app.bookmarks.service import ArticleToBookmarkNotFound, BookmarkNotFound, TooManyBookmarks
from app.web.dependencies import NextPageLink, PageQuery
from app.web.problems import responses
from app.web.routes import api_router

router = api_router("/me/bookmarks", tag="Bookmarks", responses=responses(BadToken))

CREATED_RESPONSE: dict[int | str, dict[str, Any]] = {
    201: {"model": BookmarkRead, "description": "The bookmark was created."}
}


@router.get("", summary="List bookmarks")
def list_bookmarks(session: MemberSession, page: PageQuery, link: NextPageLink) -> BookmarkPage:
    """List your bookmarks, newest first. Articles that are no longer public are left out."""
    return link(service.list_bookmarks(session, session.member.id, page, now=session.now))


@router.get("/{article}", summary="Get a bookmark", responses=responses(BookmarkNotFound))
def read_bookmark(article: ArticleSlug, session: MemberSession) -> BookmarkRead:
    """Return your bookmark of an article. Previous slugs of the article also work."""
    return service.read_bookmark(session, session.member.id, article, now=session.now)


@router.put(
    "/{article}",
    summary="Bookmark an article",
    responses=CREATED_RESPONSE | responses(ArticleToBookmarkNotFound, TooManyBookmarks),
)
def save_bookmark(article: ArticleSlug, session: MemberSession, response: Response) -> BookmarkRead:
    """Bookmark an article. If it is already bookmarked, nothing changes and the status is 200 instead of 201."""
    is_new, bookmark = service.save_bookmark(session, session.member.id, article, now=session.now)
    response.status_code = HTTPStatus.CREATED if is_new else HTTPStatus.OK
    return bookmark


@router.delete(
    "/{article}", summary="Remove a bookmark", status_code=HTTPStatus.NO_CONTENT, responses=responses(BookmarkNotFound)
)
def delete_bookmark(article: ArticleSlug, session: MemberSession) -> None:
    """Remove your bookmark of an article. Also succeeds if there is none, as long as the article is public."""
    service.delete_bookmark(session, session.member.id, article, now=session.now)
