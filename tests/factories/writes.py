"""Writes that arrive at the same time, and what each is answered."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlmodel import col

from app.core.db.database import Database
from app.core.db.engines import sqlite_driver
from app.core.db.requests import Mode, RequestSession
from app.core.db.session import Session
from app.core.errors import Conflict
from app.web.cache.releases import ContentRelease

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

Do = Callable[[Session], object]


class Refusal(Conflict):
    code = "refused"
    says = "No."


class KeptRefusal(Refusal):
    keeps_writes = True


@contextmanager
def held(database: Database) -> Iterator[Any]:
    """Another process holds the lock of a SQLite file until it is told to roll back."""
    other = sqlite_driver().connect(str(database.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


def add(number: int) -> Do:
    def do(session: Session) -> int:
        session.execute(insert(ContentRelease), {"id": number, "released_at": NOW, "falls_due": []})
        return number

    return do


def then(do: Do, *more: Do) -> Do:
    def both(session: Session) -> object:
        return [do(session), *(each(session) for each in more)]

    return both


def refuse(error: BaseException) -> Do:
    def do(_: Session) -> object:
        raise error

    return do


def stored(database: Database) -> list[int]:
    with database.reading() as session:
        rows = session.execute(select(col(ContentRelease.id)).order_by(col(ContentRelease.id)))
        return [row.id for row in rows]


async def write(database: Database, do: Do) -> object:
    """As a request does."""
    return await run(database, do, Mode.WRITE)


async def run(database: Database, do: Do, mode: Mode) -> object:
    session = RequestSession(database.requests.run, mode, NOW)
    return await session.run(lambda: do(session))


def together(database: Database, *works: Do) -> Sequence[object]:
    """What each is answered, if all of them arrived while another process was writing."""

    async def all_at_once() -> Sequence[object]:
        with held(database) as other:
            answers = [asyncio.ensure_future(write(database, do)) for do in works]
            await asyncio.sleep(0.05)
            assert not any(each.done() for each in answers)
            other.execute("ROLLBACK")
        return await asyncio.gather(*answers, return_exceptions=True)

    return asyncio.run(all_at_once())
