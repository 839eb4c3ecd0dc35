"""create_app wires everything; nothing is created at import."""

import gc
from asyncio import get_running_loop
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import structlog
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import iter_route_contexts
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from app import accounts, articles, assessments, bookmarks, journey, pages, privacy, support
from app.accounts.credentials.router import router as accounts_router
from app.accounts.devices import device_name
from app.accounts.router import consents_router
from app.accounts.router import router as me_router
from app.accounts.services import Tools
from app.articles.router import router as articles_router
from app.articles.search import SearchIndex
from app.articles.search_documents import indexed_articles
from app.assessments.drafts.router import router as drafts_router
from app.assessments.results.router import router as results_router
from app.assessments.router import router as assessments_router
from app.assessments.services import Tools as AssessmentTools
from app.bookmarks.router import router as bookmarks_router
from app.core import logs
from app.core.background import Repeating
from app.core.db.database import Database
from app.core.db.deadline import OF_ONE
from app.core.db.group_commit import Together
from app.core.mail.outbox import Postman
from app.core.mail.transport import transport_of
from app.core.memory import few_arenas, give_back, settle
from app.core.settings import Settings
from app.core.timestamps import utc_now
from app.journey.calendars.router import router as calendars_router
from app.journey.content.router import router as journeys_router
from app.journey.router import days_router
from app.journey.router import router as runs_router
from app.journey.services import Tools as JourneyTools
from app.pages.router import router as pages_router
from app.privacy.erasure_log import Erasures
from app.privacy.retention import clean_up
from app.privacy.router import router as privacy_router
from app.support.router import router as support_router
from app.web import health, metrics, problems
from app.web.cache.release_watcher import ContentSignal
from app.web.cache.response_cache import ContentCache
from app.web.concurrency import MOST, Turns
from app.web.cors import Cors, cors_options, headers_for
from app.web.http_methods import HeadForGet
from app.web.middleware import BodyLimit, Faults, JsonBodies, SecurityHeaders
from app.web.openapi import docs_pages
from app.web.openapi.document import DESCRIPTION, TITLE, VERSION, DescribedApi, operation_name
from app.web.query_params import check_query
from app.web.rate_limits import Capacity, Limits
from app.web.request_logging import Observe
from app.web.request_validation import check_request
from app.web.shutdown import Leaving

log = structlog.get_logger("app.start")

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


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    state = app.state
    few_arenas()
    state.signal.start()
    device_name("")  # it reads its tables at the first name, which nobody is to wait for
    for work in state.background:
        work.start()
    get_running_loop().set_default_executor(ThreadPoolExecutor(MOST, "work"))
    settle()
    state.leaving.listen()
    yield {"leaving": state.leaving, "head_seconds": state.settings.head_seconds}
    gc.unfreeze()
    for work in state.background:
        work.stop()
    state.signal.stop()
    if state.together:
        state.together.close()
    state.database.close()


@cache
def product_routes() -> list[BaseRoute]:
    """Included once, whatever number of applications is made: FastAPI works out all of it anew for each that includes
    them, which takes as long as the rest of making one.
    """
    product = APIRouter(generate_unique_id_function=operation_name, responses=problems.EVERYWHERE)
    for router in (  # who is asked most often stands first: FastAPI tries one route after the other
        days_router,
        runs_router,
        articles_router,
        assessments_router,
        journeys_router,
        results_router,
        drafts_router,
        bookmarks_router,
        me_router,
        accounts_router,
        consents_router,
        privacy_router,
        pages_router,
        support_router,
        calendars_router,
    ):
        product.include_router(router, prefix="/v1", dependencies=[Depends(check_request)], responses=problems.LIMITED)
    return product.routes


def create_app(settings: Settings | None = None) -> FastAPI:
    """The whole application, made from settings; those of the environment unless given."""
    settings = settings or Settings()
    logs.configure(settings.log_level)
    database = Database(settings.database, pool_size=settings.pool_size, patience=OF_ONE * settings.database_seconds)
    if settings.environment == "production" and not settings.smtp_url:
        log.warning("mails_go_to_files", folder=str(settings.var_dir / "mail"))
    search = SearchIndex()
    signal = ContentSignal(database, rebuild=lambda: search.rebuild(indexed_articles(database)))
    tools = Tools.of(settings)
    erasures = Erasures(settings.erasures, settings.ring)
    postman = Postman(database, settings.ring, transport_of(settings), sender=settings.mail_from)
    measures = metrics.Metrics()
    templates: dict[object, str] = {}

    def outermost(inner: ASGIApp) -> ASGIApp:
        cache = ContentCache(
            inner,
            signal=signal,
            most_entries=settings.cache_entries,
            most_bytes=settings.cache_bytes,
            origins=headers_for(settings.cors_origins),
        )
        measures.watch(cache)
        return HeadForGet(cache)

    app = DescribedApi(
        outermost=outermost,
        title=TITLE,
        version=VERSION,
        description=DESCRIPTION,
        license_info={"name": "MIT", "identifier": "MIT"},
        servers=[{"url": "/", "description": "This server"}],
        openapi_tags=TAGS,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=operation_name,
        responses=problems.EVERYWHERE,
        lifespan=lifespan,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        middleware=[
            Middleware(Observe, metrics=measures, templates=templates),
            Middleware(SecurityHeaders),
            Middleware(Cors, **cors_options(settings.cors_origins)),
            Middleware(Faults),
            Middleware(
                BodyLimit,
                most_bytes=settings.max_body_bytes,
                larger={"/sync": settings.max_sync_bytes},
                seconds=settings.body_seconds,
            ),
            Middleware(JsonBodies),
        ],
    )
    app.state.settings = settings
    app.state.database = database
    app.state.signal = signal
    app.state.search = search
    app.state.metrics = measures
    app.state.tools = tools
    app.state.assessments = AssessmentTools.of(settings.ring)
    app.state.journeys = JourneyTools.of(settings.ring)
    app.state.erasures = erasures
    app.state.postman = postman
    app.state.limits = limits = Limits(settings)
    app.state.background = [
        Repeating("mail", lambda: postman.deliver_next() is not None, every=1),
        Repeating("clean-up", lambda: clean_up(database, erasures, now=utc_now()), every=3600),
        Repeating("limits", limits.sweep, every=60),
        Repeating("memory", give_back, every=10),
    ]
    app.state.turns = Turns(database, seconds=settings.database_seconds)
    app.state.together = Together(database) if database.writes_together else None
    app.state.capacity = Capacity(at_once=settings.passwords_at_once, waiting=settings.passwords_waiting)
    app.state.readiness = health.Readiness(database)
    app.state.leaving = Leaving(notice=settings.leaving_seconds)

    app.router.routes.extend(product_routes())
    app.include_router(health.router, dependencies=[Depends(check_query)])
    app.include_router(metrics.router, dependencies=[Depends(check_query)])
    docs_pages.install(app)
    problems.install(app)
    templates.update({context.endpoint: context.path for context in iter_route_contexts(app.routes) if context.path})
    return app
