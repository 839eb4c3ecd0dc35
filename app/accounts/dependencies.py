"""How endpoints learn who is asking. A member's endpoint takes `MemberReads` or `MemberWrites`, and has then a
connection on which the session was found to go on; one that asks for a password takes `Asking`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Connection
from sqlmodel import Session

from app.accounts.devices import device_name
from app.accounts.members import check_session, lock_member
from app.accounts.tokens import Access, BadToken
from app.accounts.tools import Caller, Tools
from app.web.dependencies import Db, Network, Now
from app.web.limits import limited, one_of_few, unhurried
from app.web.turns import ReadTurn, WriteTurn

bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", scheme_name="Bearer", description="The `access_token`.")
Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


async def read_tools(request: Request) -> Tools:
    tools: Tools = request.app.state.tools
    return tools


AccountTools = Annotated[Tools, Depends(read_tools)]


async def read_access(credentials: Bearer, tools: AccountTools, now: Now) -> Access:
    """Whom the token speaks for: no database is asked yet."""
    if credentials is None:
        raise BadToken
    return tools.tokens.read(credentials.credentials, now=now)


Asking = Annotated[Access, Depends(read_access)]


@dataclass(frozen=True, slots=True)
class Reading:
    """A member who reads, in as few round trips as can be."""

    reads: Connection
    access: Access


@dataclass(frozen=True, slots=True)
class Writing:
    """A member who writes: one request, one transaction, and one member's writes after each other."""

    session: Session
    access: Access


def open_reading(database: Db, access: Asking, now: Now, _turn: ReadTurn) -> Iterator[Reading]:
    with database.reads.connect() as connection:
        check_session(connection, access, now=now)
        yield Reading(connection, access)


def open_writing(database: Db, access: Asking, now: Now, _turn: WriteTurn) -> Iterator[Writing]:
    with database.transaction() as session:
        lock_member(session, access, now=now)
        yield Writing(session, access)


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
