"""A member's request as one piece of work, which is handed to a thread once, connection and reply and all
(docs/decisions/threads.md).
"""

from asyncio import to_thread
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from typing import Any, TypeVar

from sqlmodel import Session

from app.accounts.acting import Reading, Writing
from app.accounts.tokens import Access
from app.web.turns import Turn

Reply = TypeVar("Reply")
By = TypeVar("By")


class Actor:
    """Who is asking. Nothing is begun for them yet."""

    def __init__(self, state: Any, access: Access, now: datetime) -> None:
        """`state` is the application's, with the tools of each folder."""
        self._state = state
        self._access = access
        self._now = now

    async def reads(self, work: Callable[[Reading], Reply]) -> Reply:
        """Raises BadToken and Unavailable, and what the work raises."""

        def read() -> Reply:
            with closing(Reading(self._state, self._access, self._now)) as reading:
                return _done(work, reading)

        async with Turn(self._state.turns.reading):
            return await to_thread(read)

    async def writes(self, work: Callable[[Writing], Reply]) -> Reply:
        """What was written is committed when this returns, or nothing of it. Raises as `reads` does."""

        def write(session: Session) -> Reply:
            writing = Writing(self._state, self._access, self._now, session)
            reply = _done(work, writing)
            writing.check_locked()
            return reply

        def write_alone() -> Reply:
            with self._state.database.transaction() as session:
                return write(session)

        if self._state.together is None:
            async with Turn(self._state.turns.writing):
                return await to_thread(write_alone)
        async with Turn(self._state.turns.together):
            written: Reply = await self._state.together.write(write)
            return written


def _done(work: Callable[[By], Reply], by: By) -> Reply:
    """A StopIteration mustn't leave the thread: asyncio can't hand it on, and its request would wait forever."""
    try:
        return work(by)
    except StopIteration as error:
        raise RuntimeError("StopIteration") from error
