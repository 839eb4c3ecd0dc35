"""Requests wait for a database connection without holding a thread (docs/decisions/turns.md)."""

from collections.abc import AsyncIterator
from typing import Annotated

from anyio import Semaphore, WouldBlock, fail_after
from fastapi import Depends, Request

from app.core.db.database import Database
from app.core.db.deadline import begin_request
from app.core.errors import Unavailable

MOST = 30  # no more than there are threads, whatever the pool holds
MOST_TOGETHER = 100  # who hold no thread while they wait for the one that writes for all


class Turn:
    """Waits for it, if it has to. Raises Unavailable."""

    def __init__(self, turns: Semaphore, seconds: float) -> None:
        self._turns = turns
        self._seconds = seconds

    async def __aenter__(self) -> None:
        begin_request(self._seconds)
        try:
            self._turns.acquire_nowait()
        except WouldBlock:
            try:
                with fail_after(self._seconds):
                    await self._turns.acquire()
            except TimeoutError:
                raise Unavailable from None

    async def __aexit__(self, *_: object) -> None:
        self._turns.release()


class Turns:
    """As many at once as there are connections for them; where one pool serves both, they share its turns. A request's
    `seconds` begin when it asks for one.
    """

    def __init__(self, database: Database, *, seconds: float) -> None:
        self._seconds = seconds
        self.reading = Semaphore(min(database.readers, MOST), fast_acquire=True)
        self.writing = Semaphore(database.writers, fast_acquire=True) if database.writers else self.reading
        self.together = Semaphore(MOST_TOGETHER, fast_acquire=True)

    def to_read(self) -> Turn:
        return Turn(self.reading, self._seconds)

    def to_write(self) -> Turn:
        return Turn(self.writing, self._seconds)

    def to_write_together(self) -> Turn:
        return Turn(self.together, self._seconds)


async def take_turn_to_read(request: Request) -> AsyncIterator[None]:
    turns: Turns = request.app.state.turns
    async with turns.to_read():
        yield


async def take_turn_to_write(request: Request) -> AsyncIterator[None]:
    turns: Turns = request.app.state.turns
    async with turns.to_write():
        yield


ReadTurn = Annotated[None, Depends(take_turn_to_read, scope="function")]
WriteTurn = Annotated[None, Depends(take_turn_to_write, scope="function")]
