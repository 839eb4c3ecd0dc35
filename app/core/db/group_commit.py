"""Group commit for SQLite, which writes one transaction at a time and waits for the disk once for each
(docs/decisions/group_commit.md).

Writers share one transaction, each in a savepoint of its own, under one lock. The last to leave commits for all, and
none returns before that commit.
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

WINDOW = 0.004  # seconds for which a transaction admits further writers

Begin = Callable[[], AbstractContextManager[Connection]]
Outcome = Callable[[BaseException | None], None]


class SharedTransaction:
    """One transaction, shared by the writers that joined it."""

    def __init__(self, begin: Begin) -> None:
        self._transaction = begin()
        self.connection = self._transaction.__enter__()
        self._driver: Any = self.connection.connection.driver_connection
        self.closes_at = time.monotonic() + WINDOW
        self.outcomes: list[Outcome] = []

    @contextmanager
    def savepoint(self) -> Iterator[Connection]:
        """Undoes what is written inside if it raises."""
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
        """Whether SQLite ended the transaction by itself, as on a full disk. A further write would commit alone."""
        return not self._driver.in_transaction

    def end(self, error: BaseException | None = None) -> None:
        """Commit, or roll back because of an error, and report the outcome to every writer."""
        try:
            if error is None and self.has_ended:
                error = Unavailable()
            if error is None:
                self._transaction.__exit__(None, None, None)
            else:
                self._transaction.__exit__(type(error), error, error.__traceback__)
        except BaseException as failure:  # noqa: BLE001 - every writer gets it
            error = failure
        if error is not None:
            log.warning("commit_failed", error=type(error).__name__, writers=len(self.outcomes))
        outcomes, self.outcomes = self.outcomes, []
        for outcome in outcomes:
            outcome(None if error is None else _not_committed(error))


class GroupCommit:
    """Admits writers one at a time. `expect` announces one that will come, so that its transaction is kept open."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        self._writing = threading.Lock()
        self._counting = threading.Lock()
        self._expected = 0
        self._batch: SharedTransaction | None = None
        self._failed_at = 0.0

    def expect(self) -> None:
        """A writer will call `write`, whatever happens to it until then."""
        with self._counting:
            self._expected += 1

    def write(self, work: Callable[[Connection], Any], outcome: Outcome, *, came_at: float) -> None:
        """Run an expected writer's work in a savepoint.

        `outcome` is called once: with None after the commit, with the work's exception after its writes were undone,
        or with what kept the transaction from being committed.
        """
        with self._turn():
            self._attempt(work, outcome, came_at=came_at)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A writer in this thread, which returns after the commit. Raises what kept it from being committed."""
        errors: list[BaseException | None] = []
        ended = threading.Event()
        kept: AppError | None = None

        def outcome(error: BaseException | None) -> None:
            errors.append(error)
            ended.set()

        self.expect()
        came_at = time.monotonic()
        with self._turn():
            batch = self._joined(came_at)
            with self._watched(batch), batch.savepoint() as connection:
                try:
                    yield Session(connection)
                except AppError as refusal:
                    if not refusal.keeps_writes:
                        raise
                    kept = refusal
            batch.outcomes.append(outcome)
        ended.wait()
        if error := errors[0] or kept:
            raise error

    def _attempt(self, work: Callable[[Connection], Any], outcome: Outcome, *, came_at: float) -> None:
        try:
            batch = self._joined(came_at)
            with self._watched(batch), batch.savepoint() as connection:
                work(connection)
        except BaseException as error:  # noqa: BLE001 - it is the writer's
            outcome(error)
        else:
            batch.outcomes.append(outcome)

    def _joined(self, came_at: float) -> SharedTransaction:
        """The open transaction. After one that could not begin, all that waited for it are refused at once."""
        if self._batch is None:
            if came_at < self._failed_at:
                raise Unavailable
            try:
                self._batch = SharedTransaction(self._begin)
            except BaseException:
                self._failed_at = time.monotonic()
                raise
        return self._batch

    @contextmanager
    def _watched(self, batch: SharedTransaction) -> Iterator[None]:
        """Ends the batch at once if SQLite ended its transaction: nothing in it is kept."""
        try:
            yield
        except BaseException as error:
            if batch.has_ended:
                self._batch = None
                batch.end(_cause(error))
            raise
        if batch.has_ended:
            self._batch = None
            batch.end(Unavailable())
            raise Unavailable

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """An expected writer's turn. It ends with the commit, unless another is expected within the batch's time."""
        with self._writing:
            with self._counting:
                self._expected -= 1
            try:
                yield
            finally:
                batch = self._batch
                if batch is not None and (self._expected == 0 or time.monotonic() >= batch.closes_at):
                    self._batch = None
                    batch.end()


def _not_committed(cause: BaseException) -> Unavailable:
    """A writer's own exception: a shared one would collect the tracebacks of all."""
    error = Unavailable()
    error.__cause__ = cause
    return error


def _cause(error: BaseException) -> BaseException:
    """The first database error that led to this one."""
    first: BaseException = error
    context: BaseException | None = error
    while context is not None:
        first = context if isinstance(context, DBAPIError) else first
        context = context.__context__
    return first
