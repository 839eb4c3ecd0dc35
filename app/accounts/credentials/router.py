"""Endpoints for sign-up, sign-in, tokens, email confirmation and password reset."""

from http import HTTPStatus
from typing import Any

from app.accounts import email_confirmation, registration
from app.accounts.consents import ConsentOutdated, PurposeNotFound
from app.accounts.credentials import (
    code_sign_in,
    login,
    password_reset,
    reauthentication,
    refresh,
    sessions,
    sign_in_codes,
)
from app.accounts.credentials.access_tokens import BadToken
from app.accounts.credentials.email_codes import CodeRejected, WrongCode
from app.accounts.credentials.email_tokens import InvalidEmailToken
from app.accounts.credentials.login_throttle import TooManyAttempts
from app.accounts.credentials.password_check import WrongCredentials, WrongPassword
from app.accounts.credentials.passwords import WeakPassword
from app.accounts.credentials.refresh import SessionEnded
from app.accounts.credentials.schemas import (
    SIGN_IN_METHODS,
    CodeCredentials,
    CodeRequest,
    EmailVerification,
    PasswordReset,
    PasswordResetRequest,
    Reauthentication,
    SignInMethods,
    SignOut,
)
from app.accounts.credentials.sessions import AccountDisabled, GuestWouldBeLost
from app.accounts.dependencies import (
    MEMBER_PASSWORD_WORK,
    CallerInfo,
    CurrentMember,
    MemberSession,
    OptionalMember,
    PasswordWork,
    RegistrationLimit,
    Services,
    SignInLimit,
    UniformTime,
)
from app.accounts.email_change import AddressTaken
from app.accounts.email_confirmation import WrongMember
from app.accounts.schemas import (
    Accepted,
    Credentials,
    RefreshRequest,
    Registration,
    TokenPair,
)
from app.web.dependencies import PublicResponse, SeparateTransactions, WriteSession
from app.web.problems import responses
from app.web.rate_limits import Busy
from app.web.routes import api_router

router = api_router("/auth", tag="Accounts")
UNCONFIRMED = SignOut()
OPTIONAL_SECURITY: dict[str, Any] = {"security": [{}]}  # added to the access token, which the operation also accepts


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
    responses=responses(WrongCredentials, AccountDisabled, TooManyAttempts, Busy),
)
def log_in(
    credentials: Credentials, transactions: SeparateTransactions, services: Services, caller: CallerInfo
) -> TokenPair:
    """Sign in and start a session on this device. After several failed attempts you have to wait, longer after each
    further failure; `Retry-After` states the seconds. Failures are counted separately for each network, and after many
    failures for all networks that you have not used before.
    """
    return login.sign_in(transactions, services, caller, credentials)


@router.post("/refresh", summary="Refresh tokens", responses=responses(SessionEnded))
def refresh_tokens(body: RefreshRequest, session: WriteSession, services: Services, caller: CallerInfo) -> TokenPair:
    """Exchange a refresh token for new tokens. If the response is lost, send the same refresh token again, at any time:
    within one minute you receive the same new refresh token, later another one, which replaces it. Using a replaced
    token, or an older one, ends the session, because the token may have been stolen.
    """
    return refresh.refresh(session, services, body.refresh_token, caller, now=session.now)


@router.post(
    "/logout",
    summary="Sign out",
    status_code=HTTPStatus.NO_CONTENT,
    responses=responses(BadToken, GuestWouldBeLost),
)
def log_out(session: MemberSession, body: SignOut = UNCONFIRMED) -> None:
    """End the current session. Its tokens stop working immediately. Without `confirm`, the last session of an account
    that has no email address is not ended (409 `guest_would_be_lost`), because such an account cannot be signed in to.
    """
    sessions.sign_out(session, session.member, confirm=body.confirm, now=session.now)


@router.post(
    "/verify-email",
    openapi_extra=OPTIONAL_SECURITY,
    summary="Confirm an email address",
    status_code=HTTPStatus.NO_CONTENT,
    dependencies=[SignInLimit, PasswordWork],
    responses=responses(
        BadToken, WrongPassword, CodeRejected, WrongMember, AddressTaken, InvalidEmailToken, TooManyAttempts, Busy
    ),
)
def verify_email(
    body: EmailVerification,
    member: OptionalMember,
    transactions: SeparateTransactions,
    services: Services,
    caller: CallerInfo,
) -> None:
    """Confirm an email address with the token of the link that was sent to it, or with the code of the same email. This
    verifies the address of a new account, or completes a change of address. You must be signed in, or send the token
    with the account's password; opening the link alone has no effect. Repeating the request is safe.
    """
    email_confirmation.confirm_address(transactions, services, caller, member, body)


@router.post(
    "/password/forgot",
    summary="Request a password reset",
    status_code=HTTPStatus.ACCEPTED,
    dependencies=[UniformTime],
)
def request_password_reset(body: PasswordResetRequest, session: WriteSession, services: Services) -> Accepted:
    """Email a link and a code to set a new password. The response does not reveal whether the address has an account.
    If no email arrives, use the link in the latest one: it is valid until the next email can be sent.
    """
    password_reset.request_reset(session, services, body, now=session.now)
    return Accepted()


@router.post(
    "/password/reset",
    openapi_extra=OPTIONAL_SECURITY,
    summary="Reset a password",
    status_code=HTTPStatus.NO_CONTENT,
    dependencies=[UniformTime, SignInLimit, PasswordWork],
    responses=responses(BadToken, WrongCode, AccountDisabled, InvalidEmailToken, WeakPassword, TooManyAttempts, Busy),
)
def reset_password(
    body: PasswordReset,
    member: OptionalMember,
    transactions: SeparateTransactions,
    services: Services,
    caller: CallerInfo,
) -> None:
    """Set a new password with the token of an emailed link, or with the code of the same email. This also ends all
    sessions and confirms the email address. If the new password is rejected as weak, the link can be used again.

    If the address was never confirmed, someone else may have registered it. The link alone then starts a new, empty
    account. Send the access token of the account to keep what it contains.
    """
    password_reset.reset_password(transactions, services, caller, member, body)


@router.post(
    "/code",
    summary="Request a sign-in code",
    status_code=HTTPStatus.ACCEPTED,
    dependencies=[UniformTime, SignInLimit],
)
def request_sign_in_code(body: CodeRequest, session: WriteSession, services: Services) -> Accepted:
    """Email a code of eight digits, which is valid for ten minutes. Use it to sign in, or to confirm that it is you.
    The response does not reveal whether the address has an account. Up to three codes of an address are valid at a
    time.
    """
    sign_in_codes.request_code(session, services, body, now=session.now)
    return Accepted()


@router.post(
    "/code/verify",
    openapi_extra=OPTIONAL_SECURITY,
    summary="Sign in with a code",
    dependencies=[UniformTime, SignInLimit],
    responses=responses(BadToken, WrongCode, AccountDisabled),
)
def sign_in_with_code(
    body: CodeCredentials,
    member: OptionalMember,
    transactions: SeparateTransactions,
    services: Services,
    caller: CallerInfo,
) -> TokenPair:
    """Sign in with an emailed code and start a session on this device. If the address has no account, one is created. A
    code can be guessed five times; if you sent a `request_id`, only attempts with the same id count.

    If the address belongs to an account but was never confirmed, the code alone starts a new, empty account. Send the
    access token of the account to confirm its address and keep what it contains.
    """
    return code_sign_in.sign_in_with_code(transactions, services, caller, member, body)


@router.post(
    "/reauthenticate",
    summary="Confirm that it is you",
    status_code=HTTPStatus.NO_CONTENT,
    dependencies=[SignInLimit, *MEMBER_PASSWORD_WORK],
    responses=responses(BadToken, WrongPassword, CodeRejected, TooManyAttempts, Busy),
)
def reauthenticate(
    body: Reauthentication,
    member: CurrentMember,
    transactions: SeparateTransactions,
    services: Services,
    caller: CallerInfo,
) -> None:
    """Confirm your identity in this session, with the password or a code from `/v1/auth/code`. For five minutes, you
    can then erase or export your data, and change your address or password. Signing in has the same effect.
    """
    reauthentication.reauthenticate(transactions, services, caller, member, body)


@router.get("/methods", summary="List the ways to sign in", dependencies=[PublicResponse])
async def read_sign_in_methods() -> SignInMethods:
    """Return which ways to sign in this server offers."""
    return SIGN_IN_METHODS
