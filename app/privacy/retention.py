"""What isn't needed any longer is removed: looked through once an hour, by every process, which harms nobody."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Session, col

from app.accounts.audit import Event
from app.accounts.guesses import forget_attempts
from app.accounts.mailed_tokens import forget_tokens
from app.accounts.models import AuditEvent
from app.accounts.sessions import forget_sessions
from app.core.database import Database
from app.core.outbox import forget_mails
from app.privacy.erasing import erase_withdrawn, write_down
from app.privacy.erasures import Erasures

AUDIT = timedelta(days=365)  # but for the marks of erased members, which stay
MAILS = timedelta(days=30)  # that a mail was sent, not what it said


def clean_up(database: Database, erasures: Erasures, *, now: datetime) -> None:
    with database.transaction() as session:
        erase_withdrawn(session, now=now)
    with database.transaction() as session:
        forget_sessions(session, now=now)
        forget_tokens(session, now=now)
        forget_attempts(session, now=now)
        forget_mails(session, before=now - MAILS)
        _forget_events(session, before=now - AUDIT)
        write_down(session, erasures, now=now)
    database.empty_log()


def _forget_events(session: Session, *, before: datetime) -> None:
    old = delete(AuditEvent).where(col(AuditEvent.happened_at) < before, col(AuditEvent.event) != Event.ERASED)
    session.execute(old)
