"""Tests for requests that use the database in threads: they time out, are interrupted, and release their slots."""

import asyncio
import gc
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from socket import create_server
from threading import Event
from typing import Any

import pytest
from sqlalchemy import URL, text
from sqlalchemy.exc import OperationalError

from app.core.db.database import Database
from app.core.db.engines import sqlite_driver
from app.core.db.request_runner import Mode
from app.core.db.session import Session
from app.core.errors import Unavailable
from tests.factories.writes import NOW, raise_error, run_in_request

TIMEOUT_SECONDS = 0.4
TIMEOUT_ERRORS = (Unavailable, OperationalError)  # OperationalError: PostgreSQL's own timeout, which is shorter
MAX_DURATION_SECONDS = 3.0  # generous, because the machine may be busy; without a timeout it would be at least 10
SLOW_SQLITE_QUERY = """
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100000000)
    SELECT count(*) FROM numbers
"""
ACTIVE_QUERIES = text("SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(30)' AND state = 'active'")


@pytest.fixture
def short_timeout(database_url: URL) -> Iterator[Database]:
    database = Database(database_url, request_timeout=TIMEOUT_SECONDS)
    yield database
    database.close()


def assert_times_out(request: Coroutine[Any, Any, object]) -> None:
    """Assert that a request is rejected after the timeout."""
    started = time.monotonic()
    with pytest.raises(TIMEOUT_ERRORS):
        asyncio.run(request)
    assert 0.5 * TIMEOUT_SECONDS <= time.monotonic() - started < MAX_DURATION_SECONDS


def write(session: Session) -> None:
    session.execute(text("DELETE FROM content_releases"))


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + MAX_DURATION_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@contextmanager
def locked(database: Database) -> Iterator[None]:
    """Lock the whole database (SQLite) or the table that requests write to (PostgreSQL)."""
    if database.url.get_backend_name() == "sqlite":
        lock_holder = sqlite_driver().connect(database.url.database, isolation_level=None)
        lock_holder.execute("BEGIN EXCLUSIVE")
        yield
        lock_holder.close()
    else:
        with database.transaction() as session:
            session.execute(text("LOCK TABLE content_releases"))
            yield


@contextmanager
def only_new_objects_collected() -> Iterator[None]:
    """Make the garbage collector ignore existing objects, because checking them all could take seconds."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def test_write_to_a_locked_table_times_out(short_timeout: Database, database: Database) -> None:
    with locked(database):
        assert_times_out(run_in_request(short_timeout, write, Mode.WRITE))

    asyncio.run(run_in_request(database, write, Mode.WRITE))


def test_request_without_free_slot_times_out(short_timeout: Database) -> None:
    async def use_all_slots() -> None:
        slots = short_timeout.requests.read_slots
        for _ in range(slots.capacity):
            await slots.acquire(1)
        with pytest.raises(Unavailable):
            await run_in_request(short_timeout, write, Mode.READ)
        for _ in range(slots.capacity):
            slots.release()

    asyncio.run(use_all_slots())

    assert short_timeout.requests.read_slots.used == 0


@pytest.mark.parametrize("mode", [Mode.READ, Mode.SNAPSHOT])
def test_timed_out_statement_is_interrupted_and_connection_discarded(database: Database, mode: Mode) -> None:
    """Only the request times out: the timeouts of the database are longer."""
    is_postgresql = database.url.get_backend_name() == "postgresql"
    database.requests.timeout = TIMEOUT_SECONDS

    async def time_out() -> None:
        slow = text("SELECT pg_sleep(30)" if is_postgresql else SLOW_SQLITE_QUERY)
        started = time.monotonic()
        with pytest.raises(Unavailable):
            await run_in_request(database, lambda session: session.scalar(slow), mode)
        assert 0.9 * TIMEOUT_SECONDS < time.monotonic() - started < MAX_DURATION_SECONDS
        await asyncio.to_thread(wait_until, lambda: not database.requests.read_slots.used)

    asyncio.run(time_out())

    assert database.reads.pool.checkedout() == 0  # type: ignore[attr-defined]
    assert asyncio.run(run_in_request(database, lambda session: session.scalar(text("SELECT 1")), mode)) == 1
    if is_postgresql:
        with database.reads.connect() as connection:
            wait_until(lambda: connection.scalar(ACTIVE_QUERIES) == 0)


def test_connection_to_an_unresponsive_server_times_out() -> None:
    with create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        url = URL.create("postgresql+psycopg", "user", host="127.0.0.1", port=port)
        database = Database(url, request_timeout=TIMEOUT_SECONDS)

        with only_new_objects_collected():
            assert_times_out(run_in_request(database, write, Mode.READ))
            gc.collect()
        database.close()


def test_cancelled_request_uses_its_slot_until_its_thread_ends(database: Database) -> None:
    is_started, may_end = Event(), Event()

    def work(session: Session) -> object:
        session.scalar(text("SELECT 1"))
        is_started.set()
        assert may_end.wait(MAX_DURATION_SECONDS)
        return session.scalar(text("SELECT 1"))

    async def send_and_cancel() -> None:
        request = asyncio.create_task(run_in_request(database, work, Mode.READ))
        await asyncio.to_thread(is_started.wait, MAX_DURATION_SECONDS)
        request.cancel()
        await asyncio.wait([request])
        assert (request.cancelled(), database.requests.read_slots.used) == (True, 1)
        may_end.set()
        await asyncio.to_thread(wait_until, lambda: not database.requests.read_slots.used)

    asyncio.run(send_and_cancel())

    assert database.reads.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_exception_of_the_work_is_raised_in_the_request(database: Database) -> None:
    for mode in Mode:
        with pytest.raises(KeyError):
            asyncio.run(run_in_request(database, raise_error(KeyError()), mode))
    with pytest.raises(RuntimeError):  # a coroutine can't raise StopIteration
        asyncio.run(run_in_request(database, raise_error(StopIteration()), Mode.READ))


def test_session_connects_on_first_use(database: Database) -> None:
    checked_out = []

    def work(session: Session) -> object:
        checked_out.append(database.reads.pool.checkedout())  # type: ignore[attr-defined]
        session.scalar(text("SELECT 1"))
        checked_out.append(database.reads.pool.checkedout())  # type: ignore[attr-defined]
        return None

    asyncio.run(run_in_request(database, work, Mode.SNAPSHOT))

    assert checked_out == [0, 1]


def test_time_between_transactions_does_not_count(short_timeout: Database) -> None:
    def work() -> object:
        with transactions.begin() as session:
            session.scalar(text("SELECT 1"))
        time.sleep(TIMEOUT_SECONDS)  # longer than the timeout, for example to hash a password
        with transactions.begin() as session:
            return session.scalar(text("SELECT 1"))

    transactions = short_timeout.transactions(NOW)

    assert asyncio.run(transactions.run(work)) == 1
    assert transactions.seconds_used() < TIMEOUT_SECONDS


def test_transaction_on_a_locked_table_times_out(short_timeout: Database, database: Database) -> None:
    def work() -> None:
        with transactions.begin() as session:
            write(session)

    transactions = short_timeout.transactions(NOW)
    with locked(database):
        assert_times_out(transactions.run(work))


def test_request_creates_no_reference_cycles(database: Database) -> None:
    """Reference cycles cause garbage collection, whose pauses would slow down some responses."""

    async def send(count: int) -> None:
        for _ in range(count):
            await run_in_request(database, lambda session: session.scalar(text("SELECT 1")), Mode.READ)
        await asyncio.sleep(0)

    async def collect_garbage() -> list[object]:
        await send(3)
        with only_new_objects_collected():
            gc.set_debug(gc.DEBUG_SAVEALL)
            try:
                await send(20)
                gc.collect()
                return list(gc.garbage)
            finally:
                gc.set_debug(0)
                gc.garbage.clear()

    garbage = asyncio.run(collect_garbage())

    assert len(garbage) < 20, {type(item).__name__ for item in garbage}
