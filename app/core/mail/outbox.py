"""The email outbox: emails are stored in a transaction and sent later by a background thread.

An email is encrypted while it waits, and its content is deleted after sending. A worker claims an email by postponing
its due time, so that no other process sends it at the same time. If the worker crashes, the email becomes due again.
See docs/decisions/mail.md.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

import structlog
from sqlalchemy import CheckConstraint, Index, select, text, update
from sqlmodel import Field, col

from app.core.crypto.encryption import decrypt_json, encrypt_json
from app.core.crypto.key_ring import KeyRing
from app.core.db.columns import UtcDateTime
from app.core.db.database import Database
from app.core.db.session import Session
from app.core.db.table import Table
from app.core.mail.transport import Mail, Transport, Undeliverable, build_message
from app.core.timestamps import utc_now

log = structlog.get_logger("app.outbox")

PURPOSE = "outbox"
CLAIM_DURATION = timedelta(minutes=2)  # must exceed the maximum time of a delivery (core/mail/transport.py)
FIRST_RETRY_DELAY, MAX_RETRY_DELAY = timedelta(seconds=15), timedelta(hours=1)
IS_WAITING = text("sealed IS NOT NULL")


class OutboxMail(Table, table=True):
    """An email in the outbox. Its encrypted content is deleted after it was sent or discarded."""

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint(
            "(sealed IS NOT NULL) = (sent_at IS NULL AND given_up_at IS NULL)", name="wiped_once_it_is_over"
        ),
        Index("ix_outbox_due_at", "due_at", postgresql_where=IS_WAITING, sqlite_where=IS_WAITING),
    )

    member_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True, default_factory=uuid4)
    kind: str
    key_id: str
    sealed: bytes | None
    written_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    attempts: int = 0
    claim: UUID | None = None
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    given_up_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ClaimedMail(NamedTuple):
    member_id: UUID
    id: UUID
    kind: str
    key_id: str
    sealed: bytes
    expires_at: datetime
    attempts: int
    claim: UUID


def enqueue_mail(session: Session, ring: KeyRing, mail: Mail, *, member_id: UUID, now: datetime) -> None:
    """Store an email in the outbox. It is sent after the transaction is committed."""
    row = OutboxMail(
        member_id=member_id,
        kind=mail.kind,
        key_id=ring.current,
        sealed=None,
        written_at=now,
        due_at=now,
        expires_at=now + mail.lifetime,
    )
    content = {"to": mail.to, "subject": mail.subject, "text": mail.text}
    associated_data = _associated_data(member_id, row.id)
    row.sealed = encrypt_json(ring.key(ring.current, PURPOSE), content, associated_data=associated_data)
    session.insert(row)


def discard_mails(session: Session, member_id: UUID, *, except_kind: str, now: datetime) -> None:
    """Discard a member's emails that are waiting to be sent, except those of one kind."""
    is_waiting = col(OutboxMail.sealed).is_not(None), col(OutboxMail.kind) != except_kind
    discarded = update(OutboxMail).where(col(OutboxMail.member_id) == member_id, *is_waiting)
    session.execute(discarded.values(sealed=None, given_up_at=now, claim=None))


def reencrypt(session: Session, ring: KeyRing) -> int:
    """Re-encrypt one waiting email with the current key. Return 1, or 0 if all emails already use that key."""
    outdated = select(
        col(OutboxMail.member_id), col(OutboxMail.id), col(OutboxMail.key_id), col(OutboxMail.sealed)
    ).where(col(OutboxMail.sealed).is_not(None), col(OutboxMail.key_id) != ring.current)
    mail = session.execute(outdated.limit(1).with_for_update()).first()
    if mail is None:
        return 0
    associated_data = _associated_data(mail.member_id, mail.id)
    content = decrypt_json(ring.key(mail.key_id, PURPOSE), mail.sealed, associated_data=associated_data)
    encrypted = encrypt_json(ring.key(ring.current, PURPOSE), content, associated_data=associated_data)
    session.update(
        OutboxMail,
        {"member_id": mail.member_id, "id": mail.id},
        {"sealed": encrypted, "key_id": ring.current},
    )
    return 1


class OutboxWorker:
    """Sends due emails from the outbox, one at a time."""

    def __init__(
        self,
        database: Database,
        ring: KeyRing,
        transport: Transport,
        *,
        sender: str,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._database = database
        self._ring = ring
        self._transport = transport
        self._sender = sender
        self._clock = clock

    def deliver_next(self) -> bool | None:
        """Send the email with the earliest due time. Return whether it was sent, or None if no email is due."""
        mail = self._claim() if self._has_due_mail() else None
        return self._deliver(mail) if mail else None

    def _has_due_mail(self) -> bool:
        """Return whether an email is due. This frequent check only reads, so that it does not block writers."""
        due = select(col(OutboxMail.id)).where(
            col(OutboxMail.sealed).is_not(None), col(OutboxMail.due_at) <= self._clock()
        )
        with self._database.autocommit() as session:
            return session.scalar(due.limit(1)) is not None

    def _claim(self) -> ClaimedMail | None:
        now = self._clock()
        next_due = (
            select(*(col(getattr(OutboxMail, name)) for name in ClaimedMail._fields))
            .where(col(OutboxMail.sealed).is_not(None), col(OutboxMail.due_at) <= now)
            .order_by(col(OutboxMail.due_at))
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        with self._database.transaction() as session:
            row = session.execute(next_due).first()
            if row is None:
                return None
            claimed = ClaimedMail(*row)._replace(attempts=row.attempts + 1, claim=uuid4())
            session.update(
                OutboxMail,
                {"member_id": claimed.member_id, "id": claimed.id},
                {"attempts": claimed.attempts, "claim": claimed.claim, "due_at": now + CLAIM_DURATION},
            )
            return claimed

    def _deliver(self, mail: ClaimedMail) -> bool:
        try:
            self._send(mail, now=self._clock())
        except Undeliverable:
            log.warning("mail_given_up", mail=str(mail.id), kind=mail.kind, attempts=mail.attempts)
            self._record_outcome(mail, sealed=None, given_up_at=self._clock())
            return False
        except Exception as error:  # noqa: BLE001 - an unexpected error of a mail server must not stop the worker
            log.warning(
                "mail_delayed", mail=str(mail.id), kind=mail.kind, attempts=mail.attempts, error=type(error).__name__
            )
            self._record_outcome(mail, due_at=self._clock() + _retry_delay(mail.attempts))
            return False
        log.info("mail_sent", mail=str(mail.id), kind=mail.kind, attempts=mail.attempts)
        self._record_outcome(mail, sealed=None, sent_at=self._clock())
        return True

    def _send(self, mail: ClaimedMail, *, now: datetime) -> None:
        if now >= mail.expires_at:
            raise Undeliverable
        key, associated_data = self._ring.key(mail.key_id, PURPOSE), _associated_data(mail.member_id, mail.id)
        content = decrypt_json(key, mail.sealed, associated_data=associated_data)
        message = build_message(mail.id, sender=self._sender, now=now, **content)
        self._transport.deliver(message, mail.id)

    def _record_outcome(self, mail: ClaimedMail, **values: object) -> None:
        """Update the email's row, unless it was deleted or another worker has claimed it since."""
        is_claimed_row = (
            col(OutboxMail.member_id) == mail.member_id,
            col(OutboxMail.id) == mail.id,
            col(OutboxMail.claim) == mail.claim,
        )
        with self._database.transaction() as session:
            session.execute(update(OutboxMail).where(*is_claimed_row).values(claim=None, **values))


def _retry_delay(attempts: int) -> timedelta:
    return min(FIRST_RETRY_DELAY * 2.0 ** min(attempts - 1, 20), MAX_RETRY_DELAY)


def _associated_data(member_id: UUID, mail_id: UUID) -> str:
    return f"outbox|{member_id}|{mail_id}"
