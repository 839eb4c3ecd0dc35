"""In a request nothing is waited for longer than it has left, whatever the database does."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from socket import create_server

import pytest
from sqlalchemy import URL, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.core.db.database import Database
from app.core.db.deadline import begin_request
from app.core.db.engines import sqlite_driver

HAS = 0.4  # seconds
SOON = 3.0  # seconds in which a busy machine notices that these are over; without a limit it would be 10


def in_a_request(work: Callable[[], object]) -> None:
    """Which is over when it has waited for as long as it may. Raises what the work raises."""

    def begun() -> None:
        begin_request(HAS)
        work()

    started = time.monotonic()
    try:
        copy_context().run(begun)
    finally:
        assert HAS - 0.1 <= time.monotonic() - started < SOON


def write(database: Database) -> None:
    with database.transaction() as session:
        session.execute(text("DELETE FROM content_releases"))


@contextmanager
def locked(database: Database) -> Iterator[None]:
    """Somebody else writes, and goes on and on."""
    if database.url.get_backend_name() == "sqlite":
        other = sqlite_driver().connect(database.url.database, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.close()
    else:
        with database.reads.begin() as connection:
            connection.execute(text("BEGIN"))
            connection.execute(text("LOCK TABLE content_releases"))
            yield
            connection.execute(text("ROLLBACK"))


def test_a_lock_is_waited_for_as_long_as_a_request_has(database: Database) -> None:
    with locked(database), pytest.raises(OperationalError):
        in_a_request(lambda: write(database))

    write(database)


def test_so_is_a_connection(database: Database) -> None:
    taken = [database.reads.connect() for _ in range(database.readers)]

    with pytest.raises(PoolTimeout):
        in_a_request(database.reads.connect)
    for each in taken:
        each.close()


def test_a_statement_that_was_given_up_is_ended_soon(postgresql: URL) -> None:
    database = Database(postgresql, patience=10)
    sleeping = text("SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(9)' AND state = 'active'")

    def sleep() -> None:
        with database.reads.connect() as connection:
            connection.execute(text("SELECT pg_sleep(9)"))

    with pytest.raises(OperationalError):
        in_a_request(sleep)
    with database.reads.connect() as connection:
        give_up = time.monotonic() + SOON
        while connection.scalar(sleeping) and time.monotonic() < give_up:
            time.sleep(0.1)
        assert connection.scalar(sleeping) == 0
    database.close()


def test_a_server_that_takes_no_connection_is_given_up() -> None:
    with create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        database = Database(URL.create("postgresql+psycopg", "nobody", host="127.0.0.1", port=port), patience=10)

        with pytest.raises(OperationalError):
            in_a_request(database.reads.connect)
        database.close()


def test_what_such_a_server_was_sent_is_closed_at_once() -> None:
    with create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        database = Database(URL.create("postgresql+psycopg", "nobody", host="127.0.0.1", port=port), patience=10)
        gc.disable()
        try:
            with pytest.raises(OperationalError) as error:
                in_a_request(database.reads.connect)
            connection, _ = silent.accept()
            connection.settimeout(SOON)
            while connection.recv(1024):
                pass
        finally:
            gc.enable()
        connection.close()
        database.close()
    assert "in time" in str(error.value)
