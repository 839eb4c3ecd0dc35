"""Group commit for SQLite: several writers share one transaction and one fsync.

Writers run one at a time, each in its own savepoint. The last writer of a batch commits the transaction, and no writer
returns before that commit. See docs/decisions/group_commit.md.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from app.core.db.session import Session
from app.core.errors import AppError, Unavailable

log = structlog.get_logger("app.database")

BATCH_WINDOW_SECONDS = 0.004  # time during which further writers can join a transaction

Begin = Callable[[], AbstractContextManager[Connection]]
OnOutcome = Callable[[BaseException | None], None]


class SharedTransaction:
    """A transaction that several concurrent writers share, committed once for all of them."""

    def __init__(self, begin: Begin) -> None:
        self._transaction = begin()
        self.connection = self._transaction.__enter__()
        self._driver: Any = self.connection.connection.driver_connection
        self.closes_at = time.monotonic() + BATCH_WINDOW_SECONDS
        self.outcomes: list[OnOutcome] = []

    @contextmanager
    def savepoint(self) -> Iterator[Connection]:
        """Undo the writes of the block if it raises an exception."""
        self._driver.execute("SAVEPOINT writer")
        try:
            yield self.connection
        except BaseException:
            if not self.has_ended:
                self._driver.execute("ROLLBACK TO writer")
                self._driver.execute("RELEASE writer")
            raise
        if not self.has_ended:
            self._driver.execute("RELEASE writer")

    @property
    def has_ended(self) -> bool:
        """Whether SQLite has already rolled the transaction back, for example because the disk is full.

        In that case, a further write would be committed on its own.
        """
        return not self._driver.in_transaction

    def end(self, error: BaseException | None = None) -> None:
        """Commit, or roll back if `error` is given, and report the outcome to every writer."""
        try:
            if error is None and self.has_ended:
                error = Unavailable()
            if error is None:
                self._transaction.__exit__(None, None, None)
            else:
                self._transaction.__exit__(type(error), error, error.__traceback__)
        except BaseException as failure:  # noqa: BLE001 - reported to every writer
            error = failure
        if error is not None:
            log.warning("commit_failed", error=type(error).__name__, writers=len(self.outcomes))
        outcomes, self.outcomes = self.outcomes, []
        for outcome in outcomes:
            outcome(None if error is None else _commit_failure(error))


class GroupCommit:
    """Run writers one at a time in shared transactions.

    A transaction stays open for a few milliseconds, so that further writers can join it.
    """

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        self._write_lock = threading.Lock()
        self._count_lock = threading.Lock()
        self._expected = 0
        self._batch: SharedTransaction | None = None
        self._failed_at = 0.0

    def announce(self) -> None:
        """Announce a writer, so that the open transaction waits for it. The caller must then call `write`."""
        with self._count_lock:
            self._expected += 1

    def write(self, work: Callable[[Connection], Any], outcome: OnOutcome, *, arrived_at: float) -> None:
        """Run the work of an announced writer in its own savepoint.

        `outcome` is called exactly once: with None after the commit, with the work's exception after its writes were
        undone, or with the error that prevented the commit.
        """
        with self._turn():
            self._attempt(work, outcome, arrived_at=arrived_at)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Run the block in a shared transaction. Exit after the commit, or raise the error that prevented it."""
        errors: list[BaseException | None] = []
        finished = threading.Event()
        raised_after_commit: AppError | None = None

        def outcome(error: BaseException | None) -> None:
            errors.append(error)
            finished.set()

        self.announce()
        arrived_at = time.monotonic()
        with self._turn():
            batch = self._join(arrived_at)
            with self._watch(batch), batch.savepoint() as connection:
                try:
                    yield Session(connection)
                except AppError as app_error:
                    if not app_error.commits_writes:
                        raise
                    raised_after_commit = app_error
            batch.outcomes.append(outcome)
        finished.wait()
        if error := errors[0] or raised_after_commit:
            raise error

    def _attempt(self, work: Callable[[Connection], Any], outcome: OnOutcome, *, arrived_at: float) -> None:
        try:
            batch = self._join(arrived_at)
            with self._watch(batch), batch.savepoint() as connection:
                work(connection)
        except BaseException as error:  # noqa: BLE001 - reported to the writer
            outcome(error)
        else:
            batch.outcomes.append(outcome)

    def _join(self, arrived_at: float) -> SharedTransaction:
        """Return the shared transaction, and begin it if necessary.

        If it can't begin, all writers that are already waiting fail too.
        """
        if self._batch is None:
            if arrived_at < self._failed_at:
                raise Unavailable
            try:
                self._batch = SharedTransaction(self._begin)
            except BaseException:
                self._failed_at = time.monotonic()
                raise
        return self._batch

    @contextmanager
    def _watch(self, batch: SharedTransaction) -> Iterator[None]:
        """End the batch immediately if SQLite has rolled its transaction back."""
        try:
            yield
        except BaseException as error:
            if batch.has_ended:
                self._batch = None
                batch.end(_root_cause(error))
            raise
        if batch.has_ended:
            self._batch = None
            batch.end(Unavailable())
            raise Unavailable

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait for exclusive access, and run the block of an announced writer.

        Commit afterwards, unless further announced writers can still join the transaction.
        """
        with self._write_lock:
            with self._count_lock:
                self._expected -= 1
            try:
                yield
            finally:
                batch = self._batch
                if batch is not None and (self._expected == 0 or time.monotonic() >= batch.closes_at):
                    self._batch = None
                    batch.end()


def _commit_failure(cause: BaseException) -> Unavailable:
    """Create a separate exception for each writer. A shared one would accumulate all their tracebacks."""
    error = Unavailable()
    error.__cause__ = cause
    return error


def _root_cause(error: BaseException) -> BaseException:
    """Return the earliest database error in a chain of exceptions, or else the given exception."""
    first: BaseException = error
    context: BaseException | None = error
    while context is not None:
        first = context if isinstance(context, DBAPIError) else first
        context = context.__context__
    return first
