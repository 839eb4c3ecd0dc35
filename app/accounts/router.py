"""A member's own account, and the texts that members agree to."""

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
from app.accounts.credentials.sessions import Ending, SessionNotFound
from app.accounts.dependencies import MEMBER_PASSWORD_WORK, CallerInfo, CurrentMember, MemberSession, Services
from app.accounts.email_change import AddressUnverified, TooManyMails
from app.accounts.schemas import (
    Accepted,
    AddressChange,
    ConsentPage,
    Decision,
    MemberRead,
    MyConsent,
    PasswordChange,
    ProfileChange,
    SessionPage,
    SessionRead,
    TokenPair,
)
from app.web.dependencies import ContentSession, ForEveryone, Linked, PageQuery, SeparateTransactions
from app.web.problems import refusals
from app.web.rate_limits import Busy
from app.web.routes import api_router

router = api_router("/me", tag="Accounts", responses=refusals(BadToken))
consents_router = api_router("/consents", tag="Accounts", dependencies=[ForEveryone])

SessionId = Annotated[UUID, Path(description="As the list says.", examples=["0b9f0f0e-52cf-4f43-9a0e-1a2b3c4d5e6f"])]
PurposeName = Annotated[
    str, Path(pattern=r"^[a-z_]+$", max_length=40, description="As `/v1/consents` says.", examples=["health_data"])
]
Which = Annotated[Ending, Query(description="All of them, this one too, or all but this one.", examples=["others"])]


@router.get("", summary="Your account")
def read_me(session: MemberSession, services: Services) -> MemberRead:
    """Who you are here."""
    return profile.read_member(session, services, session.member)


@router.patch("", summary="Change your profile")
def change_me(change: ProfileChange, session: MemberSession, services: Services) -> MemberRead:
    """Change your display name, time zone or language. What is left out stays as it is."""
    return profile.change_profile(session, services, session.member, change)


@router.put(
    "/password",
    summary="Change your password",
    dependencies=MEMBER_PASSWORD_WORK,
    responses=refusals(WeakPassword, WrongPassword, TooManyAttempts, Busy),
)
def change_password(
    change: PasswordChange,
    member: CurrentMember,
    transactions: SeparateTransactions,
    services: Services,
    caller: CallerInfo,
) -> TokenPair:
    """Change your password. All sessions end, this one too; the reply carries the tokens of a new one. A mail tells
    you that it was changed.
    """
    return password_reset.change_password(transactions, services, caller, member, change)


@router.put(
    "/email",
    summary="Change your address",
    status_code=HTTPStatus.ACCEPTED,
    dependencies=MEMBER_PASSWORD_WORK,
    responses=refusals(WrongPassword, AddressUnverified, TooManyAttempts, TooManyMails, Busy),
)
def change_email(
    change: AddressChange,
    member: CurrentMember,
    transactions: SeparateTransactions,
    services: Services,
    caller: CallerInfo,
) -> Accepted:
    """Have a link mailed to your new address; nothing changes until you confirm it. With your present address, as long
    as it isn't confirmed, its link is mailed again.
    """
    email_change.ask_for_address(transactions, services, caller, member, change)
    return Accepted()


@router.get("/sessions", summary="Your sessions")
def list_sessions(session: MemberSession, services: Services, page: PageQuery, link: Linked) -> SessionPage:
    """Where you are signed in, the newest first."""
    return link(sessions.sessions_of(session, services, session.member, page, now=session.now))


@router.get("/sessions/{session_id}", summary="One of your sessions", responses=refusals(SessionNotFound))
def read_session(session_id: SessionId, session: MemberSession, services: Services) -> SessionRead:
    """One device that you are signed in on."""
    return sessions.one_session(session, services, session.member, session_id, now=session.now)


@router.delete("/sessions", summary="End your sessions", status_code=HTTPStatus.NO_CONTENT)
def end_sessions(session: MemberSession, which: Which = Ending.ALL) -> None:
    """Sign out everywhere, or everywhere else."""
    sessions.end_my_sessions(session, session.member, which, now=session.now)


@router.delete(
    "/sessions/{session_id}",
    summary="End one session",
    status_code=HTTPStatus.NO_CONTENT,
    responses=refusals(SessionNotFound),
)
def end_session(session_id: SessionId, session: MemberSession) -> None:
    """Sign out on one device."""
    sessions.end_session(session, session.member.id, session_id, now=session.now)


@router.get("/consents/{purpose}", summary="What you agreed to", responses=refusals(PurposeNotFound))
def read_consent(purpose: PurposeName, session: MemberSession) -> MyConsent:
    """What you decided last about a purpose, and which version of its text is asked for now."""
    return consents.my_consent(session, session.member.id, purpose)


@router.put("/consents/{purpose}", summary="Agree or withdraw", responses=refusals(PurposeNotFound, ConsentOutdated))
def change_consent(purpose: PurposeName, decision: Decision, session: MemberSession) -> MyConsent:
    """Agree to the current version of a text, or withdraw. Once `health_data` is withdrawn, nothing new of that kind is
    kept; what is there is erased after 30 days, unless you agree again by then.
    """
    return consents.change_consent(session, session.member.id, purpose, decision, now=session.now)


@consents_router.get("", summary="What members agree to")
def list_consents(session: ContentSession, page: PageQuery, link: Linked) -> ConsentPage:
    """Each purpose that members may agree to, with its text and the version that is asked for now."""
    return link(consents.consent_texts(session, page))
