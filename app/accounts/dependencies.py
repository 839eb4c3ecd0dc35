"""How endpoints learn who is asking. A member's endpoint takes `MemberReads` or `MemberWrites`, and has then a
connection on which the session was found to go on; one that asks for a password takes `Asking`.
"""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from app.accounts.acting import Reading, Writing
from app.accounts.devices import device_name
from app.accounts.tokens import Access, BadToken
from app.accounts.tools import Caller, Tools
from app.web.dependencies import Network, Now
from app.web.limits import limited, one_of_few, unhurried
from app.web.turns import take_turn

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


async def open_reading(request: Request, credentials: Bearer, now: Now) -> AsyncIterator[Reading]:
    access = await read_access(request, credentials, now)  # called, for a dependency more costs as much as the token
    state = request.app.state
    await take_turn(state.turns.reading)
    reading = Reading(state.database, access, now)
    try:
        yield reading
    finally:
        reading.close()
        state.turns.reading.release()


async def open_writing(request: Request, credentials: Bearer, now: Now) -> AsyncIterator[Writing]:
    access = await read_access(request, credentials, now)
    state = request.app.state
    await take_turn(state.turns.writing)
    writing = Writing(state.database, access, now)
    try:
        yield writing
    except BaseException as error:
        await writing.end(error)
        raise
    else:
        await writing.end()
    finally:
        state.turns.writing.release()


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
