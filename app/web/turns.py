"""Requests wait for a database connection without holding a thread (docs/decisions/turns.md)."""

from collections.abc import AsyncIterator
from typing import Annotated

from anyio import Semaphore, WouldBlock, fail_after
from fastapi import Depends, Request

from app.core.database import Database
from app.core.errors import Unavailable
from app.core.patience import begin_request

MOST = 30  # no more than there are threads, whatever the pool holds
MOST_TOGETHER = 100  # who hold no thread while they wait for the one that writes for all
PATIENCE = 2.0  # seconds that a request waits for its turn, of those that it has


class Turns:
    """As many at once as there are connections for them; where one pool serves both, they share its turns."""

    def __init__(self, database: Database) -> None:
        self.reading = Semaphore(min(database.readers, MOST), fast_acquire=True)
        self.writing = Semaphore(database.writers, fast_acquire=True) if database.writers else self.reading
        self.together = Semaphore(MOST_TOGETHER, fast_acquire=True)


class Turn:
    """Waits for it, if it has to. Raises Unavailable."""

    def __init__(self, turns: Semaphore) -> None:
        self._turns = turns

    async def __aenter__(self) -> None:
        begin_request()
        try:
            self._turns.acquire_nowait()
        except WouldBlock:
            try:
                with fail_after(PATIENCE):
                    await self._turns.acquire()
            except TimeoutError:
                raise Unavailable from None

    async def __aexit__(self, *_: object) -> None:
        self._turns.release()


async def take_turn_to_read(request: Request) -> AsyncIterator[None]:
    turns: Turns = request.app.state.turns
    async with Turn(turns.reading):
        yield


async def take_turn_to_write(request: Request) -> AsyncIterator[None]:
    turns: Turns = request.app.state.turns
    async with Turn(turns.writing):
        yield


ReadTurn = Annotated[None, Depends(take_turn_to_read, scope="function")]
WriteTurn = Annotated[None, Depends(take_turn_to_write, scope="function")]
