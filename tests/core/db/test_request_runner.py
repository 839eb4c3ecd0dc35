"""Tests for requests that use the database in threads: they time out and release their slots."""

import asyncio
import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import create_server

import pytest
from sqlalchemy import URL, text
from sqlalchemy.exc import OperationalError

from app.core.db.database import Database
from app.core.db.engines import sqlite_driver
from app.core.db.request_runner import Mode
from app.core.db.session import Session
from app.core.errors import Unavailable
from tests.factories.writes import NOW, run_in_request

TIMEOUT_SECONDS = 0.4
TIMEOUT_ERRORS = (Unavailable, OperationalError)  # OperationalError: PostgreSQL's own timeout, which is shorter
MAX_DURATION_SECONDS = 3.0  # generous, because the machine may be busy; without a timeout it would be at least 10


@pytest.fixture
def short_timeout(database_url: URL) -> Iterator[Database]:
    database = Database(database_url, request_timeout=TIMEOUT_SECONDS)
    yield database
    database.close()


def assert_times_out(database: Database, work: Callable[[Session], object], mode: Mode = Mode.READ) -> None:
    """Assert that a request with this work is rejected after the timeout."""
    started = time.monotonic()
    with pytest.raises(TIMEOUT_ERRORS):
        asyncio.run(run_in_request(database, work, mode))
    assert 0.5 * TIMEOUT_SECONDS <= time.monotonic() - started < MAX_DURATION_SECONDS


def write(session: Session) -> None:
    session.execute(text("DELETE FROM content_releases"))


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
        assert_times_out(short_timeout, write, Mode.WRITE)

    asyncio.run(run_in_request(database, write, Mode.WRITE))


def test_request_without_free_slot_times_out(short_timeout: Database) -> None:
    async def use_all_slots() -> list[object]:
        slots = short_timeout.requests.read_slots
        for _ in range(slots.capacity):
            await slots.acquire(1)
        try:
            return list(await asyncio.gather(run_in_request(short_timeout, write, Mode.READ), return_exceptions=True))
        finally:
            for _ in range(slots.capacity):
                slots.release()

    assert [type(result) for result in asyncio.run(use_all_slots())] == [Unavailable]
    assert short_timeout.requests.read_slots.used == 0


def test_slow_statement_is_interrupted(short_timeout: Database) -> None:
    slow = "SELECT pg_sleep(9)" if short_timeout.url.get_backend_name() == "postgresql" else SLOW_QUERY

    def read(session: Session) -> object:
        return session.scalar(text(slow))

    async def send() -> int:
        started = time.monotonic()
        with pytest.raises(Exception, match=r"unavailable|interrupted|timeout|closed|terminat"):
            await run_in_request(short_timeout, read, Mode.READ)
        assert time.monotonic() - started < MAX_DURATION_SECONDS
        deadline = time.monotonic() + MAX_DURATION_SECONDS
        while short_timeout.requests.read_slots.used and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        return short_timeout.requests.read_slots.used

    assert asyncio.run(send()) == 0


SLOW_QUERY = """
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100000000)
    SELECT count(*) FROM numbers
"""


def test_connection_to_an_unresponsive_server_times_out() -> None:
    with create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        url = URL.create("postgresql+psycopg", "user", host="127.0.0.1", port=port)
        database = Database(url, request_timeout=TIMEOUT_SECONDS)

        with only_new_objects_collected():
            assert_times_out(database, write)
            gc.collect()
        database.close()


def test_cancelled_request_uses_its_slot_until_its_thread_ends(database: Database) -> None:
    def work(session: Session) -> object:
        session.scalar(text("SELECT 1"))
        time.sleep(0.3)
        return session.scalar(text("SELECT 1"))

    async def send_and_cancel() -> tuple[int, bool, int]:
        request = asyncio.create_task(run_in_request(database, work, Mode.READ))
        await asyncio.sleep(0.1)
        used_before = database.requests.read_slots.used
        request.cancel()
        await asyncio.wait([request])
        used_after = database.requests.read_slots.used
        deadline = time.monotonic() + MAX_DURATION_SECONDS
        while database.requests.read_slots.used and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        return used_before, request.cancelled(), used_after

    assert asyncio.run(send_and_cancel()) == (1, True, 1)
    assert database.requests.read_slots.used == 0
    assert database.reads.pool.checkedout() == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize(("raised", "expected"), [(KeyError, KeyError), (StopIteration, RuntimeError)])
def test_exception_of_the_work_is_raised_in_the_request(
    database: Database, mode: Mode, raised: type[Exception], expected: type[Exception]
) -> None:
    def work(_: Session) -> object:
        raise raised

    with pytest.raises(expected):
        asyncio.run(run_in_request(database, work, mode))


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
    def work() -> str:
        for _ in range(2):
            with transactions.begin() as session:
                session.scalar(text("SELECT 1"))
            time.sleep(TIMEOUT_SECONDS)  # longer than the timeout, for example to hash a password
        return "done"

    transactions = short_timeout.transactions(NOW)

    assert asyncio.run(transactions.run(work)) == "done"
    assert transactions.seconds_used() < TIMEOUT_SECONDS


def test_transaction_on_a_locked_table_times_out(short_timeout: Database, database: Database) -> None:
    def work() -> None:
        with transactions.begin() as session:
            write(session)

    transactions = short_timeout.transactions(NOW)
    with locked(database):
        started = time.monotonic()
        with pytest.raises(TIMEOUT_ERRORS):
            asyncio.run(transactions.run(work))
        assert time.monotonic() - started < MAX_DURATION_SECONDS


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
