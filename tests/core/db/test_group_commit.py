"""Tests for group commit: several writers share a transaction, and a failed writer undoes only its own writes."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from app.core.db.database import Database
from app.core.db.session import Session
from app.core.errors import Unavailable
from tests.factories.writes import (
    CommittingRejection,
    Rejection,
    in_sequence,
    insert_release,
    raise_error,
    run_write,
    stored_release_ids,
    write_concurrently,
    write_lock_held,
)

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def long_batch_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let group commit wait until all writers of a batch have started, even on a slow machine."""
    monkeypatch.setattr("app.core.db.group_commit.BATCH_WINDOW_SECONDS", 30.0)


def transaction_id(session: Session) -> int:
    return id(session.connection.get_transaction())


def fail_commit(session: Session) -> None:
    session.execute(text("PRAGMA defer_foreign_keys = ON"))
    session.execute(text("INSERT INTO member_keys (member_id, key_id, wrapped) VALUES ('nobody', '-', x'00')"))


def test_waiting_writers_share_a_transaction(database: Database) -> None:
    [first, *others] = write_concurrently(
        database, transaction_id, transaction_id, in_sequence(transaction_id, insert_release(1))
    )

    assert others == [first, [first, 1]]
    assert stored_release_ids(database) == [1]


def test_failed_writers_undo_only_their_own_writes(database: Database) -> None:
    results = write_concurrently(
        database,
        insert_release(1),
        in_sequence(insert_release(2), raise_error(Rejection())),
        in_sequence(insert_release(3), raise_error(CommittingRejection())),
        in_sequence(insert_release(4), insert_release(1)),
        insert_release(5),
    )

    assert [type(result) for result in results] == [int, Rejection, CommittingRejection, IntegrityError, int]
    assert stored_release_ids(database) == [1, 3, 5]


def test_failed_commit_raises_unavailable_for_all_writers(database: Database) -> None:
    results = write_concurrently(
        database,
        insert_release(1),
        fail_commit,
        in_sequence(insert_release(3), raise_error(CommittingRejection())),
        insert_release(2),
    )

    assert [type(result) for result in results] == [Unavailable] * 4
    assert stored_release_ids(database) == []
    assert asyncio.run(run_write(database, insert_release(4))) == 4
    assert stored_release_ids(database) == [4]


def test_full_disk_fails_the_batch_and_not_later_writers(database: Database) -> None:
    def fill_disk(session: Session) -> None:
        session.execute(text("PRAGMA max_page_count = 1"))  # SQLite limits the database to its current size
        for number in range(100, 2000):
            insert_release(number)(session)

    def free_disk(session: Session) -> None:
        session.execute(text("PRAGMA max_page_count = 1000000"))

    before, failed, freed, after = write_concurrently(
        database, insert_release(1), fill_disk, free_disk, insert_release(2)
    )

    assert isinstance(before, Unavailable)
    assert isinstance(failed, OperationalError)
    assert "full" in str(failed)
    assert (freed, after) == (None, 2)
    assert stored_release_ids(database) == [2]


def test_writer_after_an_ended_transaction_uses_a_new_one(database: Database) -> None:
    def end_transaction(session: Session) -> None:
        session.connection.connection.execute("ROLLBACK")

    before, failed, after = write_concurrently(database, insert_release(1), end_transaction, insert_release(2))

    assert [type(before), type(failed)] == [Unavailable, Unavailable]
    assert after == 2
    assert stored_release_ids(database) == [2]


def test_cancelled_requests_do_not_affect_others(database: Database) -> None:
    async def cancel_every_third() -> Sequence[object]:
        with write_lock_held(database) as lock_holder:
            writes = [asyncio.ensure_future(run_write(database, insert_release(n))) for n in range(60)]
            await asyncio.sleep(0.05)
            for write in writes[::3]:
                write.cancel()
            lock_holder.execute("ROLLBACK")
        return await asyncio.gather(*writes, return_exceptions=True)

    results = asyncio.run(cancel_every_third())

    expected = [n for n in range(60) if n % 3]
    assert [results[n] for n in expected] == expected
    # A write that has already started when it is cancelled may still be stored.
    assert set(expected) <= set(stored_release_ids(database))
    assert database.requests.write_slots.used == 0


def test_thread_and_request_share_a_transaction(database: Database) -> None:
    async def both() -> list[Any]:
        with write_lock_held(database) as lock_holder:
            from_request = asyncio.ensure_future(run_write(database, in_sequence(transaction_id, insert_release(1))))
            await asyncio.sleep(0.05)
            from_thread = asyncio.ensure_future(asyncio.to_thread(in_thread))
            await asyncio.sleep(0.05)
            lock_holder.execute("ROLLBACK")
        return list(await asyncio.gather(from_request, from_thread))

    def in_thread() -> int:
        with database.transaction() as session:
            insert_release(2)(session)
            return transaction_id(session)

    [[first, _], second] = asyncio.run(both())

    assert first == second
    assert stored_release_ids(database) == [1, 2]


def test_thread_returns_after_the_commit(database: Database) -> None:
    failures: list[BaseException] = []

    def fail() -> None:
        try:
            with database.transaction() as session:
                fail_commit(session)
        except Unavailable as error:
            failures.append(error)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()

    assert len(failures) == 1
    assert stored_release_ids(database) == []


def test_consecutive_writes_are_committed_separately(database: Database) -> None:
    async def write_all() -> Sequence[object]:
        return [await run_write(database, insert_release(number)) for number in range(5)]

    assert asyncio.run(write_all()) == stored_release_ids(database) == [0, 1, 2, 3, 4]


def test_three_hundred_concurrent_writers_all_succeed(database: Database) -> None:
    async def write_all() -> Sequence[object]:
        return await asyncio.gather(*(run_write(database, insert_release(number)) for number in range(300)))

    assert asyncio.run(write_all()) == stored_release_ids(database) == list(range(300))


def test_log_context_is_that_of_the_writing_request(database: Database) -> None:
    def request_id(_: Session) -> object:
        return structlog.contextvars.get_contextvars()["request_id"]

    async def send(name: str) -> object:
        structlog.contextvars.bind_contextvars(request_id=name)
        return await run_write(database, request_id)

    async def both() -> Sequence[object]:
        return await asyncio.gather(send("one"), send("two"))

    assert asyncio.run(both()) == ["one", "two"]
