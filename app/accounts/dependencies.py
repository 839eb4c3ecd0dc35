"""The `Annotated` names by which routers say who is asking."""

from collections.abc import AsyncIterator
from contextlib import closing
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from app.accounts.credentials.access_tokens import Access, BadToken
from app.accounts.devices import device_name
from app.accounts.request_context import Reading, Writing
from app.accounts.request_work import Actor
from app.accounts.services import Caller, Tools
from app.core.timestamps import utc_now
from app.web.dependencies import Network
from app.web.rate_limits import limited, one_of_few, unhurried


async def read_tools(request: Request) -> Tools:
    tools: Tools = request.app.state.tools
    return tools


AccountTools = Annotated[Tools, Depends(read_tools)]


class BearerScheme(HTTPBearer):
    """The scheme of the document and what it leads to, in one: each dependency more costs as much as reading a token
    (docs/decisions/threads.md).
    """

    def __init__(self) -> None:
        super().__init__(auto_error=False, bearerFormat="JWT", scheme_name="Bearer", description="The `access_token`.")

    async def read(self, request: Request, *, now: datetime) -> Access:
        """Whom the token speaks for: no database is asked yet. Raises BadToken."""
        credentials = await super().__call__(request)
        if credentials is None:
            raise BadToken
        tools: Tools = request.app.state.tools
        return tools.tokens.read(credentials.credentials, now=now)


class ToAsk(BearerScheme):
    async def __call__(self, request: Request) -> Access:  # type: ignore[override]
        return await self.read(request, now=utc_now())


class ToAct(BearerScheme):
    async def __call__(self, request: Request) -> Actor:  # type: ignore[override]
        now = utc_now()
        return Actor(request.app.state, await self.read(request, now=now), now)


class ToRead(BearerScheme):
    async def __call__(self, request: Request) -> AsyncIterator[Reading]:  # type: ignore[override]
        now = utc_now()
        access, state = await self.read(request, now=now), request.app.state
        async with state.turns.to_read():
            with closing(Reading(state, access, now)) as reading:
                yield reading


class ToWrite(BearerScheme):
    async def __call__(self, request: Request) -> AsyncIterator[Writing]:  # type: ignore[override]
        now = utc_now()
        access, state = await self.read(request, now=now), request.app.state
        async with state.turns.to_write():
            writing = Writing(state, access, now)
            try:
                yield writing
            except BaseException as error:
                await writing.end(error)
                raise
            else:
                await writing.end()


async def read_caller(request: Request, network: Network) -> Caller:
    return Caller(network, device_name(request.headers.get("user-agent", "")))


to_ask = ToAsk()
Asking = Annotated[Access, Depends(to_ask)]
MemberActs = Annotated[Actor, Depends(ToAct())]
MemberReads = Annotated[Reading, Depends(ToRead(), scope="function")]
MemberWrites = Annotated[Writing, Depends(ToWrite(), scope="function")]
CallerInfo = Annotated[Caller, Depends(read_caller)]
PasswordWork = Depends(one_of_few, scope="function")
MEMBER_PASSWORD_WORK = [Depends(to_ask), PasswordWork]  # nobody queues without a token
Unhurried = Depends(unhurried, scope="function")
RegistrationLimit = Depends(limited("registrations"))
SignInLimit = Depends(limited("sign_ins"))
