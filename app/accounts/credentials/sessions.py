"""Sessions: starting one, keeping it going, seeing and ending them."""

from base64 import b64decode, b64encode
from dataclasses import asdict
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, Select, bindparam, delete, func, select
from sqlmodel import col

from app.accounts.audit import Event, note
from app.accounts.credentials.access_tokens import SignedInMember
from app.accounts.credentials.refresh_tokens import Malformed, RefreshToken, Turn, refresh_token, turn_of
from app.accounts.members import FoundMember, sign_in_values, unwrapped_key
from app.accounts.models import MemberKey, SignedInSession
from app.accounts.schemas import SeenSession, SessionPage, SessionRead, TokenPair
from app.accounts.services import AccountServices, Caller
from app.core.crypto.encryption import new_key, seal_json, unseal_json
from app.core.db.pagination import Order, PageRequest, page_of
from app.core.db.session import Session
from app.core.errors import NotFound, NotSignedIn
from app.core.networks import coarse

MOST = 100  # sessions of one member; the longest unused is ended
COLUMNS: Select[*tuple[Any, ...]] = (
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
OF_TOKEN: Select[*tuple[Any, ...]] = (
    COLUMNS.add_columns(col(SignedInSession.counter), col(SignedInSession.ends_at))
    .where(
        col(SignedInSession.member_id) == bindparam("member_id"),
        col(SignedInSession.id) == bindparam("session_id"),
        col(SignedInSession.expires_at) > bindparam("now"),
    )
    .with_for_update(key_share=True, of=SignedInSession)
)
NEWEST = Order("started", (col(SignedInSession.started_at), col(SignedInSession.id)), descending=True)


class Ending(StrEnum):
    ALL = "all"
    OTHERS = "others"


class SessionEnded(NotSignedIn):
    code = "session_ended"
    says = "This session is over. Please sign in again."


class RefreshTokenReused(SessionEnded):
    keeps_writes = True


class SessionNotFound(NotFound):
    code = "session_not_found"
    says = "You have no session with this id."


def start_session(
    session: Session, services: AccountServices, member: FoundMember, caller: Caller, *, now: datetime
) -> TokenPair:
    key, member_key, session_id = new_key(), member.key(services.ring), uuid4()
    _make_room(session, member.id)
    ends_at = now + timedelta(days=services.settings.session_days)
    row = SignedInSession(
        member_id=member.id,
        id=session_id,
        counter=0,
        sealed=sealed_session(member_key, member.id, session_id, key=key, caller=caller),
        started_at=now,
        refreshed_at=now,
        expires_at=min(now + timedelta(days=services.settings.session_idle_days), ends_at),
        ends_at=ends_at,
    )
    session.insert(row)
    note(session, Event.SIGNED_IN, member.id, session_id=session_id, now=now)
    return _pair(services, SignedInMember(member.id, session_id), row.counter, key, now=now)


def refresh(session: Session, services: AccountServices, text: str, caller: Caller, *, now: datetime) -> TokenPair:
    """The next tokens of a session; of the token before, within the hour, the same ones again. Raises SessionEnded."""
    try:
        token = RefreshToken.parse(text)
    except Malformed:
        raise SessionEnded from None
    access = SignedInMember(token.member_id, token.session_id)
    row = session.execute(OF_TOKEN, sign_in_values(access, now)).first()
    if row is None:
        raise SessionEnded
    member_key = unwrapped_key(services.ring, row.member_id, row.key_id, row.wrapped)
    kept = _unsealed(member_key, row.member_id, row.id, row.sealed)
    key = b64decode(kept["key"])
    if not token.is_proven_by(key):
        raise SessionEnded
    again_for = timedelta(minutes=services.settings.refresh_again_minutes)
    match turn_of(token.counter, row.counter, refreshed_at=row.refreshed_at, again_for=again_for, now=now):
        case Turn.NEXT:
            here = Caller(caller.network, kept["device"])
            values = {
                "counter": row.counter + 1,
                "refreshed_at": now,
                "expires_at": min(now + timedelta(days=services.settings.session_idle_days), row.ends_at),
                "sealed": sealed_session(member_key, row.member_id, row.id, key=key, caller=here),
            }
            session.update(SignedInSession, {"member_id": row.member_id, "id": row.id}, values)
            return _pair(services, access, row.counter + 1, key, now=now)
        case Turn.STOLEN:
            session.execute(delete(SignedInSession).where(*_one(row.member_id, row.id)))
            note(session, Event.REFRESH_TOKEN_REUSED, row.member_id, session_id=row.id, now=now)
            raise RefreshTokenReused
        case Turn.FOREIGN:
            raise SessionEnded
    return _pair(services, access, row.counter, key, now=now)


def sessions_of(
    reads: Session, services: AccountServices, access: SignedInMember, page: PageRequest, *, now: datetime
) -> SessionPage:
    """A member's sessions that go on, the newest first."""
    mine = col(SignedInSession.member_id) == access.id, col(SignedInSession.expires_at) > now
    total = reads.scalar(select(func.count()).select_from(SignedInSession).where(*mine)) or 0
    found = page_of(reads, COLUMNS.where(*mine), page, NEWEST, total=total)
    items = [_shown(_seen(row, services), access) for row in found.items]
    return SessionPage(items, found.total, found.next)


def one_session(
    reads: Session, services: AccountServices, access: SignedInMember, session_id: UUID, *, now: datetime
) -> SessionRead:
    """Raises SessionNotFound."""
    wanted = COLUMNS.where(*_one(access.id, session_id), col(SignedInSession.expires_at) > now)
    row = reads.execute(wanted).first()
    if row is None:
        raise SessionNotFound
    return _shown(_seen(row, services), access)


def all_sessions(reading: Session, services: AccountServices, member_id: UUID) -> list[SeenSession]:
    """Those too that ran out and weren't removed yet, the oldest first."""
    mine = COLUMNS.where(col(SignedInSession.member_id) == member_id).order_by(col(SignedInSession.started_at))
    return [_seen(row, services) for row in reading.execute(mine)]


def sign_out(session: Session, access: SignedInMember, *, now: datetime) -> None:
    session.execute(delete(SignedInSession).where(*_one(access.id, access.session_id)))
    note(session, Event.SIGNED_OUT, access.id, session_id=access.session_id, now=now)


def end_session(session: Session, member_id: UUID, session_id: UUID, *, now: datetime) -> None:
    ended = session.execute(
        delete(SignedInSession).where(*_one(member_id, session_id)).returning(col(SignedInSession.id))
    )
    if ended.first() is None:
        raise SessionNotFound
    note(session, Event.SESSION_ENDED, member_id, session_id=session_id, now=now)


def end_my_sessions(session: Session, access: SignedInMember, which: Ending, *, now: datetime) -> None:
    end_sessions(session, access.id, but=access.session_id if which is Ending.OTHERS else None, now=now)


def end_sessions(session: Session, member_id: UUID, *, but: UUID | None = None, now: datetime) -> None:
    """End all of a member's sessions, or all but one."""
    statement = delete(SignedInSession).where(col(SignedInSession.member_id) == member_id)
    session.execute(statement.where(col(SignedInSession.id) != but) if but else statement)
    note(session, Event.SESSIONS_ENDED, member_id, now=now)


def _seen(row: Row[Any], services: AccountServices) -> SeenSession:
    key = unwrapped_key(services.ring, row.member_id, row.key_id, row.wrapped)
    kept = _unsealed(key, row.member_id, row.id, row.sealed)
    return SeenSession(
        id=row.id,
        device=kept["device"],
        place=kept["place"],
        started_at=row.started_at,
        last_used_at=row.refreshed_at,
        expires_at=row.expires_at,
    )


def _shown(seen: SeenSession, access: SignedInMember) -> SessionRead:
    return SessionRead(**asdict(seen), is_current=seen.id == access.session_id)


def _one(member_id: UUID, session_id: UUID) -> Any:
    return col(SignedInSession.member_id) == member_id, col(SignedInSession.id) == session_id


def _make_room(session: Session, member_id: UUID) -> None:
    mine = col(SignedInSession.member_id) == member_id
    unused = select(col(SignedInSession.id)).where(mine).order_by(col(SignedInSession.refreshed_at).desc())
    session.execute(
        delete(SignedInSession).where(mine, col(SignedInSession.id).in_(unused.offset(MOST - 1).limit(MOST)))
    )


def _pair(services: AccountServices, access: SignedInMember, turn: int, key: bytes, *, now: datetime) -> TokenPair:
    return TokenPair(
        access_token=services.tokens.issue(access, now=now),
        token_type="Bearer",  # noqa: S106 - its name in RFC 6750
        expires_in=int(services.tokens.good_for.total_seconds()),
        refresh_token=refresh_token(key, access.id, access.session_id, turn),
    )


def sealed_session(member_key: bytes, member_id: UUID, session_id: UUID, *, key: bytes, caller: Caller) -> bytes:
    kept = {"key": b64encode(key).decode(), "device": caller.device, "place": coarse(caller.network)}
    return seal_json(member_key, kept, bound_to=_place(member_id, session_id))


def _unsealed(member_key: bytes, member_id: UUID, session_id: UUID, sealed: bytes) -> dict[str, Any]:
    kept: dict[str, Any] = unseal_json(member_key, sealed, bound_to=_place(member_id, session_id))
    return kept


def _place(member_id: UUID, session_id: UUID) -> str:
    return f"sessions|{member_id}|{session_id}"
