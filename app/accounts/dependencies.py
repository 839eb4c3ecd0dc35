"""How endpoints learn who is asking. A member's endpoint takes `MemberReads` or `MemberWrites`, and has then a
connection on which the session was found to go on; one that asks for a password takes `Asking`.
"""

from collections.abc import AsyncIterator
from contextlib import ExitStack, closing
from datetime import datetime
from typing import Annotated

from anyio import to_thread
from fastapi import Depends, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Connection
from sqlmodel import Session

from app.accounts.devices import device_name
from app.accounts.members import check_session, lock_member
from app.accounts.tokens import Access, BadToken
from app.accounts.tools import Caller, Tools
from app.core.database import Database
from app.web.dependencies import Network, Now
from app.web.limits import limited, one_of_few, unhurried
from app.web.turns import turn

bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", scheme_name="Bearer", description="The `access_token`.")
Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


async def read_tools(request: Request) -> Tools:
    tools: Tools = request.app.state.tools
    return tools


AccountTools = Annotated[Tools, Depends(read_tools)]


async def read_access(request: Request, credentials: Bearer, now: Now) -> Access:
    """Whom the token speaks for: no database is asked yet."""
    if credentials is None:
        raise BadToken
    tools: Tools = request.app.state.tools
    return tools.tokens.read(credentials.credentials, now=now)


Asking = Annotated[Access, Depends(read_access)]


class Reading:
    """A member who reads, in as few round trips as can be. The connection is opened, and the session looked up, where
    it is first used: in the endpoint's own thread, so that nothing waits for another (docs/decisions/threads.md).
    """

    def __init__(self, database: Database, access: Access, now: datetime) -> None:
        self.access = access
        self._database = database
        self._now = now
        self._connection: Connection | None = None

    @property
    def reads(self) -> Connection:
        """Raises BadToken."""
        if self._connection is None:
            self._connection = self._database.reads.connect()
            check_session(self._connection, self.access, now=self._now)
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()


class Writing:
    """A member who writes: one request, one transaction, and one member's writes after each other. It begins where the
    session is first used, as a connection to read does, and ends before the reply is sent.
    """

    def __init__(self, database: Database, access: Access, now: datetime) -> None:
        self.access = access
        self._database = database
        self._now = now
        self._session: Session | None = None
        self._transaction = ExitStack()
        self._is_over = False

    @property
    def session(self) -> Session:
        """Raises BadToken."""
        if self._session is None:
            self._session = self._transaction.enter_context(self._database.transaction())
            lock_member(self._session, self.access, now=self._now)
        return self._session

    def committed(self, reply: Response) -> Response:
        """The reply, once the transaction has ended here, in the endpoint's thread. Otherwise it ends in another."""
        self._is_over = True
        self._transaction.close()
        return reply

    async def end(self, error: BaseException | None = None) -> None:
        """Commit, or roll back what came to an error, unless that was done."""
        if not self._is_over:
            ended = type(error) if error else None, error, error.__traceback__ if error else None
            await to_thread.run_sync(self._transaction.__exit__, *ended)


async def open_reading(request: Request, access: Asking, now: Now) -> AsyncIterator[Reading]:
    state = request.app.state
    async with turn(state.turns.reading):
        with closing(Reading(state.database, access, now)) as reading:
            yield reading


async def open_writing(request: Request, access: Asking, now: Now) -> AsyncIterator[Writing]:
    state = request.app.state
    async with turn(state.turns.writing):
        writing = Writing(state.database, access, now)
        try:
            yield writing
        except BaseException as error:
            await writing.end(error)
            raise
        await writing.end()


async def read_caller(request: Request, network: Network) -> Caller:
    return Caller(network, device_name(request.headers.get("user-agent", "")))


MemberReads = Annotated[Reading, Depends(open_reading, scope="function")]
MemberWrites = Annotated[Writing, Depends(open_writing, scope="function")]
CallerInfo = Annotated[Caller, Depends(read_caller)]
PasswordWork = Depends(one_of_few, scope="function")
MEMBER_PASSWORD_WORK = [Depends(read_access), PasswordWork]  # nobody queues without a token
Unhurried = Depends(unhurried, scope="function")
RegistrationLimit = Depends(limited("registrations"))
SignInLimit = Depends(limited("sign_ins"))
