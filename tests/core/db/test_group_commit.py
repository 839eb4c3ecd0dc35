"""Group commit: one transaction for many writers, each of which can fail by itself."""

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
from tests.factories.writes import KeptRefusal, Refusal, add, held, refuse, stored, then, together, write


@pytest.fixture(autouse=True)
def window(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, writers that arrive together commit together."""
    monkeypatch.setattr("app.core.db.group_commit.WINDOW", 30.0)


def transaction(session: Session) -> int:
    return id(session.connection.get_transaction())


def fail_commit(session: Session) -> None:
    session.execute(text("PRAGMA defer_foreign_keys = ON"))
    session.execute(text("INSERT INTO member_keys (member_id, key_id, wrapped) VALUES ('nobody', '-', x'00')"))


def test_writers_that_wait_at_once_share_a_transaction(lake: Database) -> None:
    [first, *others] = together(lake, transaction, transaction, then(transaction, add(1)))

    assert others == [first, [first, 1]]
    assert stored(lake) == [1]


def test_one_in_five_that_fails_after_writing_undoes_only_itself(lake: Database) -> None:
    works = [then(add(n), refuse(Refusal())) if n % 5 == 0 else add(n) for n in range(25)]

    answers = together(lake, *works)

    assert [isinstance(each, Refusal) for each in answers] == [n % 5 == 0 for n in range(25)]
    assert stored(lake) == [n for n in range(25) if n % 5]


def test_a_database_error_of_one_writer_undoes_only_itself(lake: Database) -> None:
    one, twice, two = together(lake, add(1), then(add(8), add(1)), add(2))

    assert (one, two) == (1, 2)
    assert isinstance(twice, IntegrityError)
    assert stored(lake) == [1, 2]


def test_a_refusal_that_keeps_its_writes_is_committed_with_the_others(lake: Database) -> None:
    [refused, one] = together(lake, then(add(7), refuse(KeptRefusal())), add(1))

    assert isinstance(refused, KeptRefusal)
    assert one == 1
    assert stored(lake) == [1, 7]


def test_a_failed_commit_answers_all_with_503_and_keeps_nothing(lake: Database) -> None:
    answers = together(lake, add(1), fail_commit, then(add(3), refuse(KeptRefusal())), add(2))

    assert [type(each) for each in answers] == [Unavailable] * 4
    assert stored(lake) == []


def test_a_commit_that_failed_does_not_harm_the_next_one(lake: Database) -> None:
    together(lake, add(1), fail_commit)

    assert asyncio.run(write(lake, add(2))) == 2
    assert stored(lake) == [2]


def test_a_full_disk_ends_the_transaction_for_all_and_not_for_later_writers(lake: Database) -> None:
    def fill(session: Session) -> None:
        session.execute(text("PRAGMA max_page_count = 1"))  # no more than there are
        for number in range(100, 2000):
            add(number)(session)

    def empty(session: Session) -> None:
        session.execute(text("PRAGMA max_page_count = 1000000"))

    one, lost, emptied, two = together(lake, add(1), fill, empty, add(2))

    assert isinstance(one, Unavailable)
    assert isinstance(lost, OperationalError)
    assert "full" in str(lost)
    assert (emptied, two) == (None, 2)
    assert stored(lake) == [2]


def test_a_transaction_that_has_ended_is_not_written_to(lake: Database) -> None:
    def end_it(session: Session) -> None:
        session.connection.connection.execute("ROLLBACK")

    one, lost, two = together(lake, add(1), end_it, add(2))

    assert [type(one), type(lost)] == [Unavailable, Unavailable]
    assert two == 2
    assert stored(lake) == [2]


def test_cancelled_requests_harm_no_other(lake: Database) -> None:
    async def cancel_every_third() -> Sequence[object]:
        with held(lake) as other:
            writes = [asyncio.ensure_future(write(lake, add(n))) for n in range(60)]
            await asyncio.sleep(0.05)
            for each in writes[::3]:
                each.cancel()
            other.execute("ROLLBACK")
        return await asyncio.gather(*writes, return_exceptions=True)

    answers = asyncio.run(cancel_every_third())

    kept = [n for n in range(60) if n % 3]
    assert [answers[n] for n in kept] == kept
    assert set(kept) <= set(stored(lake))  # the one that was being written when it was cancelled may be there
    assert lake.requests.writing.taken == 0


def test_transactions_of_threads_share_the_commit_of_requests(lake: Database) -> None:
    async def both() -> list[Any]:
        with held(lake) as other:
            from_request = asyncio.ensure_future(write(lake, then(transaction, add(1))))
            await asyncio.sleep(0.05)
            thread = asyncio.to_thread(in_thread)
            other_thread = asyncio.ensure_future(thread)
            await asyncio.sleep(0.05)
            other.execute("ROLLBACK")
        return list(await asyncio.gather(from_request, other_thread))

    def in_thread() -> int:
        with lake.transaction() as session:
            add(2)(session)
            return transaction(session)

    [[first, _], second] = asyncio.run(both())

    assert first == second
    assert stored(lake) == [1, 2]


def test_a_thread_does_not_return_before_the_commit(lake: Database) -> None:
    failures: list[BaseException] = []

    def fail() -> None:
        try:
            with lake.transaction() as session:
                fail_commit(session)
        except Unavailable as error:
            failures.append(error)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()

    assert len(failures) == 1
    assert stored(lake) == []


def test_writers_one_after_the_other_are_committed_one_by_one(lake: Database) -> None:
    async def come() -> Sequence[object]:
        return [await write(lake, add(number)) for number in range(5)]

    assert asyncio.run(come()) == stored(lake) == [0, 1, 2, 3, 4]


def test_three_hundred_writers_are_all_answered(lake: Database) -> None:
    async def come() -> Sequence[object]:
        return await asyncio.gather(*(write(lake, add(number)) for number in range(300)))

    assert asyncio.run(come()) == stored(lake) == list(range(300))


def test_log_lines_name_the_request_that_writes(lake: Database) -> None:
    def request_id(_: Session) -> object:
        return structlog.contextvars.get_contextvars()["request_id"]

    async def ask(name: str) -> object:
        structlog.contextvars.bind_contextvars(request_id=name)
        return await write(lake, request_id)

    async def both() -> Sequence[object]:
        return await asyncio.gather(ask("one"), ask("two"))

    assert asyncio.run(both()) == ["one", "two"]
