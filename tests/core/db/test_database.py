"""Ways into a database: a write is one transaction, a snapshot stays, and a member's read is current."""

import threading
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
from tests.factories.writes import NOW, KeptRefusal, Refusal, add, stored


def release(moment: datetime = NOW) -> ContentRelease:
    return ContentRelease(released_at=moment, falls_due=[])


def many(session: Session) -> int:
    return len(session.execute(select(col(ContentRelease.id))).all())


def test_moments_come_back_in_utc(database: Database) -> None:
    there = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
    with database.transaction() as session:
        session.execute(insert(ContentRelease), {"released_at": there, "falls_due": []})

    with database.snapshot() as session:
        moment = session.scalar(select(col(ContentRelease.released_at)))
    assert (moment, moment.tzinfo) == (NOW, UTC)


def test_a_naive_moment_is_not_stored(database: Database) -> None:
    naive = {"released_at": datetime(2026, 1, 1), "falls_due": []}  # noqa: DTZ001
    with pytest.raises(StatementError, match="Naive"), database.transaction() as session:
        session.execute(insert(ContentRelease), naive)


def test_a_snapshot_refuses_to_write(database: Database) -> None:
    with pytest.raises(DBAPIError), database.snapshot() as session:
        add(1)(session)


def test_a_snapshot_stays_as_it_is(database: Database) -> None:
    with database.snapshot() as reading:
        before = many(reading)
        with database.transaction() as writing:
            add(1)(writing)

        assert many(reading) == before
    assert stored(database) == [1]


def test_a_read_sees_what_was_committed_just_now(database: Database) -> None:
    with database.reading() as reading:
        assert many(reading) == 0
        with database.transaction() as writing:
            add(1)(writing)

        assert many(reading) == 1


def test_an_orm_session_writes_in_one_transaction(database: Database) -> None:
    with database.loading() as session:
        session.add(release())
    with pytest.raises(RuntimeError), database.loading() as session:  # noqa: PT012 - the block is the transaction
        session.add(release())
        session.flush()
        raise RuntimeError

    with database.entities() as session:
        assert len(session.exec(select(ContentRelease)).all()) == 1  # type: ignore[call-overload]


def test_closing_lets_go_of_every_connection(database: Database) -> None:
    engines = (database.reads, database.writes)
    for _ in range(2):
        for engine in engines:
            engine.connect().close()
        database.close()

        assert [engine.pool.checkedin() for engine in engines] == [0, 0]  # type: ignore[attr-defined]


def test_many_writers_in_threads_all_succeed(database: Database) -> None:
    errors: list[Exception] = []

    def write(number: int) -> None:
        try:
            with database.transaction() as session:
                add(number)(session)
        except Exception as error:  # noqa: BLE001 - collected and asserted on
            errors.append(error)

    threads = [threading.Thread(target=write, args=[number]) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert stored(database) == list(range(30))


def test_a_savepoint_that_fails_leaves_the_rest(database: Database) -> None:
    with database.transaction() as session:
        add(1)(session)
        with pytest.raises(DBAPIError), session.savepoint():
            add(1)(session)
        add(2)(session)

    assert stored(database) == [1, 2]


def test_an_exception_rolls_back(database: Database) -> None:
    with pytest.raises(RuntimeError), database.transaction() as session:  # noqa: PT012 - the block is the transaction
        add(1)(session)
        raise RuntimeError

    assert stored(database) == []


@pytest.mark.parametrize(("refusal", "kept"), [(Refusal, []), (KeptRefusal, [1])])
def test_a_refusal_keeps_writes_only_if_it_says_so(database: Database, refusal: type[Refusal], kept: list[int]) -> None:
    with pytest.raises(refusal), database.transaction() as session:  # noqa: PT012 - the block is the transaction
        add(1)(session)
        raise refusal

    assert stored(database) == kept


def test_sqlite_is_set_for_durability(database: Database) -> None:
    if database.url.get_backend_name() != "sqlite":
        with database.reading() as session:
            assert session.scalar(text("SHOW statement_timeout")) == "9s"
        return
    with database.reading() as session:
        assert session.scalar(text("PRAGMA query_only")) == 1
    with database.transaction() as session:
        pragmas = {
            name: session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "query_only")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1, "query_only": 0}
    assert sqlite_driver().sqlite_version_info >= (3, 35)


def test_a_new_file_that_another_process_creates_is_waited_for(tmp_path: Path) -> None:
    url = URL.create("sqlite", database=str(tmp_path / "new.db"))
    other = sqlite_driver().connect(str(url.database), isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    hasty, patient = Database(url, seconds=0.05), Database(url, seconds=10)
    letting_go = threading.Timer(0.2, other.close)

    with pytest.raises(DBAPIError, match="locked"):
        hasty.reads.connect()
    letting_go.start()
    with patient.reading() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"

    letting_go.join()
    hasty.close()
    patient.close()
