"""Writes of many in one transaction of SQLite, which lets one transaction at a time wait for the disk
(docs/decisions/together.md).
"""

import time
from asyncio import wrap_future
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import Context, copy_context
from operator import methodcaller
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from app.core.db.database import Database
from app.core.db.deadline import begin_work_for
from app.core.errors import Unavailable

LONGEST = 0.004  # seconds for which those who come meanwhile are let into a transaction

Reply = TypeVar("Reply")
Outcome = Callable[[Future[Any]], None]  # tells whoever waits


class Work(NamedTuple):
    """What one request does."""

    do: Callable[[Session], Any]
    context: Context  # what its log lines are to name
    told: Future[Any]


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
        reply: Reply = await wrap_future(self._handed_over(do))
        return reply

    def close(self) -> None:
        """Once nobody comes any longer."""
        self._thread.shutdown()
        self._thread = ThreadPoolExecutor(1, "writes")

    def _handed_over(self, do: Callable[[Session], Any]) -> Future[Any]:
        work = Work(do, copy_context(), Future())
        self._waiting.append(work)
        self._thread.submit(self._commit_some)  # who was done with others by then needs nothing
        return work.told

    def _commit_some(self) -> None:
        """Those who wait, but one at least, so that there are never more of them than calls of this to come."""
        if not self._waiting:
            return
        begun: list[Future[Any]] = []
        outcomes: list[Outcome] = []
        begin_work_for(self._waiting[0].context)  # who has waited for longest
        try:
            with self._database.engine.begin() as connection:
                until = time.monotonic() + LONGEST
                while self._waiting and (not begun or time.monotonic() < until):
                    work = self._waiting.popleft()
                    if work.told.set_running_or_notify_cancel():
                        begun.append(work.told)
                        outcomes.append(self._attempt(connection, work.context, work.do))
                    del work
        except BaseException as error:  # noqa: BLE001 - they are told, whatever it is
            begun = begun or self._all_waiting()
            outcomes = [methodcaller("set_exception", error)] * len(begun)
        while begun:  # tracebacks, which keep what stands here, keep nothing of anybody's
            outcomes.pop()(begun.pop())

    def _attempt(self, connection: Connection, context: Context, do: Callable[[Session], Any]) -> Outcome:
        """Do it, in a savepoint. Raises what made the database end the whole transaction."""
        try:
            with self._database.transaction(connection) as session:
                reply = context.run(do, session)
        except BaseException as error:  # noqa: BLE001 - it is told, whatever it is
            _check_goes_on(connection, error)
            return methodcaller("set_exception", error)
        _check_goes_on(connection)
        return methodcaller("set_result", reply)

    def _all_waiting(self) -> list[Future[Any]]:
        """Those who waited for a transaction that couldn't begin."""
        waiting = [self._waiting.popleft() for _ in range(len(self._waiting))]
        return [work.told for work in waiting if work.told.set_running_or_notify_cancel()]


def _check_goes_on(connection: Connection, error: BaseException | None = None) -> None:
    """Raises if the database has ended the transaction, as on a full disk: what it said then, rather than that there is
    no such savepoint any longer. Whoever went on would be committed by themselves.
    """
    if connection.connection.driver_connection.in_transaction:  # type: ignore[union-attr]
        return
    first: BaseException = Unavailable()
    while error:
        first = error if isinstance(error, DBAPIError) else first
        error = error.__context__
    raise first
