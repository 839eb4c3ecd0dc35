from typing import Annotated, Any

from fastapi import Query

from app.articles import service, taxonomy
from app.articles.blocks import BodyFormat
from app.articles.dependencies import ArticleFilters, ArticleSlug, AuthorSlug, Format, Services, TopicSlug
from app.articles.highlights import Words
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
from app.web.dependencies import AppSettings, ContentSession, ForEveryone, Linked, PageQuery
from app.web.problems import refusals
from app.web.routes import api_router

MOVED: dict[int | str, dict[str, Any]] = {308: {"description": "The article has another slug now; see `Location`."}}

router = api_router(tag="Articles", dependencies=[ForEveryone])

Text = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=200,
        description="Words to look for; small slips of spelling are forgiven.",
        examples=["lonely"],
    ),
]
Sort = Annotated[
    SortBy | None,
    Query(description="Newest first, or with `q` by relevance, unless said otherwise.", examples=["title"]),
]


@router.get("/articles", summary="Articles", responses=refusals(SearchWarmingUp))
def list_articles(
    session: ContentSession,
    services: Services,
    page: PageQuery,
    link: Linked,
    filters: ArticleFilters,
    q: Text = None,
    sort: Sort = None,
) -> ArticlePage:
    """Published articles in short. Slugs of one kind widen the list, slugs of different kinds narrow it. With `q`,
    articles that have every word or one like it, and where the words stand.
    """
    now = session.now
    if q is None:
        return link(service.list_articles(session, page, filters=filters, sort=sort or SortBy.NEWEST, now=now))
    words, order, index = Words(q), sort or SortBy.RELEVANCE, services.index
    return link(service.search_articles(session, index, page, words=words, filters=filters, sort=order, now=now))


@router.get("/articles/{slug}", summary="An article", responses=MOVED | refusals(ArticleNotFound))
def read_article(
    session: ContentSession,
    services: Services,
    settings: AppSettings,
    slug: ArticleSlug,
    body_format: Format = BodyFormat.BLOCKS,
) -> ArticleRead:
    """Everything that the article's page shows. An article that was renamed is found under its former slug too, by
    a redirect that keeps the query.
    """
    index, now = services.index, session.now
    return service.read_article(session, index, slug, body_format=body_format, settings=settings, now=now)


@router.get("/topics", summary="Topics")
def list_topics(session: ContentSession, page: PageQuery, link: Linked) -> TopicPage:
    """Every topic, with how many public articles have it."""
    return link(taxonomy.list_topics(session, page, now=session.now))


@router.get("/topics/{slug}", summary="A topic", responses=refusals(TopicNotFound))
def read_topic(session: ContentSession, slug: TopicSlug) -> TopicRead:
    """One topic; its articles are listed by `/v1/articles?topic=` and its slug."""
    return taxonomy.read_topic(session, slug, now=session.now)


@router.get("/categories", summary="Categories")
def list_categories(session: ContentSession, page: PageQuery, link: Linked) -> CategoryPage:
    """Every category, with how many public articles are in it."""
    return link(taxonomy.list_categories(session, page, now=session.now))


@router.get("/authors", summary="Authors")
def list_authors(session: ContentSession, page: PageQuery, link: Linked) -> AuthorPage:
    """Everyone who writes, with how many public articles are theirs."""
    return link(taxonomy.list_authors(session, page, now=session.now))


@router.get("/authors/{slug}", summary="An author", responses=refusals(AuthorNotFound))
def read_author(session: ContentSession, slug: AuthorSlug) -> AuthorRead:
    """One author; their articles are listed by `/v1/articles?author=` and their slug."""
    return taxonomy.read_author(session, slug, now=session.now)
