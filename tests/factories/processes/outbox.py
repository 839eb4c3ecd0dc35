"""Mails that wait, a clock to send them by, and senders in processes of their own."""

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
from app.core.crypto.key_ring import KeyRing, new_entry
from app.core.db.database import Database
from app.core.mail.outbox import OutboxMail, Postman, write_mail
from app.core.mail.transport import Mail, Smtp

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SENDER = "21 <no-reply@mail.example.org>"
ADDRESS, SUBJECT, TOKEN = "ana@example.org", "Please confirm", "t0k3n" * 20
MAIL = Mail("confirm", ADDRESS, SUBJECT, f"Hello,\n\nhttps://x.org/#token={TOKEN}\n", good_for=timedelta(days=1))


@dataclass(slots=True)
class Clock:
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def shift(self, **by: float) -> None:
        self.now += timedelta(**by)


def deliver_due(postman: Postman) -> int:
    """Have everything delivered that is due; how many mails left."""
    sent = 0
    while (left := postman.deliver_next()) is not None:
        sent += left
    return sent


def put(database: Database, ring: KeyRing, mail: Mail = MAIL, *, times: int = 1, now: datetime = NOON) -> list[str]:
    """Write a mail so many times; the ids."""
    with database.transaction() as session:
        before = {row.id for row in session.execute(select(OutboxMail.id))}
        for _ in range(times):
            write_mail(session, ring, mail, member_id=uuid4(), now=now)
        return [str(row.id) for row in session.execute(select(OutboxMail.id)) if row.id not in before]


def stored(database: Database, mail_id: str) -> OutboxMail:
    with database.entities() as session:
        return session.exec(select(OutboxMail).where(OutboxMail.id == UUID(mail_id))).one()


def waiting(database: Database) -> int:
    with database.entities() as session:
        return sum(mail.sealed is not None for mail in session.exec(select(OutboxMail)))


def new_ring() -> tuple[str, KeyRing]:
    entry = new_entry()
    return entry, KeyRing(entry)


@contextmanager
def sender_process(database: Database, keys: str, smtp_url: str) -> Iterator["subprocess.Popen[str]"]:
    """It says that it is ready, waits for a line, sends what is due, and says how many mails left."""
    database_url = database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.factories.processes.outbox", database_url, keys, smtp_url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def begin(sender: "subprocess.Popen[str]") -> None:
    assert sender.stdin
    sender.stdin.write("\n")
    sender.stdin.flush()


def main(database_url: str, keys: str, smtp_url: str) -> None:
    logs.configure("warning")
    database = Database(make_url(database_url), seconds=10)
    postman = Postman(database, KeyRing(keys), Smtp(smtp_url), sender=SENDER)
    print("ready", flush=True)  # noqa: T201 - heard by the test that started it
    sys.stdin.readline()
    print(deliver_due(postman), flush=True)  # noqa: T201
    database.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
