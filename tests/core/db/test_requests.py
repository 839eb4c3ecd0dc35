"""Requests in threads: a request waits for the database for so long in all, and its thread ends soon after."""

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
from app.core.db.requests import Mode
from app.core.db.session import Session
from app.core.errors import Unavailable
from tests.factories.writes import NOW, run

HAS = 0.4  # seconds
AWAY = (Unavailable, OperationalError)  # PostgreSQL acts first where it is well
SOON = 3.0  # seconds in which a busy machine notices that these are over; without a limit it would be 10 or more


@pytest.fixture
def hasty(database_url: URL) -> Iterator[Database]:
    database = Database(database_url, seconds=HAS)
    yield database
    database.close()


def in_a_request(database: Database, work: Callable[[Session], object], mode: Mode = Mode.READ) -> None:
    """A request that is refused when it has waited for as long as it may."""
    started = time.monotonic()
    with pytest.raises(AWAY):
        asyncio.run(run(database, work, mode))
    assert 0.5 * HAS <= time.monotonic() - started < SOON


def write(session: Session) -> None:
    session.execute(text("DELETE FROM content_releases"))


@contextmanager
def locked(database: Database) -> Iterator[None]:
    """Another writer holds what is to be written."""
    if database.url.get_backend_name() == "sqlite":
        other = sqlite_driver().connect(database.url.database, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.close()
    else:
        with database.transaction() as session:
            session.execute(text("LOCK TABLE content_releases"))
            yield


@contextmanager
def only_new_objects_collected() -> Iterator[None]:
    """Hides the objects that exist from `gc.collect`, which takes seconds in the process of a whole suite."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def test_a_write_that_meets_a_lock_is_refused_in_time(hasty: Database, database: Database) -> None:
    with locked(database):
        in_a_request(hasty, write, Mode.WRITE)

    asyncio.run(run(database, write, Mode.WRITE))


def test_a_request_that_finds_no_place_is_refused_in_time(hasty: Database) -> None:
    async def too_many() -> list[object]:
        places = hasty.requests.reading
        for _ in range(places.number):
            await places.take(1)
        try:
            return list(await asyncio.gather(run(hasty, write, Mode.READ), return_exceptions=True))
        finally:
            for _ in range(places.number):
                places.give_back()

    assert [type(each) for each in asyncio.run(too_many())] == [Unavailable]
    assert hasty.requests.reading.taken == 0


def test_a_statement_that_takes_too_long_is_interrupted(hasty: Database) -> None:
    slow = "SELECT pg_sleep(9)" if hasty.url.get_backend_name() == "postgresql" else COUNTING

    def read(session: Session) -> object:
        return session.scalar(text(slow))

    async def ask() -> int:
        started = time.monotonic()
        with pytest.raises(Exception, match=r"reached|interrupted|timeout|closed|terminat"):
            await run(hasty, read, Mode.READ)
        assert time.monotonic() - started < SOON
        give_up = time.monotonic() + SOON
        while hasty.requests.reading.taken and time.monotonic() < give_up:  # noqa: ASYNC110 - a thread ends by itself
            await asyncio.sleep(0.01)
        return hasty.requests.reading.taken

    assert asyncio.run(ask()) == 0


COUNTING = """
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 100000000)
    SELECT count(*) FROM numbers
"""


def test_a_server_that_takes_no_connection_is_given_up() -> None:
    with create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        url = URL.create("postgresql+psycopg", "nobody", host="127.0.0.1", port=port)
        database = Database(url, seconds=HAS)

        with only_new_objects_collected():
            in_a_request(database, write)
            gc.collect()
        database.close()


def test_a_cancelled_request_keeps_its_place_until_its_thread_ends(database: Database) -> None:
    def work(session: Session) -> object:
        session.scalar(text("SELECT 1"))
        time.sleep(0.3)
        return session.scalar(text("SELECT 1"))

    async def ask_and_go() -> tuple[int, bool, int]:
        asked = asyncio.create_task(run(database, work, Mode.READ))
        await asyncio.sleep(0.1)
        taken = database.requests.reading.taken
        asked.cancel()
        await asyncio.wait([asked])
        still = database.requests.reading.taken
        give_up = time.monotonic() + SOON
        while database.requests.reading.taken and time.monotonic() < give_up:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        return taken, asked.cancelled(), still

    assert asyncio.run(ask_and_go()) == (1, True, 1)
    assert database.requests.reading.taken == 0
    assert database.reads.pool.checkedout() == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize(("raised", "answered"), [(KeyError, KeyError), (StopIteration, RuntimeError)])
def test_what_the_work_raises_reaches_the_request(
    database: Database, mode: Mode, raised: type[Exception], answered: type[Exception]
) -> None:
    def work(_: Session) -> object:
        raise raised

    with pytest.raises(answered):
        asyncio.run(run(database, work, mode))


def test_a_session_connects_when_it_is_first_used(database: Database) -> None:
    checked_out = []

    def work(session: Session) -> object:
        checked_out.append(database.reads.pool.checkedout())  # type: ignore[attr-defined]
        session.scalar(text("SELECT 1"))
        checked_out.append(database.reads.pool.checkedout())  # type: ignore[attr-defined]
        return None

    asyncio.run(run(database, work, Mode.SNAPSHOT))

    assert checked_out == [0, 1]


def test_only_the_time_within_transactions_counts(hasty: Database) -> None:
    def work() -> str:
        for _ in range(2):
            with transactions.begin() as session:
                session.scalar(text("SELECT 1"))
            time.sleep(HAS)  # as hashing a password does
        return "done"

    transactions = hasty.transactions(NOW)

    assert asyncio.run(transactions.run(work)) == "done"
    assert transactions.seconds_used() < HAS


def test_transactions_that_wait_too_long_are_refused_in_time(hasty: Database, database: Database) -> None:
    def work() -> None:
        with transactions.begin() as session:
            write(session)

    transactions = hasty.transactions(NOW)
    with locked(database):
        started = time.monotonic()
        with pytest.raises(AWAY):
            asyncio.run(transactions.run(work))
        assert time.monotonic() - started < SOON


def test_a_request_leaves_nothing_to_the_garbage_collector(database: Database) -> None:
    """Its pauses would be what the slowest hundredth of requests waits for."""

    async def ask(times: int) -> None:
        for _ in range(times):
            await run(database, lambda session: session.scalar(text("SELECT 1")), Mode.READ)
        await asyncio.sleep(0)

    async def garbage() -> list[object]:
        await ask(3)
        with only_new_objects_collected():
            gc.set_debug(gc.DEBUG_SAVEALL)
            try:
                await ask(20)
                gc.collect()
                return list(gc.garbage)
            finally:
                gc.set_debug(0)
                gc.garbage.clear()

    found = asyncio.run(garbage())

    assert len(found) < 20, {type(each).__name__ for each in found}
