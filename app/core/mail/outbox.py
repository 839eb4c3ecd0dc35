"""Mails as rows: written in the transaction that they tell about, sent afterwards by a thread.

A mail is sealed while it waits and wiped once it has left. To claim one puts off when it is next due, so that of all
processes one at a time tries to send it, and another takes over when that one dies (docs/decisions/mail.md).
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

import structlog
from sqlalchemy import CheckConstraint, Index, select, text, update
from sqlmodel import Field, col

from app.core.crypto.encryption import seal_json, unseal_json
from app.core.crypto.key_ring import KeyRing
from app.core.db.columns import UtcDateTime
from app.core.db.database import Database
from app.core.db.session import Session
from app.core.db.table import Table
from app.core.mail.transport import Mail, Transport, Undeliverable, message_of
from app.core.timestamps import utc_now

log = structlog.get_logger("app.outbox")

PURPOSE = "outbox"
CLAIM = timedelta(minutes=2)  # longer than a transport may take (core/mail/transport.py)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=15), timedelta(hours=1)
WAITING = text("sealed IS NOT NULL")


class OutboxMail(Table, table=True):
    """A mail that waits (`sealed`), has left (`sent_at`) or never will (`given_up_at`)."""

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint(
            "(sealed IS NOT NULL) = (sent_at IS NULL AND given_up_at IS NULL)", name="wiped_once_it_is_over"
        ),
        Index("ix_outbox_due_at", "due_at", postgresql_where=WAITING, sqlite_where=WAITING),
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


class Claimed(NamedTuple):
    member_id: UUID
    id: UUID
    kind: str
    key_id: str
    sealed: bytes
    expires_at: datetime
    attempts: int
    claim: UUID


def write_mail(session: Session, ring: KeyRing, mail: Mail, *, member_id: UUID, now: datetime) -> None:
    """Send a mail once this transaction is committed."""
    row = OutboxMail(
        member_id=member_id,
        kind=mail.kind,
        key_id=ring.current,
        sealed=None,
        written_at=now,
        due_at=now,
        expires_at=now + mail.good_for,
    )
    letter = {"to": mail.to, "subject": mail.subject, "text": mail.text}
    row.sealed = seal_json(ring.key(ring.current, PURPOSE), letter, bound_to=_place(member_id, row.id))
    session.insert(row)


def reseal(session: Session, ring: KeyRing) -> int:
    """Seal one waiting mail anew that another key than the ring's current one seals; how many were found, 0 or 1."""
    columns = select(
        col(OutboxMail.member_id), col(OutboxMail.id), col(OutboxMail.key_id), col(OutboxMail.sealed)
    ).where(col(OutboxMail.sealed).is_not(None), col(OutboxMail.key_id) != ring.current)
    mail = session.execute(columns.limit(1).with_for_update()).first()
    if mail is None:
        return 0
    place = _place(mail.member_id, mail.id)
    value = unseal_json(ring.key(mail.key_id, PURPOSE), mail.sealed, bound_to=place)
    sealed = seal_json(ring.key(ring.current, PURPOSE), value, bound_to=place)
    session.update(
        OutboxMail,
        {"member_id": mail.member_id, "id": mail.id},
        {"sealed": sealed, "key_id": ring.current},
    )
    return 1


class Postman:
    """Delivers what is due, one mail after the other."""

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
        """Whether the mail that is longest due left; None if none is due."""
        mail = self._claim() if self._is_any_due() else None
        return self._deliver(mail) if mail else None

    def _is_any_due(self) -> bool:
        """Asked of a reading connection: a look each second is not to hold up a writer."""
        due = select(col(OutboxMail.id)).where(
            col(OutboxMail.sealed).is_not(None), col(OutboxMail.due_at) <= self._clock()
        )
        with self._database.reading() as session:
            return session.scalar(due.limit(1)) is not None

    def _claim(self) -> Claimed | None:
        now = self._clock()
        waiting = (
            select(*(col(getattr(OutboxMail, name)) for name in Claimed._fields))
            .where(col(OutboxMail.sealed).is_not(None), col(OutboxMail.due_at) <= now)
            .order_by(col(OutboxMail.due_at))
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        with self._database.transaction() as session:
            row = session.execute(waiting).first()
            if row is None:
                return None
            claimed = Claimed(*row)._replace(attempts=row.attempts + 1, claim=uuid4())
            session.update(
                OutboxMail,
                {"member_id": claimed.member_id, "id": claimed.id},
                {"attempts": claimed.attempts, "claim": claimed.claim, "due_at": now + CLAIM},
            )
            return claimed

    def _deliver(self, mail: Claimed) -> bool:
        try:
            self._hand_over(mail, now=self._clock())
        except Undeliverable:
            log.warning("mail_given_up", mail=str(mail.id), kind=mail.kind, attempts=mail.attempts)
            self._note(mail, sealed=None, given_up_at=self._clock())
            return False
        except Exception as error:  # noqa: BLE001 - whatever a server may do, the next mail gets its turn
            log.warning(
                "mail_delayed", mail=str(mail.id), kind=mail.kind, attempts=mail.attempts, error=type(error).__name__
            )
            self._note(mail, due_at=self._clock() + _pause(mail.attempts))
            return False
        log.info("mail_sent", mail=str(mail.id), kind=mail.kind, attempts=mail.attempts)
        self._note(mail, sealed=None, sent_at=self._clock())
        return True

    def _hand_over(self, mail: Claimed, *, now: datetime) -> None:
        if now >= mail.expires_at:
            raise Undeliverable
        letter = unseal_json(
            self._ring.key(mail.key_id, PURPOSE), mail.sealed, bound_to=_place(mail.member_id, mail.id)
        )
        message = message_of(mail.id, sender=self._sender, now=now, **letter)
        self._transport.deliver(message, mail.id)

    def _note(self, mail: Claimed, **values: object) -> None:
        """Write down what came of it, unless another sender claimed the mail meanwhile or it is gone."""
        mine = (
            col(OutboxMail.member_id) == mail.member_id,
            col(OutboxMail.id) == mail.id,
            col(OutboxMail.claim) == mail.claim,
        )
        with self._database.transaction() as session:
            session.execute(update(OutboxMail).where(*mine).values(claim=None, **values))


def _pause(attempts: int) -> timedelta:
    return min(FIRST_PAUSE * 2.0 ** min(attempts - 1, 20), LONGEST_PAUSE)


def _place(member_id: UUID, mail_id: UUID) -> str:
    return f"outbox|{member_id}|{mail_id}"
