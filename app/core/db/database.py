"""The entry point to the database for requests, commands and background tasks."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import partial
from typing import Any

import sqlmodel
from sqlalchemy import URL, ColumnElement, Connection, delete, inspect, select, text, tuple_

from app.core.db.engines import postgresql_engine, sqlite_engine
from app.core.db.group_commit import GroupCommit
from app.core.db.request_runner import REQUEST_THREADS, Mode, RequestRunner, Slots
from app.core.db.session import Session, delete_with_tombstones, open_session, transaction
from app.core.db.transactions import Transactions

DELETE_BATCH_SIZE = 1000  # rows that one transaction deletes
CONTENT_LOAD_LOCK = 21_2021  # key of the PostgreSQL advisory lock for loading content
MAX_WAITING_WRITERS = 100  # on SQLite: write requests that wait, including the one that is running
STATEMENT_TIMEOUT_SHARE = 0.9  # of the request timeout: a statement usually times out before its request
MIN_LOCK_TIMEOUT_SECONDS = 5.0  # shortest timeout for SQLite's write lock


class Database:
    """The entry point to the database.

    Requests use `requests` and `transactions` on the event loop. Commands and background tasks use `transaction`,
    `autocommit` and `snapshot` in any thread. Loading content uses the ORM sessions `content_load` and `orm_snapshot`.

    On SQLite, all writes share one connection and are committed in groups (`core/db/group_commit.py`). Reads never wait
    for writes, because SQLite uses a write-ahead log (WAL). On PostgreSQL, reads and writes share one connection pool.
    """

    def __init__(self, url: URL, *, pool_size: int = 10, request_timeout: float = 2.2) -> None:
        """Create the engines. `request_timeout` limits a request's total database time, in seconds.

        The timeouts of single statements, locks and connections are derived from it.
        """
        self.url = url
        self.pool_size = pool_size
        self.statement_timeout = timeout = STATEMENT_TIMEOUT_SHARE * request_timeout
        if url.get_backend_name() == "sqlite":
            self.writes = sqlite_engine(url, pool_size=1, timeout=max(timeout, MIN_LOCK_TIMEOUT_SECONDS))
            self.reads = sqlite_engine(url, pool_size=pool_size, timeout=timeout, pragmas={"query_only": "ON"})
            begin, begin_snapshot = "BEGIN IMMEDIATE", "BEGIN"
        else:
            self.writes = self.reads = postgresql_engine(url, pool_size=pool_size, timeout=timeout)
            begin, begin_snapshot = "BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
        self._begin = partial(transaction, self.writes, begin)
        self._begin_snapshot = partial(transaction, self.reads, begin_snapshot)
        self._group = GroupCommit(self._begin) if url.get_backend_name() == "sqlite" else None
        self.password_slots = Slots(REQUEST_THREADS)
        self.requests = RequestRunner(
            {Mode.READ: self.reads.connect, Mode.SNAPSHOT: self._begin_snapshot, Mode.WRITE: self._begin},
            self._group,
            timeout=request_timeout,
            max_readers=min(pool_size, REQUEST_THREADS),
            max_writers=MAX_WAITING_WRITERS,
        )

    def transactions(self, now: datetime) -> Transactions:
        """Create the `Transactions` of one request: several short transactions instead of a single one."""
        return Transactions(
            partial(self.requests.run_transactions, self.password_slots),
            self._group.transaction if self._group else self.transaction,
            self.snapshot,
            now,
            is_shared=self._group is not None,
        )

    def transaction(self) -> AbstractContextManager[Session]:
        """Open a transaction. An exception rolls it back, unless it is an AppError with `commits_writes` set."""
        return self._group.transaction() if self._group else open_session(self._begin())

    def autocommit(self) -> AbstractContextManager[Session]:
        """Open a session in which each statement is its own transaction."""
        return open_session(self.reads.connect())

    def snapshot(self) -> AbstractContextManager[Session]:
        """Open a session that reads one consistent snapshot and can't write."""
        return open_session(self._begin_snapshot())

    @contextmanager
    def orm_snapshot(self) -> Iterator[sqlmodel.Session]:
        """Open an ORM session that reads one consistent snapshot and can't write."""
        with self._begin_snapshot() as connection, _orm_session(connection) as session:
            yield session

    @contextmanager
    def content_load(self) -> Iterator[sqlmodel.Session]:
        """Open an ORM session that loads content in one transaction. Only one such transaction runs at a time."""
        with self._begin() as connection, _orm_session(connection) as session:
            if self.url.get_backend_name() == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CONTENT_LOAD_LOCK})
            yield session
            session.flush()

    def delete(self, table: type[Any], *conditions: ColumnElement[bool], tombstones: type[Any] | None = None) -> None:
        """Delete the matching rows in batches, so that other writers don't wait long.

        If `tombstones` is given, record the primary keys of the deleted rows in that table.
        """
        key = list(inspect(table).primary_key)
        batch = delete(table).where(tuple_(*key).in_(select(*key).where(*conditions).limit(DELETE_BATCH_SIZE)))
        deleted = DELETE_BATCH_SIZE
        while deleted == DELETE_BATCH_SIZE:
            with self.transaction() as session:
                deleted = delete_with_tombstones(session, batch, table, tombstones)

    def truncate_wal(self) -> None:
        """On SQLite, empty the write-ahead log (WAL), which may still contain deleted data."""
        if self.url.get_backend_name() == "sqlite":
            with self.writes.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close all threads and connections. They are reopened when the database is used again."""
        self.requests.close()
        for engine in (self.writes, self.reads):
            engine.dispose()


def _orm_session(connection: Connection) -> sqlmodel.Session:
    """Create an ORM session that leaves the commit to the caller."""
    return sqlmodel.Session(connection, expire_on_commit=False, join_transaction_mode="rollback_only")
