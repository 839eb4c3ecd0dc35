"""Dependencies of routers: the signed-in member, the member's session, and the caller."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from ua_parser import parse

from app.accounts import member_session
from app.accounts.credentials.access_tokens import BadToken, SignedInMember
from app.accounts.services import AccountServices, Caller
from app.core.db.requests import Mode
from app.core.text_fields import CONTROL
from app.web.dependencies import Network
from app.web.rate_limits import limited, password_place, uniform_time
from app.web.routes import PartOfState

READ, LONGEST = 300, 80  # characters of a `User-Agent`, and of a device's name


class Bearer(HTTPBearer):
    """The security scheme of the document. Its subclasses are the dependencies that need a token."""

    def __init__(self) -> None:
        super().__init__(auto_error=False, bearerFormat="JWT", scheme_name="Bearer", description="The `access_token`.")

    async def member_of(self, request: Request) -> tuple[SignedInMember, datetime]:
        """The member that the token names, and the request's time. No database is asked. Raises BadToken."""
        credentials = await super().__call__(request)
        if credentials is None:
            raise BadToken
        now = datetime.now(UTC)
        services: AccountServices = request.app.state.services.accounts
        return services.tokens.read(credentials.credentials, now=now), now


class ReadMember(Bearer):
    async def __call__(self, request: Request) -> SignedInMember:  # type: ignore[override]
        member, _ = await self.member_of(request)
        return member


class OpenMemberSession(Bearer):
    async def __call__(self, request: Request) -> member_session.MemberSession:  # type: ignore[override]
        member, now = await self.member_of(request)
        mode = Mode.READ if request.method == "GET" else Mode.WRITE
        return member_session.MemberSession(request.app.state.services.web.database.requests.run, mode, member, now)


async def read_caller(request: Request, network: Network) -> Caller:
    return Caller(network, device_name(request.headers.get("user-agent", "")))


def device_name(user_agent: str) -> str | None:
    """What people recognise a device by: `Safari on iOS`."""
    found = parse(user_agent[:READ])
    program = found.user_agent.family if found.user_agent else None
    system = found.os.family if found.os else None
    name = f"{program} on {system}" if program and system else program or system
    return CONTROL.sub("", name)[:LONGEST] if name else None


current_member = ReadMember()
CurrentMember = Annotated[SignedInMember, Depends(current_member)]
MemberSession = Annotated[member_session.MemberSession, Depends(OpenMemberSession())]
Services = Annotated[AccountServices, PartOfState("accounts")]
CallerInfo = Annotated[Caller, Depends(read_caller)]
PasswordWork = Depends(password_place, scope="function")
MEMBER_PASSWORD_WORK = [Depends(current_member), PasswordWork]  # a request without a token takes no place
UniformTime = Depends(uniform_time, scope="function")
RegistrationLimit = Depends(limited("registrations"))
SignInLimit = Depends(limited("sign_ins"))
