"""Audit log of account events such as sign-ins, stored in the database and written to the server log.

The database row is saved in the same transaction as the change. The log line is written immediately, so it remains even
if the transaction is rolled back.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import structlog

from app.accounts.models import AuditEvent
from app.core.db.session import Session

log = structlog.get_logger("app.security")


class AuditEventType(StrEnum):
    REGISTERED = "registered"
    REGISTERED_AGAIN = "registered_again"
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    SESSION_ENDED = "session_ended"
    SESSIONS_ENDED = "sessions_ended"
    REFRESH_TOKEN_REUSED = "refresh_token_reused"  # noqa: S105 - name of an event
    REAUTHENTICATED = "reauthenticated"
    DETACHED = "detached"
    DISABLED = "disabled"
    ENABLED = "enabled"
    ADDRESS_CORRECTED = "address_corrected"
    SESSIONS_ENDED_BY_OPERATOR = "sessions_ended_by_operator"
    ADDRESS_VERIFIED = "address_verified"
    ADDRESS_CHANGE_REQUESTED = "address_change_asked"
    ADDRESS_CHANGED = "address_changed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    PASSWORD_RESET_REQUESTED = "password_reset_asked"  # noqa: S105
    PASSWORD_RESET = "password_reset"  # noqa: S105
    CONSENT_GRANTED = "consent_granted"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    EXPORTED = "exported"
    HEALTH_DATA_ERASED = "health_data_erased"
    ERASED = "erased"


def record_event(
    session: Session, event: AuditEventType, member_id: UUID, *, now: datetime, session_id: UUID | None = None
) -> None:
    session.insert(AuditEvent(subject=str(member_id), event=event, session_id=session_id, happened_at=now))
    log.info(event.value, member=str(member_id))
