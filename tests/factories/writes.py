"""Test helpers: concurrent database writes, and their results."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlmodel import col

from app.core.db.database import Database
from app.core.db.engines import sqlite_driver
from app.core.db.request_runner import Mode, RequestSession
from app.core.db.session import Session
from app.core.errors import Conflict
from app.web.cache.releases import ContentRelease

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

Work = Callable[[Session], object]


class Rejection(Conflict):
    code = "refused"
    message = "No."


class CommittingRejection(Rejection):
    commits_writes = True


@contextmanager
def write_lock_held(database: Database) -> Iterator[Any]:
    """Lock a SQLite file for writes, as another process does.

    A ROLLBACK on the yielded connection releases the lock.
    """
    connection = sqlite_driver().connect(str(database.url.database), isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    yield connection
    connection.close()


def insert_release(number: int) -> Work:
    def work(session: Session) -> int:
        session.execute(insert(ContentRelease), {"id": number, "released_at": NOW, "falls_due": []})
        return number

    return work


def in_sequence(*works: Work) -> Work:
    def run_all(session: Session) -> object:
        return [work(session) for work in works]

    return run_all


def raise_error(error: BaseException) -> Work:
    def work(_: Session) -> object:
        raise error

    return work


def stored_release_ids(database: Database) -> list[int]:
    with database.autocommit() as session:
        rows = session.execute(select(col(ContentRelease.id)).order_by(col(ContentRelease.id)))
        return [row.id for row in rows]


async def run_write(database: Database, work: Work) -> object:
    """Run a write in the same way as an API request."""
    return await run_in_request(database, work, Mode.WRITE)


async def run_in_request(database: Database, work: Work, mode: Mode) -> object:
    session = RequestSession(database.requests.run, mode, NOW)
    return await session.run(lambda: work(session))


def write_concurrently(database: Database, *works: Work) -> Sequence[object]:
    """Start writes that all wait for a write of another process, and return their results."""

    async def run_all() -> Sequence[object]:
        with write_lock_held(database) as connection:
            tasks = [asyncio.ensure_future(run_write(database, work)) for work in works]
            await asyncio.sleep(0.05)
            assert not any(task.done() for task in tasks)
            connection.execute("ROLLBACK")
        return await asyncio.gather(*tasks, return_exceptions=True)

    return asyncio.run(run_all())
