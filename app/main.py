"""The application: `create_app` builds one typed state and the routes around it. Nothing is created at import."""

import gc
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog
from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware
from starlette.types import ASGIApp

from app import accounts, articles, assessments, bookmarks, journey, pages, privacy, support
from app.accounts.credentials.router import router as credentials_router
from app.accounts.dependencies import device_name
from app.accounts.router import consents_router
from app.accounts.router import router as accounts_router
from app.accounts.services import AccountServices
from app.articles.router import router as articles_router
from app.articles.search import SearchIndex
from app.articles.search_documents import indexed_articles
from app.articles.services import ArticleServices
from app.assessments.drafts.router import router as drafts_router
from app.assessments.results.router import router as results_router
from app.assessments.router import router as assessments_router
from app.assessments.services import AssessmentServices
from app.bookmarks.router import router as bookmarks_router
from app.core import logs
from app.core.background import Repeating
from app.core.db.database import Database
from app.core.mail.outbox import Postman
from app.core.mail.transport import transport_of
from app.core.settings import Settings
from app.core.timestamps import utc_now
from app.journey.calendars.router import router as calendars_router
from app.journey.content.router import router as journeys_router
from app.journey.router import router as runs_router
from app.journey.services import JourneyServices
from app.pages.router import router as pages_router
from app.privacy.erasure_log import Erasures
from app.privacy.retention import clean_up
from app.privacy.router import router as privacy_router
from app.privacy.services import PrivacyServices
from app.support.router import router as support_router
from app.web import health, metrics, problems
from app.web.cache.release_watcher import ReleaseWatcher
from app.web.cache.response_cache import ContentCache
from app.web.cors import Cors, cors_options, headers_for
from app.web.middleware import PastCache, RequestLogging, UnhandledErrors
from app.web.openapi import docs_pages
from app.web.openapi.document import DESCRIPTION, TITLE, VERSION, DescribedApi
from app.web.rate_limits import PasswordCapacity, RateLimits
from app.web.services import WebServices
from app.web.shutdown import Shutdown

log = structlog.get_logger("app.start")

ROUTERS: Sequence[APIRouter] = (
    runs_router,
    calendars_router,
    journeys_router,
    results_router,
    drafts_router,
    assessments_router,
    bookmarks_router,
    pages_router,
    articles_router,
    support_router,
    accounts_router,
    consents_router,
    credentials_router,
    privacy_router,
    health.router,
    metrics.router,
    docs_pages.router,
)
TAGS = [
    {"name": "Articles", "description": articles.__doc__},
    {"name": "Assessments", "description": assessments.__doc__},
    {"name": "Journey", "description": journey.__doc__},
    {"name": "Bookmarks", "description": bookmarks.__doc__},
    {"name": "Pages", "description": pages.__doc__},
    {"name": "Support", "description": support.__doc__},
    {"name": "Accounts", "description": accounts.__doc__},
    {"name": "Privacy", "description": privacy.__doc__},
    {"name": "Operations", "description": "For whoever runs the service."},
]


@dataclass(frozen=True, slots=True)
class AppState:
    """What a running application consists of, by folder. Endpoints reach it by their folder's `Services`."""

    web: WebServices
    accounts: AccountServices
    articles: ArticleServices
    assessments: AssessmentServices
    journey: JourneyServices
    privacy: PrivacyServices
    postman: Postman
    background: list[Repeating]

    @classmethod
    def of(cls, settings: Settings) -> "AppState":
        database = Database(settings.database, pool_size=settings.pool_size, seconds=settings.database_seconds)
        index = SearchIndex()
        limits = RateLimits(settings)
        erasures = Erasures(settings.erasures, settings.ring)
        postman = Postman(database, settings.ring, transport_of(settings), sender=settings.mail_from)
        web = WebServices(
            settings=settings,
            database=database,
            watcher=ReleaseWatcher(database, rebuild=lambda: index.rebuild(indexed_articles(database))),
            metrics=metrics.Metrics(database),
            limits=limits,
            passwords=PasswordCapacity(at_once=settings.passwords_at_once, waiting=settings.passwords_waiting),
            readiness=health.Readiness(database, seconds=settings.database_seconds),
            shutdown=Shutdown(notice=settings.leaving_seconds),
        )
        return cls(
            web=web,
            accounts=AccountServices.of(settings),
            articles=ArticleServices(index),
            assessments=AssessmentServices.of(settings.ring),
            journey=JourneyServices.of(settings.ring),
            privacy=PrivacyServices(erasures),
            postman=postman,
            background=[
                Repeating("mail", lambda: postman.deliver_next() is not None, every=1),
                Repeating("clean-up", lambda: clean_up(database, erasures, now=utc_now()), every=3600),
                Repeating("limits", limits.sweep, every=60),
            ],
        )


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    state: AppState = app.state.services
    state.web.watcher.start()
    device_name("")  # reads its tables now, instead of in the first sign-in
    for work in state.background:
        work.start()
    gc.set_threshold(10_000, 50, 100)
    gc.freeze()  # what has been imported stays: the garbage collector need not look through it again and again
    gc.enable()
    state.web.shutdown.listen()
    yield {"shutdown": state.web.shutdown, "head_seconds": state.web.settings.head_seconds}
    gc.unfreeze()
    for work in state.background:
        work.stop()
    state.web.watcher.stop()
    state.web.database.close()


def create_app(settings: Settings | None = None) -> FastAPI:
    """The whole application, made from settings; those of the environment unless given."""
    settings = settings or Settings()
    logs.configure(settings.log_level)
    if settings.environment == "production" and not settings.smtp_url:
        log.warning("mails_go_to_files", folder=str(settings.var_dir / "mail"))
    state = AppState.of(settings)

    def outermost(inner: ASGIApp) -> ASGIApp:
        cache = ContentCache(
            inner,
            signal=state.web.watcher,
            most_entries=settings.cache_entries,
            most_bytes=settings.cache_bytes,
            origins=headers_for(settings.cors_origins),
        )
        state.web.metrics.watch(cache)
        return PastCache(inner, cache)

    app = DescribedApi(
        outermost=outermost,
        routes=[route for router in ROUTERS for route in router.routes],
        title=TITLE,
        version=VERSION,
        description=DESCRIPTION,
        license_info={"name": "MIT", "identifier": "MIT"},
        servers=[{"url": "/", "description": "This server"}],
        openapi_tags=TAGS,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=problems.EVERYWHERE,
        lifespan=lifespan,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        middleware=[
            Middleware(RequestLogging, metrics=state.web.metrics),
            Middleware(Cors, **cors_options(settings.cors_origins)),
            Middleware(UnhandledErrors),
        ],
    )
    app.state.services = state
    problems.install(app)
    return app
