"""Endpoints for sign-up, sign-in, tokens, email confirmation and password reset."""

from http import HTTPStatus

from app.accounts import email_change, registration
from app.accounts.consents import ConsentOutdated, PurposeNotFound
from app.accounts.credentials import login, password_reset, sessions
from app.accounts.credentials.access_tokens import BadToken
from app.accounts.credentials.email_tokens import InvalidEmailToken
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
from app.accounts.schemas import (
    Accepted,
    Credentials,
    EmailVerification,
    PasswordReset,
    PasswordResetRequest,
    RefreshRequest,
    Registration,
    TokenPair,
)
from app.web.dependencies import SeparateTransactions, WriteSession
from app.web.problems import responses
from app.web.rate_limits import Busy
from app.web.routes import api_router

router = api_router("/auth", tag="Accounts")


@router.post(
    "/register",
    summary="Sign up",
    status_code=HTTPStatus.ACCEPTED,
    dependencies=[UniformTime, RegistrationLimit, PasswordWork],
    responses=responses(WeakPassword, PurposeNotFound, ConsentOutdated, Busy),
)
def register(body: Registration, transactions: SeparateTransactions, services: Services) -> Accepted:
    """Create an account. You can sign in immediately, and you receive an email with a link to confirm your address. If
    the address already has an account, the response is the same and the account is not changed; its owner is notified
    by email.
    """
    registration.register(transactions, services, body)
    return Accepted()


@router.post(
    "/login",
    summary="Sign in",
    dependencies=[SignInLimit, PasswordWork],
    responses=responses(WrongCredentials, TooManyAttempts, Busy),
)
def log_in(
    credentials: Credentials, transactions: SeparateTransactions, services: Services, caller: CallerInfo
) -> TokenPair:
    """Sign in and start a session on this device. After several failed attempts you have to wait, longer after each
    further failure; `Retry-After` states the seconds. Failures from networks where you have signed in before are
    counted separately.
    """
    return login.sign_in(transactions, services, caller, credentials)


@router.post("/refresh", summary="Refresh tokens", responses=responses(SessionEnded))
def refresh_tokens(body: RefreshRequest, session: WriteSession, services: Services, caller: CallerInfo) -> TokenPair:
    """Exchange a refresh token for new tokens. If the response is lost, send the same refresh token again within one
    hour to receive the same new refresh token. Using it later than that, or using an older token, ends the session,
    because the token may have been stolen.
    """
    return sessions.refresh(session, services, body.refresh_token, caller, now=session.now)


@router.post("/logout", summary="Sign out", status_code=HTTPStatus.NO_CONTENT, responses=responses(BadToken))
def log_out(session: MemberSession) -> None:
    """End the current session. Its tokens stop working immediately."""
    sessions.sign_out(session, session.member, now=session.now)


@router.post(
    "/verify-email",
    summary="Confirm an email address",
    status_code=HTTPStatus.NO_CONTENT,
    responses=responses(BadToken, AddressTaken, InvalidEmailToken),
)
def verify_email(body: EmailVerification, session: MemberSession, services: Services) -> None:
    """Confirm an email address with the token of the link that was sent to it. This verifies the address of a new
    account, or completes a change of address. You must be signed in; opening the link alone has no effect.
    """
    email_change.confirm_address(session, services, session.member, body.token, now=session.now)


@router.post(
    "/password/forgot",
    summary="Request a password reset",
    status_code=HTTPStatus.ACCEPTED,
    dependencies=[UniformTime],
)
def request_password_reset(body: PasswordResetRequest, session: WriteSession, services: Services) -> Accepted:
    """Email a link to set a new password. The response does not reveal whether the address has an account."""
    password_reset.request_reset(session, services, body.email, now=session.now)
    return Accepted()


@router.post(
    "/password/reset",
    summary="Reset a password",
    status_code=HTTPStatus.NO_CONTENT,
    dependencies=[PasswordWork],
    responses=responses(InvalidEmailToken, WeakPassword, Busy),
)
def reset_password(
    body: PasswordReset, transactions: SeparateTransactions, services: Services, caller: CallerInfo
) -> None:
    """Set a new password with the token of an emailed link. This also ends all sessions and confirms the email address.
    If the new password is rejected as weak, the link can be used again.
    """
    password_reset.reset_password(transactions, services, caller, body.token, body.password)
