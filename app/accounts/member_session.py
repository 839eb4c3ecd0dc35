"""The session of a signed-in member's request. It validates the sign-in before anything else is read or written."""

from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, Executable, Select
from typing_extensions import override

from app.accounts.credentials.access_tokens import SignedInMember
from app.accounts.members import ACTIVE_SESSION, check_session, lock_member
from app.core.db.pagination import Statement
from app.core.db.requests import Mode, RequestSession, Run
from app.core.db.session import Rows, Session, Values


class MemberSession(RequestSession):
    """Reads check that the member's sign-in session is active. Writes lock the member, so that one member's writes run
    one after the other. Either happens once, on first use; `fetch` saves its round trip where it can.

    Every method raises BadToken.
    """

    def __init__(self, run: Run, mode: Mode, member: SignedInMember, now: datetime) -> None:
        super().__init__(run, mode, now)
        self.member = member

    @override
    def _connected(self) -> Connection:
        connection = super()._connected()
        if self.mode is Mode.WRITE:
            lock_member(Session(connection), self.member, now=self.now)
        else:
            check_session(Session(connection), self.member, now=self.now)
        return connection

    @override
    def fetch(self, statement: Executable, values: Values) -> Rows:
        """The rows of a SELECT that has no aggregate, with the sign-in check as a part of it if this comes first.

        Statements are cached: pass one that is made once, with bound parameters. On PostgreSQL a write locks the member
        first all the same; SQLite has one writer at a time.
        """
        if self._connection is not None:
            return super().fetch(statement, values)
        connection = super()._connected()
        if self.mode is Mode.WRITE and connection.dialect.name != "sqlite":
            lock_member(Session(connection), self.member, now=self.now)
            rows = connection.execute(statement, values).all()
        else:
            assert isinstance(statement, Select)
            signed_in = {"member_id": self.member.id, "session_id": self.member.session_id, "now": self.now}
            rows = connection.execute(_while_signed_in(statement), {**values, **signed_in}).all()
            if not rows:  # no such row, or no active session
                check_session(Session(connection), self.member, now=self.now)
        self._connection = connection
        return rows

    @override
    def complete(self) -> None:
        """An endpoint that used no connection is refused, too, if the sign-in has ended."""
        assert self.connection


@lru_cache(maxsize=256)
def _while_signed_in(statement: Statement) -> Statement:
    return statement.where(ACTIVE_SESSION.exists())
