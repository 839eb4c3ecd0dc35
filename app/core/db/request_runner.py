"""Run the database work of HTTP requests in threads, each with a session and a deadline."""

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

REQUEST_THREADS = 30  # maximum per process, independent of the connection pool's size

Result = TypeVar("Result")
Work = Callable[[], Any]
Run = Callable[["RequestSession", Work], Awaitable[Any]]
Connect = Callable[[], AbstractContextManager[Connection]]


class Mode(Enum):
    """How a request uses its database connection."""

    READ = "autocommit, on the primary"
    SNAPSHOT = "one read-only snapshot"
    WRITE = "one transaction"


class RequestSession(Session):
    """The database session of one request. It connects on first use. `now` is the time of the request."""

    def __init__(self, run: Run, mode: Mode, now: datetime) -> None:
        """`run` is the method `RequestRunner.run`, which executes the work in a thread."""
        super().__init__()
        self.mode = mode
        self.now = now
        self._run = run
        self._connect: Callable[[], Connection] | None = None
        self._opened: Connection | None = None
        self._closing = threading.Lock()

    async def run(self, work: Callable[[], Result]) -> Result:
        """Run the request's work in a thread, with this session open. Errors are those of `RequestRunner.run`."""
        result: Result = await self._run(self, work)
        return result

    def perform(self, connect: Callable[[], Connection], work: Work) -> tuple[Any, AppError | None]:
        """Run work in this thread. Return `(result, None)`, or `(None, error)` if `error.commits_writes` is set."""
        self._connect = connect
        try:
            result = work()
            self.before_commit()
        except AppError as error:
            if not error.commits_writes:
                raise
            return None, error
        finally:
            with self._closing:  # before the connection returns to the pool, so that `abort` affects no other request
                self._connect = self._opened = self._connection = None
        return result, None

    def before_commit(self) -> None:
        """Run after the endpoint and before the commit. A subclass can raise an error to prevent the commit."""

    def abort(self) -> None:
        """Interrupt the session's current statement. Other threads can call this method."""
        with self._closing:
            if self._opened is not None:
                interrupt(self._opened)

    @override
    def _open_connection(self) -> Connection:
        assert self._connect is not None, "The session is not open."
        self._opened = self._connect()
        return self._opened


class Slots:
    """A limit on concurrent threads with database work. Requests wait as coroutines, without occupying a thread."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._semaphore = Semaphore(capacity, fast_acquire=True)

    @property
    def used(self) -> int:
        return self.capacity - self._semaphore.value

    async def acquire(self, timeout_seconds: float) -> None:
        """Wait for a free slot. Raise Unavailable after `timeout_seconds`."""
        try:
            self._semaphore.acquire_nowait()
        except WouldBlock:
            try:
                with fail_after(timeout_seconds):
                    await self._semaphore.acquire()
            except TimeoutError:
                raise Unavailable from None

    def release(self) -> None:
        """Free a slot. Call this on the event loop when the thread has ended, even if its request has timed out."""
        self._semaphore.release()


class ThreadCall:
    """A call that runs in a thread while a coroutine waits for its result."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._loop = asyncio.get_running_loop()
        self._result: asyncio.Future[Any] = self._loop.create_future()
        self._timer: asyncio.TimerHandle | None = None
        self.run_in_context: Callable[[Work], Any] = copy_context().run  # adds the request's id to log lines

    @property
    def is_awaited(self) -> bool:
        return not self._result.done()

    def execute(self, work: Work) -> None:
        """Run the work in this thread, and pass its result or exception to the waiting coroutine."""
        try:
            result = self.run_in_context(work)
        except BaseException as error:  # noqa: BLE001 - the waiting coroutine raises it
            self.settle(error=error)
        else:
            self.settle(result)

    def settle(self, result: Any = None, error: BaseException | None = None) -> None:
        """Pass the result or exception to the waiting coroutine. Call this exactly once, from any thread."""
        with suppress(RuntimeError):  # the event loop may already be closed
            self._loop.call_soon_threadsafe(self._settle, result, error)

    async def wait(self, seconds_left: Callable[[], float], abort: Callable[[], None] | None) -> Any:
        """Wait for the result, or the work's exception. At the deadline, call `abort` and raise Unavailable."""
        self._check_deadline(seconds_left, abort)
        try:
            return await self._result
        finally:
            if self._timer:
                self._timer.cancel()

    def _check_deadline(self, seconds_left: Callable[[], float], abort: Callable[[], None] | None) -> None:
        delay = seconds_left()
        if delay > 0:
            self._timer = self._loop.call_later(delay, self._check_deadline, seconds_left, abort)
        elif self.is_awaited:
            log.warning("database_deadline")
            self._result.set_exception(Unavailable())
            if abort:
                abort()

    def _settle(self, result: Any, error: BaseException | None) -> None:
        self._slots.release()
        if not self.is_awaited:
            return
        if error is not None:
            self._result.set_exception(RuntimeError() if isinstance(error, StopIteration) else error)
        else:
            self._result.set_result(result)


class RequestRunner:
    """Runs the database work of requests in threads. On SQLite, a single thread runs all writes."""

    def __init__(
        self,
        connect: Mapping[Mode, Connect],
        group: GroupCommit | None,
        *,
        timeout: float,
        max_readers: int,
        max_writers: int,
    ) -> None:
        """`timeout` limits the database time of a request, in seconds. Without `group`, writes share the read slots."""
        self.timeout = timeout
        self.read_slots = Slots(max_readers)
        self.write_slots = Slots(max_writers) if group else self.read_slots
        self._connect = connect
        self._group = group
        self._threads = ThreadPoolExecutor(REQUEST_THREADS, "requests")
        self._writer = ThreadPoolExecutor(1, "writes")

    async def run(self, session: RequestSession, work: Work) -> Any:
        """Run a request's work, commit, and return the result.

        Raise the work's exception, or Unavailable at the deadline. A write that timed out may still be committed later.
        """
        arrived_at = time.monotonic()
        group = self._group if session.mode is Mode.WRITE else None
        slots = self.write_slots if session.mode is Mode.WRITE else self.read_slots
        await slots.acquire(self.timeout)
        call = ThreadCall(slots)
        if group:
            group.announce()
            self._writer.submit(_run_in_group, group, call, session, work, arrived_at)
        else:
            self._threads.submit(call.execute, partial(_run_alone, self._connect[session.mode], session, work))
        return await call.wait(lambda: arrived_at + self.timeout - time.monotonic(), None if group else session.abort)

    async def run_transactions(
        self, slots: Slots, work: Work, seconds_used: Callable[[], float], abort: Callable[[], None]
    ) -> Any:
        """Run work that opens its own transactions. The timeout applies to `seconds_used`, not to the elapsed time."""
        await slots.acquire(self.timeout)
        call = ThreadCall(slots)
        self._threads.submit(call.execute, work)
        return await call.wait(lambda: self.timeout - seconds_used(), abort)

    def close(self) -> None:
        """Wait for all threads and close them. New threads are started on the next use."""
        for executor in (self._threads, self._writer):
            executor.shutdown()
        self._threads, self._writer = ThreadPoolExecutor(REQUEST_THREADS, "requests"), ThreadPoolExecutor(1, "writes")


def _run_alone(connect: Connect, session: RequestSession, work: Work) -> Any:
    with ExitStack() as stack:
        result, error = session.perform(lambda: stack.enter_context(connect()), work)
    if error:
        raise error
    return result


def _run_in_group(group: GroupCommit, call: ThreadCall, session: RequestSession, work: Work, arrived_at: float) -> None:
    """Run work in a transaction that writers share. The call receives its result after the commit."""
    result, error = None, None

    def write(connection: Connection) -> None:
        nonlocal result, error
        if call.is_awaited:  # the request has not timed out or been cancelled
            result, error = call.run_in_context(partial(session.perform, lambda: connection, work))

    group.write(write, lambda failure: call.settle(result, failure or error), arrived_at=arrived_at)
