from http import HTTPStatus
from typing import Any

from fastapi import Response

from app.accounts.credentials.access_tokens import BadToken
from app.accounts.dependencies import MemberSession
from app.articles.dependencies import ArticleSlug
from app.bookmarks import service
from app.bookmarks.schemas import BookmarkPage, BookmarkRead
from app.bookmarks.service import BookmarkNotFound, NotAnArticle, TooManyBookmarks
from app.web.dependencies import Linked, PageQuery
from app.web.problems import refusals
from app.web.routes import api_router

router = api_router("/me/bookmarks", tag="Bookmarks", responses=refusals(BadToken))

CREATED: dict[int | str, dict[str, Any]] = {201: {"model": BookmarkRead, "description": "Kept."}}


@router.get("", summary="Your bookmarks")
def list_bookmarks(session: MemberSession, page: PageQuery, link: Linked) -> BookmarkPage:
    """The articles that you keep, the newest first. One that isn't public any longer isn't shown."""
    return link(service.list_bookmarks(session, session.member.id, page, now=session.now))


@router.get("/{article}", summary="A bookmark", responses=refusals(BookmarkNotFound))
def read_bookmark(article: ArticleSlug, session: MemberSession) -> BookmarkRead:
    """Whether you keep an article, and since when."""
    return service.read_bookmark(session, session.member.id, article, now=session.now)


@router.put("/{article}", summary="Keep an article", responses=CREATED | refusals(NotAnArticle, TooManyBookmarks))
def keep_bookmark(article: ArticleSlug, session: MemberSession, response: Response) -> BookmarkRead:
    """Keep it; keeping it again changes nothing."""
    is_new, bookmark = service.keep_bookmark(session, session.member.id, article, now=session.now)
    response.status_code = HTTPStatus.CREATED if is_new else HTTPStatus.OK
    return bookmark


@router.delete(
    "/{article}", summary="Remove a bookmark", status_code=HTTPStatus.NO_CONTENT, responses=refusals(BookmarkNotFound)
)
def delete_bookmark(article: ArticleSlug, session: MemberSession) -> None:
    """Remove it; removing it again changes nothing."""
    service.delete_bookmark(session, session.member.id, article, now=session.now)
