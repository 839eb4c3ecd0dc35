"""Health checks: liveness and readiness probes."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

from fastapi import Request
from pydantic import BaseModel, Field
from sqlalchemy import Connection, column, select, table
from sqlalchemy.exc import SQLAlchemyError

from app.core.db.database import Database
from app.core.errors import Unavailable
from app.web.problems import responses
from app.web.routes import operations_router

MIN_REVISION = "20261129_accounts"  # newest revision in migrations/; revision ids sort by date
ALEMBIC_VERSION = table("alembic_version", column("version_num"))
DATABASE_UNREACHABLE = "The database can't be reached."
CACHE_SECONDS = 1.0  # frequent probes reuse a result, to limit the load on the database

router = operations_router("/health")


class NotReady(Unavailable):
    code = "not_ready"
    message = DATABASE_UNREACHABLE


class Health(BaseModel):
    status: str = Field(examples=["ok"])


class Readiness:
    """Checks the database in a dedicated thread, which works even if all others are busy."""

    def __init__(self, database: Database, *, timeout_seconds: float) -> None:
        self._database = database
        self._timeout_seconds = timeout_seconds
        self._checked_at = -CACHE_SECONDS
        self._error: str | None = None
        self._running_check: asyncio.Future[str | None] | None = None
        self._thread = ThreadPoolExecutor(1, "readiness")

    async def check(self) -> str | None:
        """Return the reason why the process is not ready, or None. Results are reused for CACHE_SECONDS."""
        if monotonic() - self._checked_at < CACHE_SECONDS:
            return self._error
        if self._running_check is None or self._running_check.done():
            self._running_check = asyncio.get_running_loop().run_in_executor(self._thread, self._check_database)
        try:
            async with asyncio.timeout(self._timeout_seconds):
                self._error = await asyncio.shield(self._running_check)
        except TimeoutError:
            return DATABASE_UNREACHABLE
        self._checked_at = monotonic()
        return self._error

    def _check_database(self) -> str | None:
        try:
            with self._database.autocommit() as session:
                revision = current_revision(session.connection)
        except SQLAlchemyError:
            return DATABASE_UNREACHABLE
        if revision is None or revision < MIN_REVISION:
            return "The database schema is older than this version requires. Run the migrations."
        return None  # newer schemas are backward compatible (docs/decisions/migrations.md)


def current_revision(connection: Connection) -> str | None:
    """Return the current migration revision of the database, or None if it has no migration table."""
    if not connection.dialect.has_table(connection, ALEMBIC_VERSION.name):
        return None
    revision: str | None = connection.scalar(select(ALEMBIC_VERSION.c.version_num))
    return revision


@router.get("/live", summary="Check liveness")
async def read_liveness() -> Health:
    """Return 200 while the process runs. This probe does not check the database."""
    return Health(status="ok")


@router.get("/ready", summary="Check readiness", responses=responses(NotReady))
async def read_readiness(request: Request) -> Health:
    """Return 200 when the process can serve requests, otherwise 503.

    The database must be reachable, and its schema must be current or newer.
    """
    services = request.app.state.services.web
    if services.shutdown.has_begun:
        raise NotReady("This process is shutting down.")
    readiness: Readiness = services.readiness
    if error := await readiness.check():
        raise NotReady(error)
    return Health(status="ok")
