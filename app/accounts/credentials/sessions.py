"""Sessions of members: start, list and end them."""

from base64 import b64encode
from dataclasses import asdict
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, Select, delete, exists, func, select, update
from sqlmodel import col

from app.accounts.audit import AuditEventType, record_event
from app.accounts.credentials.access_tokens import SignedInMember
from app.accounts.credentials.refresh_tokens import encode_refresh_token
from app.accounts.members import StoredMember, unwrap_key
from app.accounts.models import Member, MemberKey, SignedInSession
from app.accounts.schemas import SessionDetails, SessionPage, SessionRead, TokenPair
from app.accounts.services import AccountServices, Caller
from app.core.crypto.encryption import decrypt_json, encrypt_json, generate_key
from app.core.db.pagination import Order, PageRequest, fetch_page
from app.core.db.session import Session
from app.core.errors import Conflict, Forbidden, NotFound
from app.core.networks import coarse_network

UNLIMITED = timedelta(days=36_525)  # a century
MAX_SESSIONS = 100  # per member; a further session replaces the least recently used one
SESSIONS: Select[*tuple[Any, ...]] = (
    select(
        col(SignedInSession.member_id),
        col(SignedInSession.id),
        col(SignedInSession.sealed),
        col(SignedInSession.started_at),
        col(SignedInSession.refreshed_at),
        col(SignedInSession.expires_at),
        col(MemberKey.key_id),
        col(MemberKey.wrapped),
    )
    .select_from(SignedInSession)
    .join(MemberKey, col(MemberKey.member_id) == col(SignedInSession.member_id))
)
NEWEST_FIRST = Order("started", (col(SignedInSession.started_at), col(SignedInSession.id)), descending=True)


class SessionScope(StrEnum):
    ALL = "all"
    OTHERS = "others"


class AccountDisabled(Forbidden):
    code = "account_disabled"
    message = "This account is disabled. Please contact us."


class GuestWouldBeLost(Conflict):
    code = "guest_would_be_lost"
    message = (
        "This account has no email address, so it becomes inaccessible when its last session ends. Add an address "
        "first, or repeat the request with `confirm`."
    )


class SessionNotFound(NotFound):
    code = "session_not_found"
    message = "You have no active session with this id."


def start_session(
    session: Session, services: AccountServices, member: StoredMember, caller: Caller, *, now: datetime
) -> TokenPair:
    """Create a session for the caller's device and return its first tokens.

    Raise AccountDisabled if an operator has disabled the account.
    """
    if member.disabled_at:
        raise AccountDisabled
    member_key, key, session_id = member.key(services.ring), generate_key(), uuid4()
    _end_least_recent(session, member.id)
    ends_at = now + (UNLIMITED if member.detached_at else timedelta(days=services.settings.session_days))
    row = SignedInSession(
        member_id=member.id,
        id=session_id,
        counter=0,
        sealed=encrypt_session(member_key, member.id, session_id, key=key, caller=caller),
        started_at=now,
        refreshed_at=now,
        expires_at=min(now + timedelta(days=services.settings.session_idle_days), ends_at),
        ends_at=ends_at,
        proven_at=now,
    )
    session.insert(row)
    record_event(session, AuditEventType.SIGNED_IN, member.id, session_id=session_id, now=now)
    return token_pair(services, SignedInMember(member.id, session_id), row.counter, key, now=now)


def list_sessions(
    session: Session, services: AccountServices, signed_in_member: SignedInMember, page: PageRequest, *, now: datetime
) -> SessionPage:
    """Return one page of the member's active sessions, newest first."""
    is_active = col(SignedInSession.member_id) == signed_in_member.id, col(SignedInSession.expires_at) > now
    total = session.scalar(select(func.count()).select_from(SignedInSession).where(*is_active)) or 0
    result = fetch_page(session, SESSIONS.where(*is_active), page, NEWEST_FIRST, total=total)
    items = [_session_read(_session_details(row, services), signed_in_member) for row in result.items]
    return SessionPage(items, result.total, result.next)


def read_session(
    session: Session, services: AccountServices, signed_in_member: SignedInMember, session_id: UUID, *, now: datetime
) -> SessionRead:
    """Return one active session of the member. Raise SessionNotFound if there is none with this id."""
    statement = SESSIONS.where(*_by_id(signed_in_member.id, session_id), col(SignedInSession.expires_at) > now)
    row = session.execute(statement).first()
    if row is None:
        raise SessionNotFound
    return _session_read(_session_details(row, services), signed_in_member)


def all_sessions(session: Session, services: AccountServices, member_id: UUID) -> list[SessionDetails]:
    """Return all stored sessions of a member, oldest first, even if they have expired."""
    statement = SESSIONS.where(col(SignedInSession.member_id) == member_id).order_by(col(SignedInSession.started_at))
    return [_session_details(row, services) for row in session.execute(statement)]


def sign_out(session: Session, signed_in_member: SignedInMember, *, confirm: bool = False, now: datetime) -> None:
    """End the current session. Raise GuestWouldBeLost if the account would become inaccessible."""
    member_id, session_id = signed_in_member.id, signed_in_member.session_id
    session.execute(delete(SignedInSession).where(*_by_id(member_id, session_id)))
    _check_reachable(session, member_id, confirm=confirm, now=now)
    record_event(session, AuditEventType.SIGNED_OUT, member_id, session_id=session_id, now=now)


def end_session(
    session: Session, signed_in_member: SignedInMember, session_id: UUID, *, confirm: bool, now: datetime
) -> None:
    """End one session of a member.

    Raise SessionNotFound if there is none with this id, or GuestWouldBeLost if the account would become inaccessible.
    """
    member_id = signed_in_member.id
    deleted = session.execute(
        delete(SignedInSession).where(*_by_id(member_id, session_id)).returning(col(SignedInSession.id))
    )
    if deleted.first() is None:
        raise SessionNotFound
    _check_reachable(session, member_id, confirm=confirm, now=now)
    record_event(session, AuditEventType.SESSION_ENDED, member_id, session_id=session_id, now=now)


def end_sessions_in_scope(
    session: Session, signed_in_member: SignedInMember, scope: SessionScope, *, confirm: bool, now: datetime
) -> None:
    """End all sessions of the member, or all except the current one.

    Raise GuestWouldBeLost if the account would become inaccessible.
    """
    except_id = signed_in_member.session_id if scope is SessionScope.OTHERS else None
    end_sessions(session, signed_in_member.id, except_id=except_id, now=now)
    _check_reachable(session, signed_in_member.id, confirm=confirm, now=now)


def end_sessions(session: Session, member_id: UUID, *, except_id: UUID | None = None, now: datetime) -> None:
    """End all sessions of a member, except `except_id` if it is given."""
    statement = delete(SignedInSession).where(col(SignedInSession.member_id) == member_id)
    session.execute(statement.where(col(SignedInSession.id) != except_id) if except_id else statement)
    record_event(session, AuditEventType.SESSIONS_ENDED, member_id, now=now)


def extend_sessions(session: Session, member_id: UUID, *, now: datetime) -> None:
    """Let the sessions of an account without an address continue for as long as they are used."""
    by_member = col(SignedInSession.member_id) == member_id
    session.execute(update(SignedInSession).where(by_member).values(ends_at=now + UNLIMITED))


def limit_sessions(session: Session, member_id: UUID, *, days: int, now: datetime) -> None:
    """Limit the remaining duration of a member's sessions, for example after `extend_sessions`."""
    latest = now + timedelta(days=days)
    is_longer = col(SignedInSession.member_id) == member_id, col(SignedInSession.ends_at) > latest
    session.execute(update(SignedInSession).where(*is_longer).values(ends_at=latest))


def _check_reachable(session: Session, member_id: UUID, *, confirm: bool, now: datetime) -> None:
    """Raise GuestWouldBeLost if an account without an address has no session left and the member did not confirm."""
    if confirm:
        return
    is_active = col(SignedInSession.member_id) == member_id, col(SignedInSession.expires_at) > now
    is_lost = col(Member.id) == member_id, col(Member.address_hash).is_(None), ~exists().where(*is_active)
    if session.scalar(select(col(Member.id)).where(*is_lost)):
        raise GuestWouldBeLost


def _session_details(row: Row[Any], services: AccountServices) -> SessionDetails:
    key = unwrap_key(services.ring, row.member_id, row.key_id, row.wrapped)
    data = decrypt_session(key, row.member_id, row.id, row.sealed)
    return SessionDetails(
        id=row.id,
        device=data["device"],
        place=data["place"],
        started_at=row.started_at,
        last_used_at=row.refreshed_at,
        expires_at=row.expires_at,
    )


def _session_read(details: SessionDetails, signed_in_member: SignedInMember) -> SessionRead:
    return SessionRead(**asdict(details), is_current=details.id == signed_in_member.session_id)


def _by_id(member_id: UUID, session_id: UUID) -> Any:
    return col(SignedInSession.member_id) == member_id, col(SignedInSession.id) == session_id


def _end_least_recent(session: Session, member_id: UUID) -> None:
    by_member = col(SignedInSession.member_id) == member_id
    latest_first = select(col(SignedInSession.id)).where(by_member).order_by(col(SignedInSession.refreshed_at).desc())
    excess = latest_first.offset(MAX_SESSIONS - 1).limit(MAX_SESSIONS)
    session.execute(delete(SignedInSession).where(by_member, col(SignedInSession.id).in_(excess)))


def token_pair(
    services: AccountServices, signed_in_member: SignedInMember, counter: int, key: bytes, *, now: datetime
) -> TokenPair:
    return TokenPair(
        access_token=services.tokens.issue(signed_in_member, now=now),
        token_type="Bearer",  # noqa: S106 - token type of RFC 6750
        expires_in=int(services.tokens.lifetime.total_seconds()),
        refresh_token=encode_refresh_token(key, signed_in_member.id, signed_in_member.session_id, counter),
    )


def encrypt_session(member_key: bytes, member_id: UUID, session_id: UUID, *, key: bytes, caller: Caller) -> bytes:
    data = {"key": b64encode(key).decode(), "device": caller.device, "place": coarse_network(caller.network)}
    return encrypt_json(member_key, data, associated_data=_associated_data(member_id, session_id))


def decrypt_session(member_key: bytes, member_id: UUID, session_id: UUID, sealed: bytes) -> dict[str, Any]:
    data: dict[str, Any] = decrypt_json(member_key, sealed, associated_data=_associated_data(member_id, session_id))
    return data


def _associated_data(member_id: UUID, session_id: UUID) -> str:
    return f"sessions|{member_id}|{session_id}"
