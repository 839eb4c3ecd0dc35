"""Fixtures and helpers for tests of emails: a mail server, an outbox worker, and a message to deliver."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from uuid import UUID

import pytest

from app.core.crypto.key_ring import KeyRing
from app.core.db.database import Database
from app.core.mail.outbox import OutboxWorker
from app.core.mail.transport import SmtpTransport, Transport, build_message
from tests.factories.processes.outbox import SENDER, FakeClock, new_key_ring
from tests.factories.processes.smtp import MailServer, mail_server

ID = UUID("0f7c1e0e-3f5a-4a55-9a53-6a8d0a2c9b11")
TOKEN = "t" * 160
LINK = f"https://www.example.org/verify-email#token={TOKEN}"
SUBJECT = "Please confirm your address"
TEXT = f"Hello,\n\nplease open\n\n{LINK}\n\n.a line that starts with a dot\n"
KEYS, RING = new_key_ring()


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def worker(database: Database, server: MailServer, clock: FakeClock) -> OutboxWorker:
    return make_worker(database, server, clock)


def make_worker(database: Database, server: MailServer, clock: FakeClock, ring: KeyRing = RING) -> OutboxWorker:
    return OutboxWorker(database, ring, SmtpTransport(server.url()), sender=SENDER, clock=clock)


def message(to: str = "ana@example.org", *, subject: str = SUBJECT, text: str = TEXT) -> EmailMessage:
    return build_message(
        ID,
        sender=SENDER,
        to=to,
        subject=subject,
        text=text,
        now=datetime(2026, 11, 24, 12, tzinfo=UTC),
    )


def deliver(transport: Transport, to: str = "ana@example.org") -> None:
    transport.deliver(message(to), ID)
