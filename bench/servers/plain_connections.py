"""Connections of the plain drivers, prepared as ours are: some that read and, on SQLite, one that writes."""

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
PATIENCE = {"busy_timeout": "5000"}


@dataclass(frozen=True, slots=True)
class Connection:
    driver: Any
    said: Callable[[str], str]  # a statement as the driver takes it

    def rows(self, statement: str, **values: Any) -> list[Any]:
        found: list[Any] = self.driver.execute(self.said(statement), values).fetchall()
        return found

    def run(self, statement: str, **values: Any) -> None:
        self.driver.execute(self.said(statement), values)

    def run_each(self, statement: str, values: Sequence[Mapping[str, Any]]) -> None:
        if values:
            self.driver.cursor().executemany(self.said(statement), values)


Pool = SimpleQueue[Connection]


class Connections:
    def __init__(self, address: str) -> None:
        url = make_url(address)
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self._readers: Pool = SimpleQueue()
        self._writers: Pool = SimpleQueue() if self.is_sqlite else self._readers
        for _ in range(READERS):
            self._readers.put(_sqlite(url) if self.is_sqlite else _postgresql(url))
        if self.is_sqlite:
            self._writers.put(_sqlite(url))

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Each statement by itself."""
        with _lent(self._readers) as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        begin = "BEGIN" if self.is_sqlite else "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
        with _lent(self._readers) as connection, _transaction(connection, begin):
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with (
            _lent(self._writers) as connection,
            _transaction(connection, "BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN"),
        ):
            yield connection


@contextmanager
def _lent(pool: Pool) -> Iterator[Connection]:
    connection = pool.get()
    try:
        yield connection
    finally:
        pool.put(connection)


@contextmanager
def _transaction(connection: Connection, begin: str) -> Iterator[None]:
    connection.run(begin)
    try:
        yield
    except BaseException:
        connection.run("ROLLBACK")
        raise
    connection.run("COMMIT")


def _postgresql(url: URL) -> Connection:
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return Connection(psycopg.connect(address, autocommit=True), in_postgresql)


def _sqlite(url: URL) -> Connection:
    """Identifiers and moments go in as ours do."""
    driver = sqlite_driver()
    driver.register_adapter(UUID, lambda value: value.hex)
    driver.register_adapter(date, date.isoformat)
    driver.register_adapter(datetime, _moment)
    connection = driver.connect(url.database, isolation_level=None, check_same_thread=False)
    for name, value in (PATIENCE | PRAGMAS).items():
        connection.execute(f"PRAGMA {name} = {value}")
    return Connection(connection, in_sqlite)


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
