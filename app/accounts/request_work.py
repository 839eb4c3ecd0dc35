"""A member's request as one piece of work, which is handed to a thread once, connection and reply and all
(docs/decisions/threads.md).
"""

from asyncio import to_thread
from collections.abc import Callable
from contextlib import closing
from typing import TypeVar

from sqlmodel import Session

from app.accounts.request_context import Acting, Reading, Writing

Reply = TypeVar("Reply")
By = TypeVar("By")


class Actor(Acting):
    """Nothing is begun for them yet."""

    async def reads(self, work: Callable[[Reading], Reply]) -> Reply:
        """Raises BadToken and Unavailable, and what the work raises."""

        def read() -> Reply:
            with closing(Reading(self.state, self.access, self.now)) as reading:
                return _done(work, reading)

        async with self.state.turns.to_read():
            return await to_thread(read)

    async def writes(self, work: Callable[[Writing], Reply]) -> Reply:
        """What was written is committed when this returns, or nothing of it. Raises as `reads` does."""

        def write(session: Session) -> Reply:
            writing = Writing(self.state, self.access, self.now, session)
            reply = _done(work, writing)
            writing.check_locked()
            return reply

        def write_alone() -> Reply:
            with self._database.transaction() as session:
                return write(session)

        if self.state.together is None:
            async with self.state.turns.to_write():
                return await to_thread(write_alone)
        async with self.state.turns.to_write_together():
            written: Reply = await self.state.together.write(write)
            return written


def _done(work: Callable[[By], Reply], by: By) -> Reply:
    """A StopIteration mustn't leave the thread: asyncio can't hand it on, and its request would wait forever."""
    try:
        return work(by)
    except StopIteration as error:
        raise RuntimeError("StopIteration") from error
