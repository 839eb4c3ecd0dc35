"""A request that waited for as long as it may is answered, and its statement is ended on the database, too."""

import asyncio
import time
from collections.abc import Callable

import pytest
from sqlalchemy import text

from app.core.db.database import Database
from app.core.db.requests import Mode
from app.core.db.session import Session
from app.core.errors import Unavailable
from tests.factories.writes import run

WAITS = 0.3  # seconds that a request waits, where the database itself would let it run for ten
SOON = 5.0  # seconds in which a busy machine notices that these are over
COUNTING = """
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1000000000)
    SELECT count(*) FROM numbers
"""
RUNNING = text("SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(30)' AND state = 'active'")


@pytest.fixture
def impatient(database: Database) -> Database:
    database.requests.seconds = WAITS
    return database


def is_soon(is_so: Callable[[], object]) -> bool:
    give_up = time.monotonic() + SOON
    while not is_so():
        if time.monotonic() > give_up:
            return False
        time.sleep(0.02)
    return True


async def count_for_long(database: Database, mode: Mode) -> float:
    """Seconds until the request was refused."""
    slow = "SELECT pg_sleep(30)" if database.url.get_backend_name() == "postgresql" else COUNTING

    def count(session: Session) -> object:
        return session.scalar(text(slow))

    began = time.monotonic()
    with pytest.raises(Unavailable):
        await run(database, count, mode)
    return time.monotonic() - began


@pytest.mark.parametrize("mode", [Mode.READ, Mode.SNAPSHOT])
def test_a_statement_that_was_given_up_is_ended_and_its_connection_discarded(impatient: Database, mode: Mode) -> None:
    async def ask() -> tuple[float, bool]:
        waited = await count_for_long(impatient, mode)
        places = impatient.requests.reading
        return waited, await asyncio.to_thread(is_soon, lambda: not places.taken)

    waited, is_free = asyncio.run(ask())

    assert WAITS * 0.9 < waited < WAITS + SOON
    assert is_free
    assert impatient.reads.pool.checkedout() == 0  # type: ignore[attr-defined]
    assert asyncio.run(run(impatient, lambda session: session.scalar(text("SELECT 1")), mode)) == 1
    if impatient.url.get_backend_name() == "postgresql":
        with impatient.reads.connect() as connection:
            assert is_soon(lambda: connection.scalar(RUNNING) == 0)
