"""Delete expired data once an hour. Every server process does this; concurrent runs are harmless."""

from datetime import datetime, timedelta

from sqlmodel import col

from app.accounts.audit import AuditEventType
from app.accounts.credentials import login_throttle
from app.accounts.emails.budgets import DAY
from app.accounts.models import AttemptCounter, AuditEvent, MailBudget, MailedToken, SignedInSession, SignInCode
from app.accounts.services import AccountServices
from app.assessments.models import UsedClaim
from app.core.db.database import Database
from app.core.mail.outbox import OutboxMail
from app.privacy.erasure import erase_withdrawn_health_data, log_missing_erasures
from app.privacy.erasure_log import ErasureLog
from app.privacy.unused_accounts import (
    erase_unused_detached_accounts,
    erase_unused_health_data,
    record_activity_of_sessions,
)

AUDIT_RETENTION = timedelta(days=365)  # for security events; only the events of account erasures are stored permanently
OUTBOX_RETENTION = timedelta(days=30)  # for the metadata of emails; their texts are deleted when they are sent


def clean_up(database: Database, services: AccountServices, erasure_log: ErasureLog, *, now: datetime) -> None:
    record_activity_of_sessions(database, now=now)
    erase_withdrawn_health_data(database, now=now)
    erase_unused_health_data(database, services, now=now)
    erase_unused_detached_accounts(database, services, erasure_log, now=now)
    database.delete(SignedInSession, col(SignedInSession.expires_at) <= now)
    database.delete(MailedToken, col(MailedToken.expires_at) <= now)
    database.delete(UsedClaim, col(UsedClaim.expires_at) <= now)
    database.delete(SignInCode, col(SignInCode.expires_at) <= now)
    database.delete(MailBudget, col(MailBudget.day_since) <= now - DAY)
    database.delete(AttemptCounter, login_throttle.is_expired(now=now))
    database.delete(OutboxMail, col(OutboxMail.sealed).is_(None), col(OutboxMail.written_at) < now - OUTBOX_RETENTION)
    is_old = col(AuditEvent.happened_at) < now - AUDIT_RETENTION
    database.delete(AuditEvent, is_old, col(AuditEvent.event) != AuditEventType.ERASED)
    database.truncate_wal()
    log_missing_erasures(database, erasure_log, now=now)
