"""The application factory. Importing this module does not create an application."""

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
from app.articles.search_documents import iter_indexed_articles
from app.articles.services import ArticleServices
from app.assessments.drafts.router import router as drafts_router
from app.assessments.results.router import router as results_router
from app.assessments.router import router as assessments_router
from app.assessments.services import AssessmentServices
from app.bookmarks.router import router as bookmarks_router
from app.core import logs
from app.core.background import PeriodicTask
from app.core.db.database import Database
from app.core.mail.outbox import OutboxWorker
from app.core.mail.transport import create_transport
from app.core.settings import Settings
from app.core.timestamps import utc_now
from app.journey.calendars.router import router as calendars_router
from app.journey.content.router import router as journeys_router
from app.journey.router import router as runs_router
from app.journey.services import JourneyServices
from app.pages.router import router as pages_router
from app.privacy.erasure_log import ErasureLog
from app.privacy.retention import clean_up
from app.privacy.router import router as privacy_router
from app.privacy.services import PrivacyServices
from app.support.router import router as support_router
from app.web import health, metrics, problems
from app.web.cache.release_watcher import ReleaseWatcher
from app.web.cache.response_cache import ContentCache
from app.web.cors import CachedCorsHeaders, Cors, cors_options
from app.web.middleware import CacheBypass, RequestLogging, UnhandledErrors
from app.web.openapi import docs_pages
from app.web.openapi.document import DESCRIPTION, TITLE, VERSION, DocumentedApi
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
    {"name": "Operations", "description": "Endpoints for operators: health checks and metrics."},
]


@dataclass(frozen=True, slots=True)
class AppState:
    """The services of a running application, grouped by package. Endpoints receive them as parameters."""

    web: WebServices
    accounts: AccountServices
    articles: ArticleServices
    assessments: AssessmentServices
    journey: JourneyServices
    privacy: PrivacyServices
    outbox_worker: OutboxWorker
    background_tasks: list[PeriodicTask]

    @classmethod
    def of(cls, settings: Settings) -> "AppState":
        database = Database(settings.database, pool_size=settings.pool_size, request_timeout=settings.database_seconds)
        index = SearchIndex()
        limits = RateLimits(settings)
        erasures = ErasureLog(settings.erasures, settings.ring)
        outbox_worker = OutboxWorker(database, settings.ring, create_transport(settings), sender=settings.mail_from)
        account_services = AccountServices.of(settings)
        web = WebServices(
            settings=settings,
            database=database,
            watcher=ReleaseWatcher(database, rebuild=lambda: index.rebuild(iter_indexed_articles(database))),
            metrics=metrics.Metrics(database),
            limits=limits,
            passwords=PasswordCapacity(
                max_concurrent=settings.passwords_at_once, max_waiting=settings.passwords_waiting
            ),
            readiness=health.Readiness(database, timeout_seconds=settings.database_seconds),
            shutdown=Shutdown(notice_seconds=settings.leaving_seconds),
        )
        return cls(
            web=web,
            accounts=account_services,
            articles=ArticleServices(index),
            assessments=AssessmentServices.of(settings.ring),
            journey=JourneyServices.of(settings.ring),
            privacy=PrivacyServices(erasures),
            outbox_worker=outbox_worker,
            background_tasks=[
                PeriodicTask("mail", lambda: outbox_worker.deliver_next() is not None, interval=1),
                PeriodicTask(
                    "clean-up", lambda: clean_up(database, account_services, erasures, now=utc_now()), interval=3600
                ),
                PeriodicTask("limits", limits.sweep, interval=60),
            ],
        )


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    state: AppState = app.state.services
    state.web.watcher.start()
    device_name("")  # loads its tables now, not during the first sign-in
    for task in state.background_tasks:
        task.start()
    gc.set_threshold(10_000, 50, 100)
    gc.freeze()  # excludes imported objects from garbage collection
    gc.enable()
    state.web.shutdown.install_signal_handler()
    yield {"shutdown": state.web.shutdown, "head_seconds": state.web.settings.head_seconds}
    gc.unfreeze()
    for task in state.background_tasks:
        task.stop()
    state.web.watcher.stop()
    state.web.database.close()


def create_app(settings: Settings | None = None) -> FastAPI:
    """Create the application. By default, settings are read from the environment."""
    settings = settings or Settings()
    logs.configure(settings.log_level)
    if settings.environment == "production" and not settings.smtp_url:
        log.warning("emails_written_to_files", directory=str(settings.var_dir / "mail"))
    state = AppState.of(settings)

    def add_cache(inner: ASGIApp) -> ASGIApp:
        cache = ContentCache(
            inner,
            watcher=state.web.watcher,
            max_entries=settings.cache_entries,
            max_bytes=settings.cache_bytes,
            cors_headers=CachedCorsHeaders(settings.cors_origins),
        )
        state.web.metrics.register_cache(cache)
        return CacheBypass(inner, cache)

    app = DocumentedApi(
        outer_middleware=add_cache,
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
        responses=problems.COMMON_RESPONSES,
        lifespan=lifespan,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        middleware=[
            Middleware(RequestLogging, metrics=state.web.metrics),
            Middleware(Cors, **cors_options(settings.cors_origins, settings.cors_headers)),
            Middleware(UnhandledErrors),
        ],
    )
    app.state.services = state
    problems.add_exception_handlers(app)
    return app
