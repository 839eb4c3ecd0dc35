"""Writes that come at the same time, what they do, and what each is told."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlmodel import Session, col, select

from app.core.db.database import Database
from app.core.db.engines import sqlite_driver
from app.core.db.group_commit import Together
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
    """Another process is writing, and whoever comes meanwhile waits."""
    other = sqlite_driver().connect(str(database.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


def add(number: int) -> Do:
    def do(session: Session) -> int:
        session.add(ContentRelease(id=number, released_at=NOW, falls_due=[]))
        session.flush()
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


def stored(database: Database) -> list[int | None]:
    with database.sessions() as session:
        return list(session.exec(select(ContentRelease.id).order_by(col(ContentRelease.id))))


def together(database: Database, *works: Do) -> Sequence[object]:
    """What each is told, if all of them came while somebody else was writing."""

    async def all_at_once() -> Sequence[object]:
        writes = Together(database)
        with held(database) as other:
            told = [asyncio.ensure_future(writes.write(do)) for do in works]
            await asyncio.sleep(0.05)
            assert not any(each.done() for each in told)
            other.execute("ROLLBACK")
        replies = await asyncio.gather(*told, return_exceptions=True)
        writes.close()
        return replies

    return asyncio.run(all_at_once())
