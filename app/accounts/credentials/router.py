"""Signing up, in and out."""

from http import HTTPStatus

from app.accounts import email_change, registration
from app.accounts.consents import ConsentOutdated, PurposeNotFound
from app.accounts.credentials import login, password_reset, sessions
from app.accounts.credentials.access_tokens import BadToken
from app.accounts.credentials.email_tokens import TokenNotGood
from app.accounts.credentials.login_throttle import TooManyAttempts
from app.accounts.credentials.password_check import WrongCredentials
from app.accounts.credentials.passwords import WeakPassword
from app.accounts.credentials.sessions import SessionEnded
from app.accounts.dependencies import (
    CallerInfo,
    MemberSession,
    PasswordWork,
    RegistrationLimit,
    Services,
    SignInLimit,
    UniformTime,
)
from app.accounts.email_change import AddressTaken
from app.accounts.schemas import Accepted, Credentials, Forgotten, Refresh, Registration, Reset, TokenPair, Verification
from app.web.dependencies import SeparateTransactions, WriteSession
from app.web.problems import refusals
from app.web.rate_limits import Busy
from app.web.routes import api_router

router = api_router("/auth", tag="Accounts")


@router.post(
    "/register",
    summary="Sign up",
    status_code=HTTPStatus.ACCEPTED,
    dependencies=[UniformTime, RegistrationLimit, PasswordWork],
    responses=refusals(WeakPassword, PurposeNotFound, ConsentOutdated, Busy),
)
def register(wanted: Registration, transactions: SeparateTransactions, services: Services) -> Accepted:
    """Sign up, and sign in at once. A link to confirm the address is mailed. The answer is the same for an address
    that is known: nothing is changed then, and a mail says so.
    """
    registration.register(transactions, services, wanted)
    return Accepted()


@router.post(
    "/login",
    summary="Sign in",
    dependencies=[SignInLimit, PasswordWork],
    responses=refusals(WrongCredentials, TooManyAttempts, Busy),
)
def log_in(given: Credentials, transactions: SeparateTransactions, services: Services, caller: CallerInfo) -> TokenPair:
    """Start a session on this device. After some wrong tries each waits longer (`Retry-After`); networks where the
    member signed in before have tries of their own.
    """
    return login.sign_in(transactions, services, caller, given)


@router.post("/refresh", summary="New tokens", responses=refusals(SessionEnded))
def refresh_tokens(given: Refresh, session: WriteSession, services: Services, caller: CallerInfo) -> TokenPair:
    """The next pair of tokens. If the reply is lost, ask again with the same refresh token: within an hour you get the
    same successor. A later repeat, or an older token, ends the session, because the token may have been copied.
    """
    return sessions.refresh(session, services, given.refresh_token, caller, now=session.now)


@router.post("/logout", summary="Sign out", status_code=HTTPStatus.NO_CONTENT, responses=refusals(BadToken))
def log_out(session: MemberSession) -> None:
    """End this session. Its tokens are worth nothing from the next request on."""
    sessions.sign_out(session, session.member, now=session.now)


@router.post(
    "/verify-email",
    summary="Confirm an address",
    status_code=HTTPStatus.NO_CONTENT,
    responses=refusals(BadToken, AddressTaken, TokenNotGood),
)
def verify_email(given: Verification, session: MemberSession, services: Services) -> None:
    """Confirm the address that a link was mailed to, be it one's first or a new one. The member has to be signed in:
    a click alone confirms nothing.
    """
    email_change.confirm_address(session, services, session.member, given.token, now=session.now)


@router.post(
    "/password/forgot",
    summary="Ask for a new password",
    status_code=HTTPStatus.ACCEPTED,
    dependencies=[UniformTime],
)
def forget_password(given: Forgotten, session: WriteSession, services: Services) -> Accepted:
    """Have a link mailed, with which a new password can be set. The answer is the same for every address."""
    password_reset.ask_for_reset(session, services, given.email, now=session.now)
    return Accepted()


@router.post(
    "/password/reset",
    summary="Set a new password",
    status_code=HTTPStatus.NO_CONTENT,
    dependencies=[PasswordWork],
    responses=refusals(TokenNotGood, WeakPassword, Busy),
)
def reset_password(given: Reset, transactions: SeparateTransactions, services: Services, caller: CallerInfo) -> None:
    """Set a new password by the token of a mailed link. It ends all sessions and confirms the address. A password that
    is refused as weak doesn't use up the link.
    """
    password_reset.reset_password(transactions, services, caller, given.token, given.password)
