"""Group commit while another process holds the lock of the SQLite file."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import URL, text
from sqlalchemy.exc import OperationalError

from app.cli import migrate_database
from app.core.db.database import Database
from app.core.db.requests import Mode
from app.core.errors import Unavailable
from tests.factories.writes import add, held, run, stored, write


def test_a_transaction_that_cannot_begin_refuses_all_that_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.db.database.LEAST", 0.2)
    database = Database(URL.create("sqlite", database=str(tmp_path / "hasty.db")), seconds=30)
    migrate_database(database)
    database.close()
    hasty = Database(database.url, seconds=0.2)

    async def wait() -> tuple[Sequence[object], float]:
        hasty.requests.seconds = 30  # the engine gives up sooner
        with held(hasty):
            began = time.monotonic()
            answers = await asyncio.gather(*(write(hasty, add(n)) for n in range(20)), return_exceptions=True)
            waited = time.monotonic() - began
        assert await write(hasty, add(99)) == 99
        return answers, waited

    answers, waited = asyncio.run(wait())

    assert {type(each) for each in answers} <= {OperationalError, Unavailable}
    assert waited < 20 * 0.2
    assert stored(hasty) == [99]
    hasty.close()


def test_a_lock_that_is_held_elsewhere_for_a_while_delays_writers(lake: Database) -> None:
    async def wait() -> Sequence[object]:
        with held(lake) as other:
            writes = [asyncio.ensure_future(write(lake, add(n))) for n in range(5)]
            await asyncio.sleep(0.5)
            other.execute("ROLLBACK")
        return await asyncio.gather(*writes)

    assert asyncio.run(wait()) == [0, 1, 2, 3, 4]


def test_a_lock_that_stays_held_refuses_writers_in_time_and_leaves_readers_alone(tmp_path: Path) -> None:
    database = Database(URL.create("sqlite", database=str(tmp_path / "held.db")), seconds=0.6)
    migrate_database(database)

    async def wait() -> tuple[Sequence[object], float, object]:
        with held(database):
            began = time.monotonic()
            writes = [asyncio.ensure_future(write(database, add(n))) for n in range(60)]
            await asyncio.sleep(0.1)
            read = await run(database, lambda session: session.scalar(text("SELECT 1")), Mode.READ)
            answers = await asyncio.gather(*writes, return_exceptions=True)
            return answers, time.monotonic() - began, read

    answers, waited, read = asyncio.run(wait())

    assert {type(each) for each in answers} == {Unavailable}
    assert waited < 3
    assert read == 1
    database.close()
    assert stored(database) == []
