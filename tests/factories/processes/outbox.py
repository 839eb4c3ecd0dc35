"""Test helpers: pending emails, a controllable clock, and email workers in their own processes."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import make_url
from sqlmodel import select

from app.core import logs
from app.core.crypto.key_ring import KeyRing, generate_entry
from app.core.db.database import Database
from app.core.mail.outbox import OutboxMail, OutboxWorker, enqueue_mail
from app.core.mail.transport import Mail, SmtpTransport

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SENDER = "21 <no-reply@mail.example.org>"
ADDRESS, SUBJECT, TOKEN = "ana@example.org", "Please confirm", "t0k3n" * 20
MAIL = Mail("confirm", ADDRESS, SUBJECT, f"Hello,\n\nhttps://x.org/#token={TOKEN}\n", lifetime=timedelta(days=1))


@dataclass(slots=True)
class FakeClock:
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def shift(self, **by: float) -> None:
        self.now += timedelta(**by)


def deliver_due(worker: OutboxWorker) -> int:
    """Deliver all emails that are due, and return their number."""
    sent = 0
    while (delivered := worker.deliver_next()) is not None:
        sent += delivered
    return sent


def queue_emails(
    database: Database, ring: KeyRing, mail: Mail = MAIL, *, count: int = 1, now: datetime = NOON
) -> list[str]:
    """Queue `count` copies of an email, and return their ids."""
    with database.transaction() as session:
        before = {row.id for row in session.execute(select(OutboxMail.id))}
        for _ in range(count):
            enqueue_mail(session, ring, mail, member_id=uuid4(), now=now)
        return [str(row.id) for row in session.execute(select(OutboxMail.id)) if row.id not in before]


def stored_email(database: Database, email_id: str) -> OutboxMail:
    with database.orm_snapshot() as session:
        return session.exec(select(OutboxMail).where(OutboxMail.id == UUID(email_id))).one()


def count_pending(database: Database) -> int:
    with database.orm_snapshot() as session:
        return sum(mail.sealed is not None for mail in session.exec(select(OutboxMail)))


def new_key_ring() -> tuple[str, KeyRing]:
    entry = generate_entry()
    return entry, KeyRing(entry)


@contextmanager
def outbox_worker_process(database: Database, keys: str, smtp_url: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Start a process that delivers the due emails."""
    database_url = database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.factories.processes.outbox", database_url, keys, smtp_url]
    with subprocess.Popen(command) as process:
        try:
            yield process
        finally:
            process.kill()


def main(database_url: str, keys: str, smtp_url: str) -> None:
    logs.configure("warning")
    database = Database(make_url(database_url), request_timeout=10)
    worker = OutboxWorker(database, KeyRing(keys), SmtpTransport(smtp_url), sender=SENDER)
    deliver_due(worker)
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
