"""Endpoints for the member's own account, and for consent texts."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import Path, Query

from app.accounts import consents, email_change, profile
from app.accounts.consents import ConsentOutdated, PurposeNotFound
from app.accounts.credentials import password_reset, sessions
from app.accounts.credentials.access_tokens import BadToken
from app.accounts.credentials.login_throttle import TooManyAttempts
from app.accounts.credentials.password_check import WrongPassword
from app.accounts.credentials.passwords import WeakPassword
from app.accounts.credentials.reauthentication import ReauthenticationRequired
from app.accounts.credentials.sessions import AccountDisabled, GuestWouldBeLost, SessionNotFound, SessionScope
from app.accounts.dependencies import MEMBER_PASSWORD_WORK, CallerInfo, CurrentMember, MemberSession, Services
from app.accounts.email_change import TooManyEmails
from app.accounts.schemas import (
    Accepted,
    AddressChange,
    ConsentDecision,
    ConsentPage,
    ConsentStatus,
    MemberRead,
    PasswordChange,
    ProfileChange,
    SessionPage,
    SessionRead,
    TokenPair,
)
from app.web.dependencies import ContentSession, NextPageLink, PageQuery, PublicResponse, SeparateTransactions
from app.web.problems import responses
from app.web.rate_limits import Busy
from app.web.routes import api_router

router = api_router("/me", tag="Accounts", responses=responses(BadToken))
consents_router = api_router("/consents", tag="Accounts", dependencies=[PublicResponse])

SessionId = Annotated[
    UUID, Path(description="Id from the list of sessions.", examples=["0b9f0f0e-52cf-4f43-9a0e-1a2b3c4d5e6f"])
]
PurposeName = Annotated[
    str, Path(pattern=r"^[a-z_]+$", max_length=40, description="Purpose from `/v1/consents`.", examples=["health_data"])
]
SessionScopeQuery = Annotated[
    SessionScope, Query(description="`all` includes the current session, `others` excludes it.", examples=["others"])
]

ConfirmQuery = Annotated[
    bool, Query(description="End the sessions even if the account becomes inaccessible.", examples=[True])
]


@router.get("", summary="Get your account")
def read_me(session: MemberSession, services: Services) -> MemberRead:
    """Return your profile, such as your email address, display name and time zone."""
    return profile.read_member(session, services, session.member)


@router.patch("", summary="Change your profile")
def change_me(change: ProfileChange, session: MemberSession, services: Services) -> MemberRead:
    """Change your display name, time zone, language or country. Omitted fields are not changed."""
    return profile.change_profile(session, services, session.member, change)


@router.put(
    "/password",
    summary="Change your password",
    dependencies=MEMBER_PASSWORD_WORK,
    responses=responses(WeakPassword, WrongPassword, ReauthenticationRequired, AccountDisabled, TooManyAttempts, Busy),
)
def change_password(
    change: PasswordChange,
    member: CurrentMember,
    transactions: SeparateTransactions,
    services: Services,
    caller: CallerInfo,
) -> TokenPair:
    """Change your password, or set one if the account has none. This ends all sessions, including the current one, and
    returns tokens of a new session. You are notified by email.
    """
    return password_reset.change_password(transactions, services, caller, member, change)


@router.put(
    "/email",
    summary="Change your email address",
    status_code=HTTPStatus.ACCEPTED,
    dependencies=MEMBER_PASSWORD_WORK,
    responses=responses(WrongPassword, ReauthenticationRequired, TooManyAttempts, TooManyEmails, Busy),
)
def change_email(
    change: AddressChange,
    member: CurrentMember,
    transactions: SeparateTransactions,
    services: Services,
    caller: CallerInfo,
) -> Accepted:
    """Email a confirmation link to your new address. The address changes when you confirm it with the link; until then,
    you sign in with the current one. If the current address is not confirmed, links and codes that were sent to it stop
    working. If you send your current address and it is not confirmed yet, its link is sent again, without a password.
    """
    email_change.request_address_change(transactions, services, caller, member, change)
    return Accepted()


@router.get("/sessions", summary="List your sessions")
def list_sessions(session: MemberSession, services: Services, page: PageQuery, link: NextPageLink) -> SessionPage:
    """List your active sessions, newest first. A session is a sign-in on one device."""
    return link(sessions.list_sessions(session, services, session.member, page, now=session.now))


@router.get("/sessions/{session_id}", summary="Get a session", responses=responses(SessionNotFound))
def read_session(session_id: SessionId, session: MemberSession, services: Services) -> SessionRead:
    """Return one of your active sessions."""
    return sessions.read_session(session, services, session.member, session_id, now=session.now)


@router.delete(
    "/sessions",
    summary="End your sessions",
    status_code=HTTPStatus.NO_CONTENT,
    responses=responses(GuestWouldBeLost),
)
def end_sessions(
    session: MemberSession, which: SessionScopeQuery = SessionScope.ALL, *, confirm: ConfirmQuery = False
) -> None:
    """Sign out on all devices, or on all devices except this one."""
    sessions.end_sessions_in_scope(session, session.member, which, confirm=confirm, now=session.now)


@router.delete(
    "/sessions/{session_id}",
    summary="End a session",
    status_code=HTTPStatus.NO_CONTENT,
    responses=responses(SessionNotFound, GuestWouldBeLost),
)
def end_session(session_id: SessionId, session: MemberSession, *, confirm: ConfirmQuery = False) -> None:
    """Sign out on one device. Its tokens stop working immediately."""
    sessions.end_session(session, session.member, session_id, confirm=confirm, now=session.now)


@router.get("/consents/{purpose}", summary="Get a consent", responses=responses(PurposeNotFound))
def read_consent(purpose: PurposeName, session: MemberSession) -> ConsentStatus:
    """Return your latest consent decision for a purpose, and the current version of the consent text."""
    return consents.member_consent(session, session.member.id, purpose)


@router.put(
    "/consents/{purpose}", summary="Grant or withdraw a consent", responses=responses(PurposeNotFound, ConsentOutdated)
)
def change_consent(purpose: PurposeName, decision: ConsentDecision, session: MemberSession) -> ConsentStatus:
    """Grant consent to the current version of a consent text, or withdraw your consent. After consent to `health_data`
    is withdrawn, no new health data is stored. Existing health data is erased after 30 days, unless you grant consent
    again before that.
    """
    return consents.change_consent(session, session.member.id, purpose, decision, now=session.now)


@consents_router.get("", summary="List consent texts")
def list_consents(session: ContentSession, page: PageQuery, link: NextPageLink) -> ConsentPage:
    """List the purposes for which consent can be granted, each with its current consent text."""
    return link(consents.consent_texts(session, page))
