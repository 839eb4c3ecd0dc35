from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Response

from app.accounts.credentials.access_tokens import BadToken
from app.accounts.dependencies import MemberReads, MemberWrites
from app.articles.dependencies import ArticleSlug
from app.bookmarks import service
from app.bookmarks.schemas import BookmarkPage, BookmarkRead
from app.bookmarks.service import BookmarkNotFound, NotAnArticle, TooManyBookmarks
from app.web.dependencies import Linked, PageQuery
from app.web.problems import refusals

router = APIRouter(prefix="/me/bookmarks", tags=["Bookmarks"], responses=refusals(BadToken))

CREATED: dict[int | str, dict[str, Any]] = {201: {"model": BookmarkRead, "description": "Kept."}}


@router.get("", summary="Your bookmarks", response_model=BookmarkPage)
def list_bookmarks(me: MemberReads, page: PageQuery, link: Linked) -> Any:
    """The articles that you keep, the newest first. One that isn't public any longer isn't shown."""
    return link(service.list_bookmarks(me.reads, me.access.member_id, page, now=me.now))


@router.get("/{article}", summary="A bookmark", response_model=BookmarkRead, responses=refusals(BookmarkNotFound))
def read_bookmark(article: ArticleSlug, me: MemberReads) -> Any:
    """Whether you keep an article, and since when."""
    return service.read_bookmark(me.reads, me.access.member_id, article, now=me.now)


@router.put(
    "/{article}",
    summary="Keep an article",
    response_model=BookmarkRead,
    responses=CREATED | refusals(NotAnArticle, TooManyBookmarks),
)
def keep_bookmark(article: ArticleSlug, me: MemberWrites, response: Response) -> Any:
    """Keep it; keeping it again changes nothing."""
    is_new, bookmark = service.keep_bookmark(me.session, me.access.member_id, article, now=me.now)
    response.status_code = HTTPStatus.CREATED if is_new else HTTPStatus.OK
    return bookmark


@router.delete(
    "/{article}", summary="Remove a bookmark", status_code=HTTPStatus.NO_CONTENT, responses=refusals(BookmarkNotFound)
)
def delete_bookmark(article: ArticleSlug, me: MemberWrites) -> None:
    """Remove it; removing it again changes nothing."""
    service.delete_bookmark(me.session, me.access.member_id, article, now=me.now)
