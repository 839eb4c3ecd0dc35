"""Writes of many in one transaction of SQLite, which lets one transaction at a time wait for the disk
(docs/decisions/together.md).
"""

import time
from asyncio import wrap_future
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlmodel import Session

from app.core.database import Database

LONGEST = 0.01  # seconds for which those who come meanwhile are let into a transaction

Reply = TypeVar("Reply")


class Work:
    """What one request does, and what its request is told of it."""

    def __init__(self, do: Callable[[Session], Any]) -> None:
        self.told: Future[Any] = Future()
        self._do = do
        self._context = copy_context()  # what its log lines are to name

    def attempt(self, database: Database, connection: Connection) -> Callable[[], None]:
        """Do it, in a savepoint; returns what tells so. Raises what ended the whole transaction."""
        try:
            with database.transaction(connection) as session:
                reply = self._context.run(self._do, session)
        except BaseException as error:
            if not connection.connection.driver_connection.in_transaction:  # type: ignore[union-attr]
                raise
            return partial(self.told.set_exception, error)
        return partial(self.told.set_result, reply)


class Together:
    """Whoever comes while others are at work is done with them or next, in one thread. What fails is undone by itself;
    nobody is told anything before the commit, and if that fails everybody is told so.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: deque[Work] = deque()
        self._thread = ThreadPoolExecutor(1, "writes")

    async def write(self, do: Callable[[Session], Reply]) -> Reply:
        """Raises what it raises, or what kept all of them from being committed."""
        work = Work(do)
        self._waiting.append(work)
        self._thread.submit(self._commit_some)  # who was done with others by then needs nothing
        reply: Reply = await wrap_future(work.told)
        return reply

    def close(self) -> None:
        """Once nobody comes any longer."""
        self._thread.shutdown()

    def _commit_some(self) -> None:
        if not self._waiting:
            return
        begun: list[Work] = []
        tell: list[Callable[[], None]] = []
        try:
            with self._database.engine.begin() as connection:
                until = time.monotonic() + LONGEST
                while self._waiting and (not begun or time.monotonic() < until):
                    work = self._waiting.popleft()
                    if work.told.set_running_or_notify_cancel():
                        begun.append(work)
                        tell.append(work.attempt(self._database, connection))
        except BaseException as error:  # noqa: BLE001 - they are told, whatever it is
            tell = [partial(work.told.set_exception, error) for work in begun or self._all_waiting()]
        for each in tell:
            each()

    def _all_waiting(self) -> list[Work]:
        """Those who waited for a transaction that couldn't begin."""
        waiting = [self._waiting.popleft() for _ in range(len(self._waiting))]
        return [work for work in waiting if work.told.set_running_or_notify_cancel()]
