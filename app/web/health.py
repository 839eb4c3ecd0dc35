"""Whether this process lives, and whether it can serve."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

from fastapi import Request
from pydantic import BaseModel, Field
from sqlalchemy import Connection, column, select, table
from sqlalchemy.exc import SQLAlchemyError

from app.core.db.database import Database
from app.core.errors import Unavailable
from app.web.problems import refusals
from app.web.routes import operations_router

TABLES = "20261124_journey"  # the newest of migrations/, whose names sort: a server has no use for Alembic
MIGRATED = table("alembic_version", column("version_num"))
UNREACHABLE = "The database can't be reached."
GOOD_FOR = 1.0  # seconds that an answer is repeated, so that probes cost the database next to nothing

router = operations_router("/health")


class NotReady(Unavailable):
    code = "not_ready"
    says = UNREACHABLE


class Health(BaseModel):
    status: str = Field(examples=["ok"])


class Readiness:
    """Looks at the database, in a thread of its own: it answers when all others are busy, or wait for the database."""

    def __init__(self, database: Database, *, seconds: float) -> None:
        self._database = database
        self._seconds = seconds
        self._looked_at = -GOOD_FOR
        self._fault: str | None = None
        self._look: asyncio.Future[str | None] | None = None
        self._thread = ThreadPoolExecutor(1, "readiness")

    async def fault(self) -> str | None:
        """What is wrong, if anything; repeated for a moment, so that probes cost the database next to nothing."""
        if monotonic() - self._looked_at < GOOD_FOR:
            return self._fault
        if self._look is None or self._look.done():
            self._look = asyncio.get_running_loop().run_in_executor(self._thread, self._look_now)
        try:
            async with asyncio.timeout(self._seconds):
                self._fault = await asyncio.shield(self._look)
        except TimeoutError:
            return UNREACHABLE
        self._looked_at = monotonic()
        return self._fault

    def _look_now(self) -> str | None:
        try:
            with self._database.reading() as session:
                revision = revision_of(session.connection)
        except SQLAlchemyError:
            return UNREACHABLE
        if revision is None or revision < TABLES:
            return "The database's tables are not those of this version: migrate."
        return None  # a later version's tables serve this one, too (docs/decisions/migrations.md)


def revision_of(connection: Connection) -> str | None:
    """Which migration the tables are at; None where none was made."""
    if not connection.dialect.has_table(connection, MIGRATED.name):
        return None
    revision: str | None = connection.scalar(select(MIGRATED.c.version_num))
    return revision


@router.get("/live", summary="Liveness")
async def read_liveness() -> Health:
    """Answers while the process lives; it asks nobody else."""
    return Health(status="ok")


@router.get("/ready", summary="Readiness", responses=refusals(NotReady))
async def read_readiness(request: Request) -> Health:
    """Answers 200 when the database can be reached and its tables are this version's or a later one's, else 503."""
    services = request.app.state.services.web
    if services.shutdown.begun:
        raise NotReady("This process is about to stop.")
    readiness: Readiness = services.readiness
    if fault := await readiness.fault():
        raise NotReady(fault)
    return Health(status="ok")
