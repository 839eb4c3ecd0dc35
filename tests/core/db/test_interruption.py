"""Tests for the request timeout: the request fails, and the database interrupts its statement."""

import asyncio
import time
from collections.abc import Callable

import pytest
from sqlalchemy import text

from app.core.db.database import Database
from app.core.db.request_runner import Mode
from app.core.db.session import Session
from app.core.errors import Unavailable
from tests.factories.writes import run_in_request

TIMEOUT_SECONDS = 0.3  # timeout of a request; the database's own timeout is ten seconds
MAX_DELAY_SECONDS = 5.0  # generous, because the machine may be busy
SLOW_QUERY = """
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1000000000)
    SELECT count(*) FROM numbers
"""
ACTIVE_QUERIES = text("SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(30)' AND state = 'active'")


@pytest.fixture
def short_timeout(database: Database) -> Database:
    database.requests.timeout = TIMEOUT_SECONDS
    return database


def becomes_true(condition: Callable[[], object]) -> bool:
    deadline = time.monotonic() + MAX_DELAY_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


async def run_slow_statement(database: Database, mode: Mode) -> float:
    """Run a slow statement until its request is rejected. Return the seconds that this took."""
    slow = "SELECT pg_sleep(30)" if database.url.get_backend_name() == "postgresql" else SLOW_QUERY

    def work(session: Session) -> object:
        return session.scalar(text(slow))

    started = time.monotonic()
    with pytest.raises(Unavailable):
        await run_in_request(database, work, mode)
    return time.monotonic() - started


@pytest.mark.parametrize("mode", [Mode.READ, Mode.SNAPSHOT])
def test_timed_out_statement_is_interrupted_and_connection_discarded(short_timeout: Database, mode: Mode) -> None:
    async def time_out() -> tuple[float, bool]:
        waited = await run_slow_statement(short_timeout, mode)
        slots = short_timeout.requests.read_slots
        return waited, await asyncio.to_thread(becomes_true, lambda: not slots.used)

    waited, is_free = asyncio.run(time_out())

    assert TIMEOUT_SECONDS * 0.9 < waited < TIMEOUT_SECONDS + MAX_DELAY_SECONDS
    assert is_free
    assert short_timeout.reads.pool.checkedout() == 0  # type: ignore[attr-defined]
    assert asyncio.run(run_in_request(short_timeout, lambda session: session.scalar(text("SELECT 1")), mode)) == 1
    if short_timeout.url.get_backend_name() == "postgresql":
        with short_timeout.reads.connect() as connection:
            assert becomes_true(lambda: connection.scalar(ACTIVE_QUERIES) == 0)
