"""Writes that are committed together: one transaction, of which each can fail by itself."""

import asyncio
import gc
import weakref
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
import structlog
from sqlalchemy import URL, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlmodel import Session, select

from app.cli import migrate_database
from app.core.db.database import Database
from app.core.db.group_commit import Together
from app.core.errors import Unavailable
from app.web.cache.releases import ContentRelease
from tests.factories.writes import Do, KeptRefusal, Refusal, add, held, refuse, stored, then, together


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, those who come together are done together."""
    monkeypatch.setattr("app.core.db.group_commit.LONGEST", 30.0)


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Database]:
    """On SQLite, where a write that waits for the file's lock gives up after five seconds."""
    database = Database(URL.create("sqlite", database=str(tmp_path / "lake.db")), patience=1)
    migrate_database(database)
    yield database
    database.close()


def test_those_who_wait_at_the_same_time_are_one_transaction(lake: Database) -> None:
    def transaction(session: Session) -> int:
        return id(session.connection().get_transaction())

    [first, *others] = together(lake, transaction, transaction, then(transaction, add(1)))

    assert others == [first, [first, 1]]
    assert stored(lake) == [1]


def test_what_fails_is_undone_by_itself(lake: Database) -> None:
    one, refused, twice, two = together(lake, add(1), then(add(7), refuse(Refusal())), then(add(8), add(1)), add(2))

    assert (one, two) == (1, 2)
    assert isinstance(refused, Refusal)
    assert isinstance(twice, IntegrityError)
    assert stored(lake) == [1, 2]


def test_a_refusal_keeps_what_it_says_it_keeps(lake: Database) -> None:
    [refused, one] = together(lake, then(add(7), refuse(KeptRefusal())), add(1))

    assert isinstance(refused, KeptRefusal)
    assert one == 1
    assert stored(lake) == [1, 7]


def test_nobody_is_told_that_it_is_done_if_the_commit_fails(lake: Database) -> None:
    def orphan(session: Session) -> None:
        session.execute(text("PRAGMA defer_foreign_keys = ON"))
        session.execute(text("INSERT INTO member_keys (member_id, key_id, wrapped) VALUES ('nobody', '-', x'00')"))

    told = together(lake, add(1), orphan, add(2))

    assert [type(each) for each in told] == [IntegrityError] * 3
    assert stored(lake) == []


def test_all_is_lost_once_the_disk_is_full(lake: Database) -> None:
    def fill(session: Session) -> None:
        session.execute(text("PRAGMA max_page_count = 1"))  # no more than there are
        for number in range(100, 2000):
            add(number)(session)

    def empty(session: Session) -> None:
        session.execute(text("PRAGMA max_page_count = 1000000"))

    one, lost, emptied, two = together(lake, add(1), fill, empty, add(2))

    assert isinstance(one, OperationalError)
    assert "full" in str(one)
    assert one is lost
    assert (emptied, two) == (None, 2)
    assert stored(lake) == [2]


def test_all_is_lost_once_the_transaction_has_ended_whatever_a_work_makes_of_it(lake: Database) -> None:
    def go_on_regardless(session: Session) -> None:
        session.connection().connection.execute("ROLLBACK")
        with suppress(OperationalError):
            session.rollback()
        add(7)(session)

    one, lost, two = together(lake, add(1), go_on_regardless, add(2))

    assert isinstance(one, Unavailable)
    assert one is lost
    assert two == 2
    assert 1 not in stored(lake)


def test_all_are_told_when_no_transaction_can_begin(lake: Database) -> None:
    async def wait() -> Sequence[object]:
        writes = Together(lake)
        with held(lake):
            works = (add(number) for number in range(3))
            replies = await asyncio.gather(*map(writes.write, works), return_exceptions=True)
        assert await writes.write(add(9)) == 9
        writes.close()
        return replies

    told = asyncio.run(wait())

    assert [type(each) for each in told] == [OperationalError] * 3
    assert stored(lake) == [9]


def test_who_has_gone_meanwhile_changes_nothing(lake: Database) -> None:
    async def go() -> None:
        writes = Together(lake)
        with held(lake) as other:
            staying, going = (asyncio.ensure_future(writes.write(add(number))) for number in (1, 2))
            await asyncio.sleep(0.05)
            going.cancel()
            with pytest.raises(asyncio.CancelledError):
                await going
            other.execute("ROLLBACK")
        assert await staying == 1
        writes.close()

    asyncio.run(go())

    assert stored(lake) == [1]


def test_who_comes_one_after_the_other_is_done_one_after_the_other(lake: Database) -> None:
    async def come() -> Sequence[object]:
        writes = Together(lake)
        told = [await writes.write(add(number)) for number in range(5)]
        writes.close()
        return told

    assert asyncio.run(come()) == stored(lake) == [0, 1, 2, 3, 4]


def test_many_are_all_done_whatever_their_order(lake: Database) -> None:
    async def come() -> list[object]:
        writes = Together(lake)
        waiting: list[Awaitable[object]] = [writes.write(add(number)) for number in range(300)]
        told = await asyncio.gather(*waiting)
        writes.close()
        return told

    assert asyncio.run(come()) == stored(lake) == list(range(300))


def test_log_lines_go_on_naming_their_request(lake: Database) -> None:
    def said(_: Session) -> object:
        return structlog.contextvars.get_contextvars()["request_id"]

    async def ask(writes: Together, name: str) -> object:
        structlog.contextvars.bind_contextvars(request_id=name)
        return await writes.write(said)

    async def both() -> Sequence[object]:
        writes = Together(lake)
        told = await asyncio.gather(ask(writes, "one"), ask(writes, "two"))
        writes.close()
        return told

    assert list(asyncio.run(both())) == ["one", "two"]


def test_what_was_refused_is_kept_by_nobody(lake: Database) -> None:
    class Said:
        """What somebody wrote."""

    def take(_said: Said, _session: Session) -> None:
        pass

    def refuse_it(_said: Said, _session: Session) -> None:
        raise Refusal

    def works() -> Iterator[tuple[Do, "weakref.ref[Said]"]]:
        for do in (take, refuse_it, refuse_it):
            said = Said()
            yield partial(do, said), weakref.ref(said)
            del said

    async def write_all() -> list["weakref.ref[Said]"]:
        writes, kept = Together(lake), []
        for do, said in works():
            kept.append(said)
            with suppress(Refusal):
                await writes.write(do)
        del do
        writes.close()
        return kept

    gc.disable()
    try:
        assert [said() for said in asyncio.run(write_all())] == [None, None, None]
    finally:
        gc.enable()


def test_a_savepoint_is_a_part_of_a_transaction_on_either_database(database: Database) -> None:
    with database.engine.begin() as connection:
        with database.transaction(connection) as session:
            add(1)(session)
        with pytest.raises(DBAPIError), database.transaction(connection) as session:
            then(add(2), add(1))(session)
        assert stored_in(connection_of=database) == []

    assert stored(database) == [1]


def stored_in(*, connection_of: Database) -> list[int | None]:
    """As others see it."""
    with connection_of.reads.connect() as reads:
        return list(reads.scalars(select(ContentRelease.id)))
