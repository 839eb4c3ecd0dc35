"""FastAPI dependencies for the signed-in member, the member's database session, and the caller's network and device."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from ua_parser import parse

from app.accounts import member_session
from app.accounts.credentials.access_tokens import SignedInMember
from app.accounts.fields import MAX_DEVICE_NAME_LENGTH
from app.accounts.services import AccountServices, Caller
from app.core.db.request_runner import Mode
from app.core.errors import NotSignedIn
from app.core.text_fields import clean_name
from app.web.dependencies import Network
from app.web.rate_limits import pad_response_time, password_slot, rate_limit
from app.web.routes import FromState

MAX_USER_AGENT_LENGTH = 300


class Bearer(HTTPBearer):
    """Base class of dependencies that require an access token. It adds the `Bearer` scheme to the OpenAPI document."""

    def __init__(self) -> None:
        super().__init__(auto_error=False, bearerFormat="JWT", scheme_name="Bearer", description="The `access_token`.")

    async def authenticate(self, request: Request) -> tuple[SignedInMember, datetime]:
        """Verify the request's access token. Return its member and the current time.

        The database is not queried. Raise NotSignedIn without a token, or BadToken if the token is invalid.
        """
        credentials = await super().__call__(request)
        if credentials is None:
            raise NotSignedIn
        now = datetime.now(UTC)
        services: AccountServices = request.app.state.services.accounts
        return services.tokens.verify(credentials.credentials, now=now), now


class CurrentMemberDependency(Bearer):
    async def __call__(self, request: Request) -> SignedInMember:  # type: ignore[override]
        member, _ = await self.authenticate(request)
        return member


class OptionalMemberDependency(Bearer):
    """The member of the request's access token, or None without a token.

    An invalid token is an error, because ignoring it could open a new account instead of the member's own.
    """

    async def __call__(self, request: Request) -> SignedInMember | None:  # type: ignore[override]
        if "authorization" not in request.headers:
            return None
        member, _ = await self.authenticate(request)
        return member


class MemberSessionDependency(Bearer):
    async def __call__(self, request: Request) -> member_session.MemberSession:  # type: ignore[override]
        member, now = await self.authenticate(request)
        mode = Mode.READ if request.method == "GET" else Mode.WRITE
        return member_session.MemberSession(request.app.state.services.web.database.requests.run, mode, member, now)


async def read_caller(request: Request, network: Network) -> Caller:
    return Caller(network, device_name(request.headers.get("user-agent", "")))


def device_name(user_agent: str) -> str | None:
    """Return a readable device name for a `User-Agent` header, for example `Safari on iOS`."""
    parsed = parse(user_agent[:MAX_USER_AGENT_LENGTH])
    browser = parsed.user_agent.family if parsed.user_agent else None
    system = parsed.os.family if parsed.os else None
    name = f"{browser} on {system}" if browser and system else browser or system
    return clean_name(name or "", MAX_DEVICE_NAME_LENGTH)


current_member = CurrentMemberDependency()
CurrentMember = Annotated[SignedInMember, Depends(current_member)]
OptionalMember = Annotated[SignedInMember | None, Depends(OptionalMemberDependency())]
MemberSession = Annotated[member_session.MemberSession, Depends(MemberSessionDependency())]
Services = Annotated[AccountServices, FromState("accounts")]
CallerInfo = Annotated[Caller, Depends(read_caller)]
PasswordWork = Depends(password_slot, scope="function")
MEMBER_PASSWORD_WORK = [Depends(current_member), PasswordWork]  # check the token before the slow password hashing
UniformTime = Depends(pad_response_time, scope="function")
RegistrationLimit = Depends(rate_limit("registrations"))
SignInLimit = Depends(rate_limit("sign_ins"))
