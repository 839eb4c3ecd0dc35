"""Several short transactions in one request, with slow work such as password hashing between them."""

import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any, TypeVar

from app.core.db.engines import interrupt
from app.core.db.session import Session

Result = TypeVar("Result")
Begin = Callable[[], AbstractContextManager[Session]]
RunInThread = Callable[[Callable[[], Any], Callable[[], float], Callable[[], None]], Awaitable[Any]]


class Transactions:
    """Consecutive transactions of one request, in one thread.

    Only the time within transactions counts towards the request's timeout. On SQLite the transactions share commits
    with other writers, so the deadline does not interrupt their statements.
    """

    def __init__(self, run: RunInThread, begin: Begin, snapshot: Begin, now: datetime, *, is_shared: bool) -> None:
        self.now = now
        self._run = run
        self._begin = begin
        self._snapshot = snapshot
        self._is_shared = is_shared
        self._closing = threading.Lock()
        self._session: Session | None = None
        self._began_at = 0.0
        self._seconds = 0.0

    async def run(self, work: Callable[[], Result]) -> Result:
        """Run work in a thread. The work opens transactions with `begin` and `snapshot`.

        Raise the work's exception, or Unavailable if the database takes too long. An exception does not undo
        transactions that were already committed.
        """
        result: Result = await self._run(work, self.seconds_used, self._abort)
        return result

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """Open a transaction. It is committed at the end of the block, or rolled back on an exception."""
        with self._timed(self._begin) as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """Open a session that reads one consistent snapshot and can't write."""
        with self._timed(self._snapshot) as session:
            yield session

    def seconds_used(self) -> float:
        """Return the seconds spent within transactions, including the current one."""
        return self._seconds + (time.monotonic() - self._began_at if self._began_at else 0.0)

    @contextmanager
    def _timed(self, begin: Begin) -> Iterator[Session]:
        self._began_at = time.monotonic()
        try:
            with begin() as session:
                self._session = session
                try:
                    yield session
                finally:
                    with self._closing:
                        self._session = None
        finally:
            self._seconds, self._began_at = self.seconds_used(), 0.0

    def _abort(self) -> None:
        """Interrupt the current statement from another thread. Shared SQLite transactions are not interrupted."""
        with self._closing:
            if self._session is not None and not self._is_shared:
                interrupt(self._session.connection)
