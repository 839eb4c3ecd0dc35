"""A member at work: on a connection to read, or in a transaction to write. Both begin where they are first used, in the
endpoint's own thread, and there the session is found to go on (docs/decisions/threads.md).
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from anyio import to_thread
from sqlalchemy import Connection, Row
from sqlmodel import Session

from app.accounts.credentials.access_tokens import Access
from app.accounts.members import GOES_ON, check_session, lock_member, named
from app.core.db.database import Database
from app.core.db.pagination import Statement

Reply = TypeVar("Reply")


class Acting:
    """Somebody whose token is good. Whether their session goes on is asked where the database is first used."""

    def __init__(self, state: Any, access: Access, now: datetime) -> None:
        """`state` is the application's, with the tools of each folder."""
        self.state = state
        self.access = access
        self.now = now
        self._database: Database = state.database


class Reading(Acting):
    """A member who reads, in as few round trips as can be."""

    def __init__(self, state: Any, access: Access, now: datetime) -> None:
        super().__init__(state, access, now)
        self._connection: Connection | None = None
        self._is_checked = False

    @property
    def reads(self) -> Connection:
        """Raises BadToken."""
        connection = self._connected()
        if not self._is_checked:
            check_session(connection, self.access, now=self.now)
            self._is_checked = True
        return connection

    def rows(self, statement: Statement, values: Mapping[str, Any]) -> Sequence[Row[Any]]:
        """What a statement finds, and that the session goes on, in one round trip. Raises BadToken."""
        rows = _checked_rows(self._connected(), statement, values, self.access, now=self.now)
        self._is_checked = True
        return rows

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._database.reads.connect()
        return self._connection


class Writing(Acting):
    """A member who writes: one request, one transaction, which ends before the reply is sent, and one member's writes
    after each other.
    """

    def __init__(self, state: Any, access: Access, now: datetime, session: Session | None = None) -> None:
        """Who gives a session ends it, too."""
        super().__init__(state, access, now)
        self._session = session
        self._transaction = ExitStack()
        self._is_locked = False
        self._is_over = False

    @property
    def session(self) -> Session:
        """Raises BadToken."""
        session = self._begun()
        if not self._is_locked:
            lock_member(session, self.access, now=self.now)
            self._is_locked = True
        return session

    def rows(self, statement: Statement, values: Mapping[str, Any]) -> Sequence[Row[Any]]:
        """What a statement finds once nobody else writes for this member. On SQLite nobody else writes at all, so that
        this and whether the session goes on is one statement. Raises BadToken.
        """
        connection = self._begun().connection()
        if connection.dialect.name != "sqlite":
            return self.session.connection().execute(statement, values).all()
        rows = _checked_rows(connection, statement, values, self.access, now=self.now)
        self._is_locked = True
        return rows

    def _begun(self) -> Session:
        assert not self._is_over
        if self._session is None:
            self._session = self._transaction.enter_context(self._database.transaction())
        return self._session

    def committed(self, reply: Reply) -> Reply:
        """The reply, once the transaction has ended here, in the endpoint's thread. Otherwise it ends in another."""
        self.check_locked()
        self._is_over = True
        self._transaction.close()
        return reply

    def check_locked(self) -> None:
        """Nobody is told that it is done whose session wasn't looked at."""
        assert self._is_locked

    async def end(self, error: BaseException | None = None) -> None:
        """Commit, or roll back what came to an error, unless that was done."""
        if self._session is not None and not self._is_over:
            ended = type(error) if error else None, error, error.__traceback__ if error else None
            await to_thread.run_sync(self._transaction.__exit__, *ended)


def _checked_rows(
    connection: Connection, statement: Statement, values: Mapping[str, Any], access: Access, *, now: datetime
) -> Sequence[Row[Any]]:
    """Raises BadToken: where nothing is found, it is asked which of the two it was."""
    rows = connection.execute(while_signed_in(statement), {**values, **named(access, now)}).all()
    if not rows:
        check_session(connection, access, now=now)
    return rows


@lru_cache(maxsize=64)
def while_signed_in(statement: Statement) -> Statement:
    """One of the statements that stand in modules; no other is to be handed in, for it is kept."""
    return statement.where(GOES_ON.exists())
