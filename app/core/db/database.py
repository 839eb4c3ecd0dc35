"""Engines and sessions: one that writes, one that reads content, one that reads a member's rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Delete,
    MetaData,
    delete,
    inspect,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import sessionmaker
from sqlmodel import Session, SQLModel

from app.core.db.engines import beginning, postgresql_engine, sqlite_engine
from app.core.errors import AppError

NAMES = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}
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
        """Patience is the seconds to wait for a connection, a lock or (PostgreSQL) a statement; a request may have less
        (`core/db/deadline.py`).
        """
        self.url = url
        self.writes_together = url.get_backend_name() == "sqlite"
        self.readers = pool_size
        self.writers = 0  # beside the readers; 0: all share one pool
        if self.writes_together:
            of_writers = max(patience, 5.0)
            writing = sqlite_engine(url, pool_size=1, patience=of_writers)
            reading = sqlite_engine(url, pool_size=pool_size, patience=patience, pragmas={"query_only": "ON"})
            self.writers = 2  # one at work, and the next one ready
            self.engine = beginning(writing, "BEGIN IMMEDIATE", patience=of_writers)
            self.content = beginning(reading, "BEGIN")
        else:
            writing = reading = postgresql_engine(url, pool_size=pool_size, patience=patience)
            self.engine = beginning(writing, "BEGIN")
            self.content = beginning(reading, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        self.reads, self.snapshot = reading, self.content
        self._engines = (writing, reading, self.engine, self.content)
        self.sessions = sessionmaker(
            self.engine, class_=Session, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )
        self.content_sessions = sessionmaker(self.content, class_=Session, expire_on_commit=False)

    @contextmanager
    def transaction(self, within: Connection | None = None) -> Iterator[Session]:
        """Committed at its end; rolled back by whatever is raised, but for a refusal that keeps what was written.
        `within` a connection's transaction it is a part of that, which can be undone by itself.
        """
        with self.sessions(bind=within or self.engine) as session:
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
            [writing, *_] = self._engines
            with writing.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        for engine in self._engines:
            engine.dispose()


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
