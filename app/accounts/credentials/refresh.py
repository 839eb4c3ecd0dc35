"""Exchange a refresh token for the next tokens of its session."""

from base64 import b64decode
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, bindparam, delete
from sqlmodel import col

from app.accounts.audit import AuditEventType, record_event
from app.accounts.credentials.access_tokens import SignedInMember
from app.accounts.credentials.refresh_tokens import MalformedToken, RefreshToken, TokenState, token_state
from app.accounts.credentials.sessions import SESSIONS, decrypt_session, encrypt_session, token_pair
from app.accounts.emails import notices
from app.accounts.members import member_by_id, session_parameters, unwrap_key
from app.accounts.models import SignedInSession
from app.accounts.schemas import TokenPair
from app.accounts.services import AccountServices, Caller
from app.core.db.session import Session
from app.core.errors import NotSignedIn

SESSION_TO_REFRESH: Select[*tuple[Any, ...]] = (
    SESSIONS.add_columns(col(SignedInSession.counter), col(SignedInSession.successors), col(SignedInSession.ends_at))
    .where(
        col(SignedInSession.member_id) == bindparam("member_id"),
        col(SignedInSession.id) == bindparam("session_id"),
        col(SignedInSession.expires_at) > bindparam("now"),
    )
    .with_for_update(key_share=True, of=SignedInSession)
)


class SessionEnded(NotSignedIn):
    code = "session_ended"
    message = "This session has ended. Please sign in again."


class RefreshTokenReused(SessionEnded):
    commits_writes = True


def refresh(session: Session, services: AccountServices, text: str, caller: Caller, *, now: datetime) -> TokenPair:
    """Exchange a refresh token for the session's next tokens.

    If the response was lost, the client can send the same token again. Within a minute, it receives the same tokens.
    Later, it receives new tokens, which replace those that were lost.

    Raise SessionEnded if the token is invalid or the session has ended. A token that was replaced, or that is older,
    ends the session, because it may have been stolen; the member is then notified by email.
    """
    try:
        token = RefreshToken.parse(text)
    except MalformedToken:
        raise SessionEnded from None
    signed_in_member = SignedInMember(token.member_id, token.session_id)
    row = session.execute(SESSION_TO_REFRESH, session_parameters(signed_in_member, now)).first()
    if row is None:
        raise SessionEnded
    member_key = unwrap_key(services.ring, row.member_id, row.key_id, row.wrapped)
    data = decrypt_session(member_key, row.member_id, row.id, row.sealed)
    key, counter = b64decode(data["key"]), row.counter
    if not token.has_valid_mac(key):
        raise SessionEnded
    grace_period = timedelta(seconds=services.settings.refresh_again_seconds)
    state = token_state(
        token.counter, counter, row.successors, refreshed_at=row.refreshed_at, grace_period=grace_period, now=now
    )
    match state:
        case TokenState.CURRENT | TokenState.LOST:
            counter += 1
            successors = row.successors + 1 if state is TokenState.LOST else 1
            named_caller = Caller(caller.network, data["device"])
            values = {
                "counter": counter,
                "successors": successors,
                "refreshed_at": now,
                "expires_at": min(now + timedelta(days=services.settings.session_idle_days), row.ends_at),
                "sealed": encrypt_session(member_key, row.member_id, row.id, key=key, caller=named_caller),
            }
            session.update(SignedInSession, {"member_id": row.member_id, "id": row.id}, values)
        case TokenState.REUSED:
            _end_session(session, services, row, now=now)
            raise RefreshTokenReused
        case TokenState.UNKNOWN:
            raise SessionEnded
    return token_pair(services, signed_in_member, counter, key, now=now)


def _end_session(session: Session, services: AccountServices, row: Row[Any], *, now: datetime) -> None:
    is_session = col(SignedInSession.member_id) == row.member_id, col(SignedInSession.id) == row.id
    session.execute(delete(SignedInSession).where(*is_session))
    record_event(session, AuditEventType.REFRESH_TOKEN_REUSED, row.member_id, session_id=row.id, now=now)
    member = member_by_id(session, row.member_id)
    if member:
        notices.notify_refresh_token_reused(session, services, member, now=now)
