"""Tests for group commit while another process has locked the SQLite file."""

import asyncio
import time
from collections.abc import Sequence

import pytest
from sqlalchemy import URL, text
from sqlalchemy.exc import OperationalError

from app.core.db.database import Database
from app.core.db.request_runner import Mode
from app.core.errors import Unavailable
from tests.factories.writes import insert_release, run_in_request, run_write, stored_release_ids, write_lock_held

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def test_failed_begin_rejects_all_waiting_writers(database_url: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.db.database.MIN_LOCK_TIMEOUT_SECONDS", 0.2)
    short_timeout = Database(database_url, request_timeout=0.2)

    async def write_while_locked() -> tuple[Sequence[object], float]:
        short_timeout.requests.timeout = 30  # longer than the lock timeout of the database engine
        with write_lock_held(short_timeout):
            started = time.monotonic()
            results = await asyncio.gather(
                *(run_write(short_timeout, insert_release(n)) for n in range(20)), return_exceptions=True
            )
            waited = time.monotonic() - started
        assert await run_write(short_timeout, insert_release(99)) == 99
        return results, waited

    results, waited = asyncio.run(write_while_locked())

    assert {type(result) for result in results} <= {OperationalError, Unavailable}
    assert waited < 20 * 0.2
    assert stored_release_ids(short_timeout) == [99]
    short_timeout.close()


def test_short_lock_delays_writers(database: Database) -> None:
    async def write_while_locked() -> Sequence[object]:
        with write_lock_held(database) as lock_holder:
            writes = [asyncio.ensure_future(run_write(database, insert_release(n))) for n in range(5)]
            await asyncio.sleep(0.2)
            lock_holder.execute("ROLLBACK")
        return await asyncio.gather(*writes)

    assert asyncio.run(write_while_locked()) == [0, 1, 2, 3, 4]


def test_long_lock_rejects_writers_in_time_and_not_readers(database_url: URL) -> None:
    database = Database(database_url, request_timeout=0.6)

    async def write_while_locked() -> tuple[Sequence[object], float, object]:
        with write_lock_held(database):
            started = time.monotonic()
            writes = [asyncio.ensure_future(run_write(database, insert_release(n))) for n in range(60)]
            await asyncio.sleep(0.1)
            read = await run_in_request(database, lambda session: session.scalar(text("SELECT 1")), Mode.READ)
            results = await asyncio.gather(*writes, return_exceptions=True)
            return results, time.monotonic() - started, read

    results, waited, read = asyncio.run(write_while_locked())

    assert {type(result) for result in results} == {Unavailable}
    assert waited < 3
    assert read == 1
    database.close()
    assert stored_release_ids(database) == []
