"""Requests wait for a database connection without holding a thread (docs/decisions/turns.md)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from anyio import Semaphore, WouldBlock, fail_after
from fastapi import Depends, Request

from app.core.database import Database
from app.core.errors import Unavailable

MOST = 30  # fewer than there are threads, whatever the pool holds
PATIENCE = 2.0  # seconds that a request waits for its turn


class Turns:
    """As many at once as there are connections for them; where one pool serves both, they share its turns."""

    def __init__(self, database: Database) -> None:
        self.reading = Semaphore(min(database.readers, MOST), fast_acquire=True)
        self.writing = Semaphore(database.writers, fast_acquire=True) if database.writers else self.reading


async def take_turn(turns: Semaphore) -> None:
    """Waits, if it has to; the turn is to be released. Raises Unavailable."""
    try:
        turns.acquire_nowait()
    except WouldBlock:
        try:
            with fail_after(PATIENCE):
                await turns.acquire()
        except TimeoutError:
            raise Unavailable from None


@asynccontextmanager
async def turn(turns: Semaphore) -> AsyncIterator[None]:
    """Raises Unavailable."""
    await take_turn(turns)
    try:
        yield
    finally:
        turns.release()


async def take_turn_to_read(request: Request) -> AsyncIterator[None]:
    turns: Turns = request.app.state.turns
    async with turn(turns.reading):
        yield


async def take_turn_to_write(request: Request) -> AsyncIterator[None]:
    turns: Turns = request.app.state.turns
    async with turn(turns.writing):
        yield


ReadTurn = Annotated[None, Depends(take_turn_to_read, scope="function")]
WriteTurn = Annotated[None, Depends(take_turn_to_write, scope="function")]
