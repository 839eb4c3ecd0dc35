"""Removes rows that aren't needed any longer: once an hour, in every process, which does no harm."""

from datetime import datetime, timedelta

from sqlmodel import col

from app.accounts.audit import Event
from app.accounts.credentials import login_throttle
from app.accounts.models import Attempts, AuditEvent, MailedToken, SignedInSession
from app.assessments.models import UsedClaim
from app.core.db.database import Database
from app.core.mail.outbox import OutboxMail
from app.privacy.erasure import erase_withdrawn, write_down
from app.privacy.erasure_log import Erasures

AUDIT = timedelta(days=365)  # but for the marks of erased members, which stay
MAILS = timedelta(days=30)  # that a mail was sent, not what it said


def clean_up(database: Database, erasures: Erasures, *, now: datetime) -> None:
    erase_withdrawn(database, now=now)
    database.delete(SignedInSession, col(SignedInSession.expires_at) <= now)
    database.delete(MailedToken, col(MailedToken.expires_at) <= now)
    database.delete(UsedClaim, col(UsedClaim.expires_at) <= now)
    database.delete(Attempts, login_throttle.over(now=now))
    database.delete(OutboxMail, col(OutboxMail.sealed).is_(None), col(OutboxMail.written_at) < now - MAILS)
    database.delete(AuditEvent, col(AuditEvent.happened_at) < now - AUDIT, col(AuditEvent.event) != Event.ERASED)
    database.empty_log()
    write_down(database, erasures, now=now)
