"""Several transactions of one request, for work between them that must hold none, such as hashing a password."""

import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any, TypeVar

from app.core.db.engines import interrupt
from app.core.db.session import Session

Reply = TypeVar("Reply")
Begin = Callable[[], AbstractContextManager[Session]]
RunApart = Callable[[Callable[[], Any], Callable[[], float], Callable[[], None]], Awaitable[Any]]


class Transactions:
    """They run in one thread, one after the other. Only the seconds within them count towards the request's deadline.

    On SQLite they share the commits of other writers, whose statements `abort` must not interrupt.
    """

    def __init__(self, run: RunApart, begin: Begin, snapshot: Begin, now: datetime, *, is_shared: bool) -> None:
        self.now = now
        self._run = run
        self._begin = begin
        self._snapshot = snapshot
        self._is_shared = is_shared
        self._closing = threading.Lock()
        self._session: Session | None = None
        self._began_at = 0.0
        self._used = 0.0

    async def run(self, work: Callable[[], Reply]) -> Reply:
        """Do work in a thread that begins these transactions. Those that were committed stay, whatever it raises.

        Raises what the work raises, and Unavailable when the database takes too long.
        """
        reply: Reply = await self._run(work, self.seconds_used, self._abort)
        return reply

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """One transaction, committed at its end."""
        with self._timed(self._begin) as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """One read-only snapshot."""
        with self._timed(self._snapshot) as session:
            yield session

    def seconds_used(self) -> float:
        """Within transactions, the open one included."""
        return self._used + (time.monotonic() - self._began_at if self._began_at else 0.0)

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
            self._used, self._began_at = self.seconds_used(), 0.0

    def _abort(self) -> None:
        """Interrupt the statement that runs, from another thread."""
        with self._closing:
            if self._session is not None and not self._is_shared:
                interrupt(self._session.connection)
