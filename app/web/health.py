"""Whether this process lives, and whether it can serve."""

from time import monotonic

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy import Connection, column, select, table
from sqlalchemy.exc import SQLAlchemyError

from app.core.db.database import Database
from app.core.db.deadline import begin_request
from app.core.errors import Unavailable
from app.web.problems import refusals

TABLES = "20261124_journey"  # the newest of migrations/, whose names sort: a server has no use for Alembic
MIGRATED = table("alembic_version", column("version_num"))
GOOD_FOR = 1.0  # seconds that an answer is repeated, so that probes cost the database next to nothing

router = APIRouter(prefix="/health", tags=["Operations"])


class NotReady(Unavailable):
    code = "not_ready"
    says = "The database can't be reached."


class Health(BaseModel):
    status: str = Field(examples=["ok"])


class Readiness:
    """Remembers for a moment what was wrong, if anything."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.limiter = CapacityLimiter(1)  # a thread of its own: it must answer when all others are busy
        self._asked = -GOOD_FOR
        self._wrong: str | None = None

    def what_is_wrong(self) -> str | None:
        if monotonic() - self._asked >= GOOD_FOR:
            self._wrong = self._look()
            self._asked = monotonic()
        return self._wrong

    def _look(self) -> str | None:
        try:
            with self._database.reads.connect() as connection:
                revision = revision_of(connection)
        except SQLAlchemyError:
            return "The database can't be reached."
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
    state = request.app.state
    if state.leaving.begun:
        raise NotReady("This process is about to stop.")
    readiness: Readiness = state.readiness
    begin_request(state.settings.database_seconds)
    wrong = await to_thread.run_sync(readiness.what_is_wrong, limiter=readiness.limiter)
    if wrong:
        raise NotReady(wrong)
    return Health(status="ok")
