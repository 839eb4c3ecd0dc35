"""Tests for database sessions: transactions, read-only snapshots and autocommit."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import URL, insert, select, text
from sqlalchemy.exc import DBAPIError, StatementError
from sqlmodel import col

from app.core.db.database import Database
from app.core.db.engines import sqlite_driver
from app.core.db.session import Session
from app.web.cache.releases import ContentRelease
from tests.factories.writes import (
    NOW,
    CommittingRejection,
    Rejection,
    in_sequence,
    insert_release,
    raise_error,
    stored_release_ids,
)


def count_releases(session: Session) -> int:
    return len(session.execute(select(col(ContentRelease.id))).all())


def test_timestamps_are_read_in_utc(database: Database) -> None:
    local = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
    with database.transaction() as session:
        session.execute(insert(ContentRelease), {"released_at": local, "falls_due": []})

    with database.snapshot() as session:
        timestamp = session.scalar(select(col(ContentRelease.released_at)))
    assert (timestamp, timestamp.tzinfo) == (NOW, UTC)


def test_naive_timestamp_is_rejected(database: Database) -> None:
    naive = {"released_at": datetime(2026, 1, 1), "falls_due": []}  # noqa: DTZ001
    with pytest.raises(StatementError, match="Naive"), database.transaction() as session:
        session.execute(insert(ContentRelease), naive)


def test_write_in_a_snapshot_is_rejected(database: Database) -> None:
    with pytest.raises(DBAPIError), database.snapshot() as session:
        insert_release(1)(session)


def test_only_autocommit_session_sees_later_commits(database: Database) -> None:
    with database.snapshot() as snapshot, database.autocommit() as autocommit:
        assert (count_releases(snapshot), count_releases(autocommit)) == (0, 0)
        with database.transaction() as writer:
            insert_release(1)(writer)

        assert (count_releases(snapshot), count_releases(autocommit)) == (0, 1)


def test_content_load_is_one_transaction(database: Database) -> None:
    with database.content_load() as session:
        session.add(ContentRelease(id=1, released_at=NOW, falls_due=[]))
    with pytest.raises(RuntimeError), database.content_load() as session:  # noqa: PT012 - the block is the transaction
        session.add(ContentRelease(id=2, released_at=NOW, falls_due=[]))
        session.flush()
        raise RuntimeError

    assert stored_release_ids(database) == [1]


def test_close_closes_all_connections(database: Database) -> None:
    engines = (database.reads, database.writes)
    for _ in range(2):
        for engine in engines:
            engine.connect().close()
        database.close()

        assert [engine.pool.checkedin() for engine in engines] == [0, 0]  # type: ignore[attr-defined]


def test_concurrent_writers_in_threads_all_succeed(database: Database) -> None:
    def write(number: int) -> None:
        with database.transaction() as session:
            insert_release(number)(session)

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(write, range(20)))

    assert stored_release_ids(database) == list(range(20))


def test_failed_savepoint_does_not_undo_other_writes(database: Database) -> None:
    with database.transaction() as session:
        insert_release(1)(session)
        with pytest.raises(DBAPIError), session.savepoint():
            insert_release(1)(session)
        insert_release(2)(session)

    assert stored_release_ids(database) == [1, 2]


def test_error_in_transaction_rolls_back_unless_it_commits_writes(database: Database) -> None:
    for number, error in enumerate((RuntimeError, Rejection, CommittingRejection)):
        with pytest.raises(error), database.transaction() as session:
            in_sequence(insert_release(number), raise_error(error()))(session)

    assert stored_release_ids(database) == [2]


def test_connections_have_the_expected_settings(database: Database) -> None:
    if database.url.get_backend_name() != "sqlite":
        with database.autocommit() as session:
            assert session.scalar(text("SHOW statement_timeout")) == "9s"
        return
    with database.autocommit() as session:
        assert session.scalar(text("PRAGMA query_only")) == 1
    with database.transaction() as session:
        pragmas = {
            name: session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "query_only")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1, "query_only": 0}
    assert sqlite_driver().sqlite_version_info >= (3, 35)


def test_connect_waits_for_another_process_that_creates_the_file(tmp_path: Path) -> None:
    url = URL.create("sqlite", database=str(tmp_path / "new.db"))
    lock_holder = sqlite_driver().connect(str(url.database), isolation_level=None, check_same_thread=False)
    lock_holder.execute("BEGIN IMMEDIATE")
    short_timeout, long_timeout = Database(url, request_timeout=0.05), Database(url, request_timeout=10)
    release_lock = threading.Timer(0.2, lock_holder.close)

    with pytest.raises(DBAPIError, match="locked"):
        short_timeout.reads.connect()
    release_lock.start()
    with long_timeout.autocommit() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"

    release_lock.join()
    short_timeout.close()
    long_timeout.close()
