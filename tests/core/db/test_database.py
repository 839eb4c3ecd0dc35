"""Sessions: a write is one transaction, content is one snapshot, and a failed commit is never a success."""

import threading
from datetime import UTC, datetime, timedelta, timezone
from http import HTTPStatus
from pathlib import Path

import pytest
from sqlalchemy import URL, text
from sqlalchemy.exc import DBAPIError, StatementError
from sqlmodel import Session, col, select

from app.core.db.database import Database
from app.core.db.engines import sqlite_driver
from app.core.errors import AppError
from app.web.cache.releases import ContentRelease
from app.web.dependencies import ContentSession, DbSession
from tests.conftest import Studio

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def release(moment: datetime = NOW) -> ContentRelease:
    return ContentRelease(released_at=moment, falls_due=[])


def count(database: Database) -> int:
    with database.content_sessions() as session:
        return len(session.exec(select(ContentRelease)).all())


def test_moments_come_back_in_utc(database: Database) -> None:
    there = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
    with database.sessions.begin() as session:
        session.add(release(there))

    with database.content_sessions() as session:
        stored = session.exec(select(ContentRelease.released_at)).one()
    assert (stored, stored.tzinfo) == (NOW, UTC)


def test_a_naive_moment_is_not_stored(database: Database) -> None:
    with database.sessions() as session:
        session.add(release(datetime(2026, 1, 1)))  # noqa: DTZ001
        with pytest.raises(StatementError, match="Naive"):
            session.flush()


def test_the_content_session_refuses_to_write(database: Database) -> None:
    with database.content_sessions() as session:
        session.add(release())
        with pytest.raises(DBAPIError):
            session.flush()


def test_the_content_session_sees_one_snapshot(database: Database) -> None:
    with database.content_sessions.begin() as reading:
        before = len(reading.exec(select(ContentRelease)).all())
        with database.sessions.begin() as writing:
            writing.add(release())

        assert len(reading.exec(select(ContentRelease)).all()) == before
    assert count(database) == before + 1


def test_a_members_read_sees_what_was_committed_just_now(database: Database) -> None:
    with database.reads.connect() as connection:
        assert connection.scalar(select(col(ContentRelease.id))) is None
        with database.sessions.begin() as session:
            session.add(release())

        assert connection.scalar(select(col(ContentRelease.id))) is not None


def test_closing_lets_go_of_every_connection(database: Database) -> None:
    engines = (database.reads, database.content, database.engine)
    for _ in range(2):
        for engine in engines:
            engine.connect().close()
        database.close()

        assert [engine.pool.checkedin() for engine in engines] == [0, 0, 0]  # type: ignore[attr-defined]


def test_many_writers_at_once_all_succeed(database: Database) -> None:
    errors: list[Exception] = []

    def write() -> None:
        try:
            with database.sessions.begin() as session:
                session.execute(text("SELECT 1"))
                session.add(release())
        except Exception as error:  # noqa: BLE001 - collected and asserted on
            errors.append(error)

    threads = [threading.Thread(target=write) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert count(database) == 30


def test_a_savepoint_that_fails_leaves_the_rest(database: Database) -> None:
    with database.sessions.begin() as session:
        session.add(ContentRelease(id=1, released_at=NOW, falls_due=[]))
        session.flush()
        with pytest.raises(DBAPIError), session.begin_nested():
            session.execute(text("INSERT INTO content_releases (id) VALUES (1)"))
        session.add(ContentRelease(id=2, released_at=NOW, falls_due=[]))

    assert count(database) == 2


def test_sqlite_is_set_for_durability(database: Database) -> None:
    if database.url.get_backend_name() != "sqlite":
        with database.reads.connect() as connection:
            assert connection.scalar(text("SHOW statement_timeout")) == "10s"
        return
    for engine in (database.reads, database.content):
        with engine.connect() as connection:
            assert connection.scalar(text("PRAGMA query_only")) == 1
    with database.sessions() as session:
        pragmas = {
            name: session.connection().scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "query_only")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1, "query_only": 0}
    assert sqlite_driver().sqlite_version_info >= (3, 35)


def test_each_kind_of_session_reaches_a_route(studio: Studio) -> None:
    @studio.app.post("/write")
    def write(session: DbSession) -> None:
        session.add(release())

    @studio.app.get("/content")
    def read_content(session: ContentSession) -> int:
        return len(session.exec(select(ContentRelease)).all())

    assert studio.client.post("/write").status_code == 200
    assert studio.client.get("/content").json() == 1


def test_a_failing_commit_is_answered_with_an_error(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    @studio.app.post("/write")
    def write(session: DbSession) -> None:
        session.add(release())

    def fail(session: Session) -> None:
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr(Session, "flush", fail)
    reply = studio.client.post("/write")
    monkeypatch.undo()

    assert reply.status_code == 500
    assert count(studio.database) == 0


def test_raising_rolls_back(studio: Studio) -> None:
    @studio.app.post("/write")
    def write(session: DbSession) -> None:
        session.add(release())
        session.flush()
        raise RuntimeError

    assert studio.client.post("/write").status_code == 500
    assert count(studio.database) == 0


@pytest.mark.parametrize("keeps", [True, False])
def test_what_was_written_survives_a_refusal_only_if_that_says_so(studio: Studio, *, keeps: bool) -> None:
    class Refusal(AppError):
        status = HTTPStatus.CONFLICT
        code = "refused"
        says = "No."
        keeps_writes = keeps

    @studio.app.post("/write")
    def write(session: DbSession) -> None:
        session.add(release())
        raise Refusal

    assert studio.client.post("/write").status_code == 409
    assert count(studio.database) == int(keeps)


def test_a_file_that_somebody_else_is_making_is_waited_for(tmp_path: Path) -> None:
    url = URL.create("sqlite", database=str(tmp_path / "new.db"))
    other = sqlite_driver().connect(str(url.database), isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    hasty, patient = Database(url, patience=0.05), Database(url, patience=10)
    letting_go = threading.Timer(0.2, other.close)

    with pytest.raises(DBAPIError, match="locked"):
        hasty.reads.connect()
    letting_go.start()
    with patient.reads.connect() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"

    letting_go.join()
    hasty.close()
    patient.close()
