from typing import Annotated, Any

from fastapi import Query

from app.articles import service, taxonomy
from app.articles.blocks import BodyFormat
from app.articles.dependencies import ArticleFilters, ArticleSlug, AuthorSlug, BodyFormatQuery, Services, TopicSlug
from app.articles.highlights import SearchTerms
from app.articles.schemas import (
    ArticlePage,
    ArticleRead,
    AuthorPage,
    AuthorRead,
    CategoryPage,
    SortBy,
    TopicPage,
    TopicRead,
)
from app.articles.search import SearchWarmingUp
from app.articles.service import ArticleNotFound
from app.articles.taxonomy import AuthorNotFound, TopicNotFound
from app.web.dependencies import AppSettings, ContentSession, NextPageLink, PageQuery, PublicResponse
from app.web.problems import responses
from app.web.routes import api_router

REDIRECT_RESPONSES: dict[int | str, dict[str, Any]] = {
    308: {"description": "The article was renamed. Follow `Location`."}
}

router = api_router(tag="Articles", dependencies=[PublicResponse])

SearchText = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=200,
        description="Search words. Small typos are tolerated.",
        examples=["lonely"],
    ),
]
SortQuery = Annotated[
    SortBy | None,
    Query(description="Sort order. Default: newest first, or relevance when `q` is given.", examples=["title"]),
]


@router.get("/articles", summary="List articles", responses=responses(SearchWarmingUp))
def list_articles(
    session: ContentSession,
    services: Services,
    page: PageQuery,
    link: NextPageLink,
    filters: ArticleFilters,
    q: SearchText = None,
    sort: SortQuery = None,
) -> ArticlePage:
    """List public articles, without their bodies. `topic`, `category` and `author` can be repeated to accept any of
    several slugs; articles must match all of these filters. `q` finds articles that contain every search word or a
    similar one, and returns the matches as `highlights`.
    """
    now = session.now
    if q is None:
        return link(service.list_articles(session, page, filters=filters, sort=sort or SortBy.NEWEST, now=now))
    terms, sort_by, index = SearchTerms(q), sort or SortBy.RELEVANCE, services.index
    return link(service.search_articles(session, index, page, terms=terms, filters=filters, sort=sort_by, now=now))


@router.get("/articles/{slug}", summary="Get an article", responses=REDIRECT_RESPONSES | responses(ArticleNotFound))
def read_article(
    session: ContentSession,
    services: Services,
    settings: AppSettings,
    slug: ArticleSlug,
    body_format: BodyFormatQuery = BodyFormat.BLOCKS,
) -> ArticleRead:
    """Return an article with its body and related articles. A previous slug is redirected to the current one with
    status 308, preserving the query string.
    """
    index, now = services.index, session.now
    return service.read_article(session, index, slug, body_format=body_format, settings=settings, now=now)


@router.get("/topics", summary="List topics")
def list_topics(session: ContentSession, page: PageQuery, link: NextPageLink) -> TopicPage:
    """List the topics, each with its number of public articles."""
    return link(taxonomy.list_topics(session, page, now=session.now))


@router.get("/topics/{slug}", summary="Get a topic", responses=responses(TopicNotFound))
def read_topic(session: ContentSession, slug: TopicSlug) -> TopicRead:
    """Return a topic. To list its articles, use `GET /v1/articles?topic={slug}`."""
    return taxonomy.read_topic(session, slug, now=session.now)


@router.get("/categories", summary="List categories")
def list_categories(session: ContentSession, page: PageQuery, link: NextPageLink) -> CategoryPage:
    """List the categories, each with its number of public articles."""
    return link(taxonomy.list_categories(session, page, now=session.now))


@router.get("/authors", summary="List authors")
def list_authors(session: ContentSession, page: PageQuery, link: NextPageLink) -> AuthorPage:
    """List the authors, each with their number of public articles."""
    return link(taxonomy.list_authors(session, page, now=session.now))


@router.get("/authors/{slug}", summary="Get an author", responses=responses(AuthorNotFound))
def read_author(session: ContentSession, slug: AuthorSlug) -> AuthorRead:
    """Return an author. To list their articles, use `GET /v1/articles?author={slug}`."""
    return taxonomy.read_author(session, slug, now=session.now)
