"""Requests on a database: the session of a request, and its one piece of work in a thread, with a deadline."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, suppress
from contextvars import copy_context
from datetime import datetime
from enum import Enum
from functools import partial
from typing import Any, TypeVar

import structlog
from anyio import Semaphore, WouldBlock, fail_after
from sqlalchemy import Connection
from typing_extensions import override

from app.core.db.engines import interrupt
from app.core.db.group_commit import GroupCommit
from app.core.db.session import Session
from app.core.errors import AppError, Unavailable

log = structlog.get_logger("app.database")

THREADS = 30  # that work for requests, whatever the pool holds

Reply = TypeVar("Reply")
Work = Callable[[], Any]
Run = Callable[["RequestSession", Work], Awaitable[Any]]
Connect = Callable[[], AbstractContextManager[Connection]]


class Mode(Enum):
    """Which connection a request gets."""

    READ = "autocommit, on the primary"
    SNAPSHOT = "one read-only snapshot"
    WRITE = "one transaction"


class RequestSession(Session):
    """The session of one request, connected when it is first used. `now` is the request's one clock."""

    def __init__(self, run: Run, mode: Mode, now: datetime) -> None:
        """`run` is `Database.run`."""
        super().__init__()
        self.mode = mode
        self.now = now
        self._run = run
        self._connect: Callable[[], Connection] | None = None
        self._opened: Connection | None = None
        self._closing = threading.Lock()

    async def run(self, work: Callable[[], Reply]) -> Reply:
        """Do the request's work in a thread, with this session open. Raises as `Database.run` does."""
        reply: Reply = await self._run(self, work)
        return reply

    def attempt(self, connect: Callable[[], Connection], work: Work) -> tuple[Any, AppError | None]:
        """The reply of work on a connection that is made when first used, or a refusal that keeps its writes. The
        session is closed before the connection is given back, so that `abort` reaches no other request.
        """
        self._connect = connect
        try:
            reply = work()
            self.complete()
        except AppError as refusal:
            if not refusal.keeps_writes:
                raise
            return None, refusal
        finally:
            with self._closing:
                self._connect = self._opened = self._connection = None
        return reply, None

    def complete(self) -> None:
        """Runs after the endpoint and before the commit. Raises what forbids the commit."""

    def abort(self) -> None:
        """Interrupt the statement that runs, from another thread."""
        with self._closing:
            if self._opened is not None:
                interrupt(self._opened)

    @override
    def _connected(self) -> Connection:
        assert self._connect is not None, "The session is not open."
        self._opened = self._connect()
        return self._opened


class Places:
    """A limit on the threads that use the database at once. Requests wait for a place as coroutines, without a thread.
    A place is held for as long as the thread works, which may be longer than its request waits.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self._free = Semaphore(number, fast_acquire=True)

    @property
    def taken(self) -> int:
        return self.number - self._free.value

    async def take(self, seconds: float) -> None:
        """Raises Unavailable when none is free in time."""
        try:
            self._free.acquire_nowait()
        except WouldBlock:
            try:
                with fail_after(seconds):
                    await self._free.acquire()
            except TimeoutError:
                raise Unavailable from None

    def give_back(self) -> None:
        """To be called on the event loop."""
        self._free.release()


class Hop:
    """One piece of work in a thread, and the coroutine that waits for it."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._loop = asyncio.get_running_loop()
        self._reply: asyncio.Future[Any] = self._loop.create_future()
        self._timer: asyncio.TimerHandle | None = None
        self.run: Callable[[Work], Any] = copy_context().run  # in the thread: log lines name the request

    @property
    def is_awaited(self) -> bool:
        return not self._reply.done()

    def work(self, work: Work) -> None:
        """To be called in the thread: the work's return value or exception settles the hop."""
        try:
            reply = self.run(work)
        except BaseException as error:  # noqa: BLE001 - it is the request's
            self.settle(error=error)
        else:
            self.settle(reply)

    def settle(self, reply: Any = None, error: BaseException | None = None) -> None:
        """To be called once, in any thread."""
        with suppress(RuntimeError):  # the event loop was closed
            self._loop.call_soon_threadsafe(self._settle, reply, error)

    async def wait(self, remaining: Callable[[], float], abort: Callable[[], None] | None) -> Any:
        """The reply. Raises what the work raises, and Unavailable once the `remaining` seconds are zero. `abort` is
        called then; the thread ends when its database lets it.
        """
        self._check(remaining, abort)
        try:
            return await self._reply
        finally:
            if self._timer:
                self._timer.cancel()

    def _check(self, remaining: Callable[[], float], abort: Callable[[], None] | None) -> None:
        left = remaining()
        if left > 0:
            self._timer = self._loop.call_later(left, self._check, remaining, abort)
        elif self.is_awaited:
            log.warning("database_deadline")
            self._reply.set_exception(Unavailable())
            if abort:
                abort()

    def _settle(self, reply: Any, error: BaseException | None) -> None:
        self._places.give_back()
        if not self.is_awaited:
            return
        if error is not None:
            self._reply.set_exception(RuntimeError() if isinstance(error, StopIteration) else error)
        else:
            self._reply.set_result(reply)


class RequestRunner:
    """Runs the work of requests in threads. Readers have as many threads as there are connections for them; on SQLite
    one thread writes for all, and commits for many at once.
    """

    def __init__(
        self, connect: Mapping[Mode, Connect], group: GroupCommit | None, *, seconds: float, readers: int, writers: int
    ) -> None:
        """`seconds` is how long a request waits for the database. Without a group, writers are readers."""
        self.seconds = seconds
        self.reading = Places(readers)
        self.writing = Places(writers) if group else self.reading
        self._connect = connect
        self._group = group
        self._threads = ThreadPoolExecutor(THREADS, "requests")
        self._writer = ThreadPoolExecutor(1, "writes")

    async def run(self, session: RequestSession, work: Work) -> Any:
        """The reply of a request's work. What it wrote is committed by then, or nothing of it.

        Raises what the work raises, and Unavailable when the database takes too long: then a write may yet happen.
        """
        came_at = time.monotonic()
        in_group = self._group if session.mode is Mode.WRITE else None
        places = self.writing if session.mode is Mode.WRITE else self.reading
        await places.take(self.seconds)
        hop = Hop(places)
        if in_group:
            in_group.expect()
            self._writer.submit(_write_in_group, in_group, hop, session, work, came_at)
        else:
            self._threads.submit(hop.work, partial(_work_alone, self._connect[session.mode], session, work))
        return await hop.wait(lambda: came_at + self.seconds - time.monotonic(), None if in_group else session.abort)

    async def run_apart(self, places: Places, work: Work, used: Callable[[], float], abort: Callable[[], None]) -> Any:
        """The reply of work that connects by itself, of whose seconds only those `used` count."""
        await places.take(self.seconds)
        hop = Hop(places)
        self._threads.submit(hop.work, work)
        return await hop.wait(lambda: self.seconds - used(), abort)

    def close(self) -> None:
        """Wait for all threads. The runner can be used again."""
        for executor in (self._threads, self._writer):
            executor.shutdown()
        self._threads, self._writer = ThreadPoolExecutor(THREADS, "requests"), ThreadPoolExecutor(1, "writes")


def _work_alone(connect: Connect, session: RequestSession, work: Work) -> Any:
    """A request's work on a connection of its own, which is committed if it is a transaction's."""
    with ExitStack() as stack:
        reply, refusal = session.attempt(lambda: stack.enter_context(connect()), work)
    if refusal:
        raise refusal
    return reply


def _write_in_group(group: GroupCommit, hop: Hop, session: RequestSession, work: Work, came_at: float) -> None:
    """A request's work in a transaction that it shares with others; the hop is settled after the commit."""
    reply, refusal = None, None

    def write(connection: Connection) -> None:
        nonlocal reply, refusal
        if hop.is_awaited:  # the request neither gave up nor was cancelled
            reply, refusal = hop.run(partial(session.attempt, lambda: connection, work))

    group.write(write, lambda error: hop.settle(reply, error or refusal), came_at=came_at)
