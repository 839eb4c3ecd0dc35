"""The database session of a signed-in member's request. It checks that the member is still signed in."""

from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, Executable, Select
from typing_extensions import override

from app.accounts.credentials.access_tokens import SignedInMember
from app.accounts.members import ACTIVE_SESSION, check_session, lock_member
from app.core.db.pagination import Statement
from app.core.db.request_runner import Mode, RequestSession, Run
from app.core.db.session import Rows, Session, Values


class MemberSession(RequestSession):
    """A database session that checks, on first use, whether the member is still signed in.

    A read request only checks this. A write request also locks the member's row, so that the writes of one member run
    one after the other. Every method may raise BadToken if the member is no longer signed in.
    """

    def __init__(self, run: Run, mode: Mode, member: SignedInMember, now: datetime) -> None:
        super().__init__(run, mode, now)
        self.member = member

    @override
    def _open_connection(self) -> Connection:
        connection = super()._open_connection()
        if self.mode is Mode.WRITE:
            lock_member(Session(connection), self.member, now=self.now)
        else:
            check_session(Session(connection), self.member, now=self.now)
        return connection

    @override
    def fetch(self, statement: Executable, values: Values) -> Rows:
        """Run a SELECT and return its rows. If this is the first statement, it also checks the sign-in.

        The check is added to the SELECT, which saves a round trip. The SELECT must not use aggregates, because they
        return a row even without a match. Pass values as bound parameters, because the combined statements are cached.
        """
        if self._connection is not None:
            return super().fetch(statement, values)
        connection = super()._open_connection()
        if self.mode is Mode.WRITE and connection.dialect.name != "sqlite":
            lock_member(Session(connection), self.member, now=self.now)
            rows = connection.execute(statement, values).all()
        else:
            assert isinstance(statement, Select)
            session_values = {"member_id": self.member.id, "session_id": self.member.session_id, "now": self.now}
            rows = connection.execute(_with_session_check(statement), {**values, **session_values}).all()
            if not rows:  # no matching row, or the member is no longer signed in
                check_session(Session(connection), self.member, now=self.now)
        self._connection = connection
        return rows

    @override
    def before_commit(self) -> None:
        """Check the member's sign-in, even if the endpoint did not use the database. Raise BadToken if it has ended."""
        assert self.connection


@lru_cache(maxsize=256)
def _with_session_check(statement: Statement) -> Statement:
    return statement.where(ACTIVE_SESSION.exists())
