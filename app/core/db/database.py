"""One database: its engines, and the ways to work on it, for requests and for everything else."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import partial
from typing import Any

import sqlmodel
from sqlalchemy import URL, ColumnElement, Connection, delete, inspect, select, text, tuple_

from app.core.db.engines import postgresql_engine, sqlite_engine
from app.core.db.group_commit import GroupCommit
from app.core.db.requests import THREADS, Mode, Places, RequestRunner
from app.core.db.session import Session, delete_noting, session_of, transaction
from app.core.db.transactions import Transactions

BATCH = 1000  # rows that are deleted in one transaction
LOADING = 21_2021  # the advisory lock that loads of content take on PostgreSQL
WRITERS = 100  # requests that wait for the thread that writes to SQLite
STATEMENT = 0.9  # of a request's seconds, for a statement: PostgreSQL acts first where it is well
LEAST = 5.0  # seconds that a writer of SQLite waits for the file's lock


class Database:
    """Requests work by `requests` and `transactions`, from the event loop. Commands and background work use
    `transaction`, `reading` and `snapshot`, from any thread; loads of content `loading` and `entities`, which are ORM
    sessions.

    On SQLite one connection writes, and writers commit together (`core/db/group_commit.py`); readers never wait for
    it (WAL). PostgreSQL has one pool for all. Snapshots could come from a replica.
    """

    def __init__(self, url: URL, *, pool_size: int = 10, seconds: float = 2.2) -> None:
        """`seconds` is how long a request waits for the database in all; a statement, a lock or a connection is waited
        for a little less.
        """
        self.url = url
        self.pool_size = pool_size
        self.patience = patience = STATEMENT * seconds
        if url.get_backend_name() == "sqlite":
            self.writes = sqlite_engine(url, pool_size=1, patience=max(patience, LEAST))
            self.reads = sqlite_engine(url, pool_size=pool_size, patience=patience, pragmas={"query_only": "ON"})
            begin, begin_snapshot = "BEGIN IMMEDIATE", "BEGIN"
        else:
            self.writes = self.reads = postgresql_engine(url, pool_size=pool_size, patience=patience)
            begin, begin_snapshot = "BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
        self._alone = partial(transaction, self.writes, begin)
        self._one_snapshot = partial(transaction, self.reads, begin_snapshot)
        self._group = GroupCommit(self._alone) if url.get_backend_name() == "sqlite" else None
        self.passwords = Places(THREADS)
        self.requests = RequestRunner(
            {Mode.READ: self.reads.connect, Mode.SNAPSHOT: self._one_snapshot, Mode.WRITE: self._alone},
            self._group,
            seconds=seconds,
            readers=min(pool_size, THREADS),
            writers=WRITERS,
        )

    def transactions(self, now: datetime) -> Transactions:
        """For one request."""
        return Transactions(
            partial(self.requests.run_apart, self.passwords),
            self._group.transaction if self._group else self.transaction,
            self.snapshot,
            now,
            is_shared=self._group is not None,
        )

    def transaction(self) -> AbstractContextManager[Session]:
        """Committed at its end; rolled back by whatever is raised, but for a refusal that keeps what was written."""
        return self._group.transaction() if self._group else session_of(self._alone())

    def reading(self) -> AbstractContextManager[Session]:
        """Each statement by itself, on the primary."""
        return session_of(self.reads.connect())

    def snapshot(self) -> AbstractContextManager[Session]:
        """One read-only snapshot."""
        return session_of(self._one_snapshot())

    @contextmanager
    def entities(self) -> Iterator[sqlmodel.Session]:
        """A snapshot as an ORM session."""
        with self._one_snapshot() as connection, _orm(connection) as session:
            yield session

    @contextmanager
    def loading(self) -> Iterator[sqlmodel.Session]:
        """A transaction as an ORM session. Other loads wait for it, on this machine or another."""
        with self._alone() as connection, _orm(connection) as session:
            if self.url.get_backend_name() == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOADING})
            yield session
            session.flush()

    def delete(self, table: type[Any], *where: ColumnElement[bool], noted_in: type[Any] | None = None) -> None:
        """Delete rows for good, in batches, so that no other writer waits for long. `noted_in` is a table that
        remembers their keys.
        """
        key = list(inspect(table).primary_key)
        some = delete(table).where(tuple_(*key).in_(select(*key).where(*where).limit(BATCH)))
        gone = BATCH
        while gone == BATCH:
            with self.transaction() as session:
                gone = delete_noting(session, some, table, noted_in)

    def empty_log(self) -> None:
        """On SQLite: empty the write-ahead log, which still holds what was deleted."""
        if self.url.get_backend_name() == "sqlite":
            with self.writes.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Give up all threads and connections; the next use makes new ones."""
        self.requests.close()
        for engine in (self.writes, self.reads):
            engine.dispose()


def _orm(connection: Connection) -> sqlmodel.Session:
    """An ORM session within a transaction that its caller commits."""
    return sqlmodel.Session(connection, expire_on_commit=False, join_transaction_mode="rollback_only")
