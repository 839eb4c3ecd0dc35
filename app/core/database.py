"""Engines and sessions: one that writes, one that reads content, one that reads a member's rows."""

import math
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, ClassVar

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Delete,
    Engine,
    MetaData,
    create_engine,
    delete,
    event,
    inspect,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import Session, SQLModel

from app.core.errors import AppError

try:
    import pysqlite3  # a SQLite without the WAL-reset fault (docs/decisions/sqlite.md), where its wheel exists
except ImportError:  # pragma: no cover
    pysqlite3 = None

NAMES = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
IDLE = 1.0  # seconds after which a connection to PostgreSQL is tried before it is used
BATCH = 1000  # rows that are deleted in one transaction
LOADING = 21_2021  # the advisory lock that loads of content take on PostgreSQL


class Table(SQLModel):
    """Base of every stored row: constraints get the same names on every database."""

    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMES)


class Database:
    """The ways into one database.

    `sessions` write: one transaction each. `content_sessions` read one snapshot from `content`, which could
    be a replica. `reads` gives connections in autocommit to the primary, for a member's own rows, `snapshot` one
    moment of them.

    On SQLite the writing engine has a single connection, so that writers queue in the pool instead of
    busy-waiting in SQLite; readers never wait for it (WAL).
    """

    def __init__(self, url: URL, *, pool_size: int = 10, patience: float = 2.0) -> None:
        """Patience is the seconds to wait for a connection, a lock or (PostgreSQL) a statement."""
        self.url = url
        self.readers = pool_size
        self.writers = 0  # beside the readers; 0: all share one pool
        if url.get_backend_name() == "sqlite":
            writing = _sqlite(url, pool_size=1, patience=max(patience, 5.0), begin="BEGIN IMMEDIATE")
            reading = _sqlite(url, pool_size=pool_size, patience=patience, begin=None, pragmas={"query_only": "ON"})
            self.writers = 2  # one at work, and the next one ready
            self.content = reading.execution_options(begin="BEGIN")
            self.reads, self.snapshot = reading, self.content
        else:
            writing = reading = _postgresql(url, pool_size=pool_size, patience=patience)
            self.content = reading.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            self.reads = reading.execution_options(isolation_level="AUTOCOMMIT")
            self.snapshot = self.content
        self._pools = (writing, reading)
        self.engine = writing
        self.sessions = sessionmaker(writing, class_=Session, expire_on_commit=False)
        self.content_sessions = sessionmaker(self.content, class_=Session, expire_on_commit=False)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Committed at its end; rolled back by whatever is raised, but for a refusal that keeps what was written."""
        with self.sessions() as session:
            try:
                yield session
            except AppError as refusal:
                if refusal.keeps_writes:
                    session.commit()
                raise
            session.commit()

    def delete(self, table: type[Any], *where: ColumnElement[bool], noted_in: type[Table] | None = None) -> None:
        """Delete rows for good, a few at a time, so that no other writer waits for long and no statement takes long.
        `noted_in` is a table that remembers their keys.
        """
        key = list(inspect(table).primary_key)
        some = delete(table).where(tuple_(*key).in_(select(*key).where(*where).limit(BATCH)))
        gone = BATCH
        while gone == BATCH:
            with self.transaction() as session:
                gone = delete_noting(session, some, table, noted_in)

    @contextmanager
    def loading(self) -> Iterator[Session]:
        """A transaction that other loads of content wait for, on this machine or another."""
        with self.sessions.begin() as session:
            if self.url.get_backend_name() == "postgresql":
                session.connection().execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOADING})
            yield session

    def empty_log(self) -> None:
        """On SQLite: empty the write-ahead log, which goes on holding what was deleted since."""
        if self.url.get_backend_name() == "sqlite":
            with self.engine.connect() as connection:
                connection.execution_options(begin=None).exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        for pool in self._pools:
            pool.dispose()


def insert_into(session: Session, table: type[Table]) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that may say `on_conflict_do_update` or `on_conflict_do_nothing`, which both databases know."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def delete_noting(session: Session, rows: Delete, table: type[Any], noted_in: type[Table] | None) -> int:
    """Delete rows, and note their keys in the table that remembers them, if there is one; how many that were."""
    if noted_in is None:
        return session.connection().execute(rows).rowcount
    keys = session.connection().execute(rows.returning(*inspect(table).primary_key)).all()
    if keys:
        values = [dict(key._mapping) for key in keys]  # noqa: SLF001 - its public name in rows
        session.execute(insert_into(session, noted_in).on_conflict_do_nothing(), values)
    return len(keys)


def sqlite_driver() -> ModuleType:
    return pysqlite3 or sqlite3


def _sqlite(
    url: URL, *, pool_size: int, patience: float, begin: str | None, pragmas: dict[str, str] | None = None
) -> Engine:
    settings = {
        "busy_timeout": str(round(patience * 1000)),
        "foreign_keys": "ON",
        "journal_mode": "WAL",
        "synchronous": "FULL",
        "secure_delete": "ON",
        "wal_autocheckpoint": "4000",
        "cache_size": "-16384",
        **(pragmas or {}),
    }
    engine = create_engine(
        url,
        module=sqlite_driver(),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=patience,
        hide_parameters=True,
        connect_args={"check_same_thread": False},
        execution_options={"begin": begin},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # BEGIN is ours to say
        for name, value in settings.items():
            connection.execute(f"PRAGMA {name} = {value}")

    @event.listens_for(engine, "begin")
    def say_begin(connection: Connection) -> None:
        statement = connection.get_execution_options()["begin"]
        if statement:
            connection.exec_driver_sql(statement)

    return engine


def _postgresql(url: URL, *, pool_size: int, patience: float) -> Engine:
    milliseconds = round(patience * 1000)
    limits = {
        "statement_timeout": milliseconds,
        "lock_timeout": milliseconds,
        "idle_in_transaction_session_timeout": 4 * milliseconds,
        "timezone": "UTC",
    }
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=patience,
        hide_parameters=True,
        connect_args={
            "connect_timeout": 2,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 2,
            "tcp_user_timeout": 5 * 1000,  # a host that is gone is noticed; statement_timeout is the server's to keep
            "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
        },
    )

    @event.listens_for(engine, "checkin")
    def note_use(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["used_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def check_alive(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        """One that has been idle is tried first; one that was in use just now isn't, which spares a round trip."""
        if time.monotonic() - record.info.get("used_at", math.inf) > IDLE:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error:
                raise InvalidatePoolError from None

    return engine
