"""Connections of the plain database drivers, configured as in the API.

There are several for reads and, on SQLite, one for writes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from queue import SimpleQueue
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import URL, make_url

from app.core.db.engines import PRAGMAS, sqlite_driver
from bench.servers.plain_sql import in_postgresql, in_sqlite

READERS = 10
BUSY_TIMEOUT = {"busy_timeout": "5000"}


@dataclass(frozen=True, slots=True)
class PlainConnection:
    driver: Any
    translate: Callable[[str], str]  # translates a statement to the syntax of the driver

    def rows(self, statement: str, **values: Any) -> list[Any]:
        rows: list[Any] = self.driver.execute(self.translate(statement), values).fetchall()
        return rows

    def execute(self, statement: str, **values: Any) -> None:
        self.driver.execute(self.translate(statement), values)

    def execute_many(self, statement: str, values: Sequence[Mapping[str, Any]]) -> None:
        if values:
            self.driver.cursor().executemany(self.translate(statement), values)


Pool = SimpleQueue[PlainConnection]


class Connections:
    def __init__(self, database_url: str) -> None:
        url = make_url(database_url)
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self._readers: Pool = SimpleQueue()
        self._writers: Pool = SimpleQueue() if self.is_sqlite else self._readers
        for _ in range(READERS):
            self._readers.put(_sqlite(url) if self.is_sqlite else _postgresql(url))
        if self.is_sqlite:
            self._writers.put(_sqlite(url))

    @contextmanager
    def reader(self) -> Iterator[PlainConnection]:
        """Yield a connection for reads, in autocommit mode."""
        with _check_out(self._readers) as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[PlainConnection]:
        begin = "BEGIN" if self.is_sqlite else "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
        with _check_out(self._readers) as connection, _transaction(connection, begin):
            yield connection

    @contextmanager
    def writer(self) -> Iterator[PlainConnection]:
        with (
            _check_out(self._writers) as connection,
            _transaction(connection, "BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN"),
        ):
            yield connection


@contextmanager
def _check_out(pool: Pool) -> Iterator[PlainConnection]:
    connection = pool.get()
    try:
        yield connection
    finally:
        pool.put(connection)


@contextmanager
def _transaction(connection: PlainConnection, begin: str) -> Iterator[None]:
    connection.execute(begin)
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _postgresql(url: URL) -> PlainConnection:
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return PlainConnection(psycopg.connect(address, autocommit=True), in_postgresql)


def _sqlite(url: URL) -> PlainConnection:
    """Open a SQLite connection that stores ids and timestamps in the same form as the API."""
    driver = sqlite_driver()
    driver.register_adapter(UUID, lambda value: value.hex)
    driver.register_adapter(date, date.isoformat)
    driver.register_adapter(datetime, _timestamp_text)
    connection = driver.connect(url.database, isolation_level=None, check_same_thread=False)
    for name, value in (BUSY_TIMEOUT | PRAGMAS).items():
        connection.execute(f"PRAGMA {name} = {value}")
    return PlainConnection(connection, in_sqlite)


def _timestamp_text(value: datetime) -> str:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
