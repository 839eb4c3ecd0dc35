"""Tests for the email outbox: emails are stored encrypted, and sent after their transaction is committed."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from app.core.crypto.key_ring import KeyRing
from app.core.db.database import Database
from app.core.mail.outbox import OutboxWorker, enqueue_mail
from tests.core.mail.conftest import KEYS, RING, make_worker
from tests.factories.processes.outbox import (
    ADDRESS,
    MAIL,
    NOON,
    SUBJECT,
    TOKEN,
    FakeClock,
    count_pending,
    deliver_due,
    new_key_ring,
    queue_emails,
    stored_email,
)
from tests.factories.processes.smtp import MailServer, mail_server
from tests.factories.services import token_from_email


def test_message_is_sent_once_and_then_its_content_is_deleted(
    database: Database, server: MailServer, worker: OutboxWorker, clock: FakeClock
) -> None:
    (mail,) = queue_emails(database, RING)

    assert (deliver_due(worker), deliver_due(worker)) == (1, 0)

    (delivered,) = server.messages
    assert (delivered["To"], delivered["Subject"], token_from_email(delivered)) == (ADDRESS, SUBJECT, TOKEN)
    assert delivered["Message-ID"] == f"<{mail}@mail.example.org>"
    row = stored_email(database, mail)
    assert (row.sealed, row.claim, row.sent_at, row.given_up_at, row.attempts) == (None, None, NOON, None, 1)
    clock.shift(days=30)
    assert deliver_due(worker) == 0


def test_row_of_a_waiting_message_contains_no_plaintext(database: Database) -> None:
    queue_emails(database, RING)

    with database.autocommit() as session:
        row = session.execute(text("SELECT * FROM outbox")).mappings().one()
    assert row["kind"] == MAIL.kind
    assert len(bytes(row["sealed"])) > len(MAIL.text)
    stored_bytes = b"".join(bytes(value) if name == "sealed" else str(value).encode() for name, value in row.items())
    for secret in (ADDRESS, "ana", SUBJECT, TOKEN, TOKEN[:5], "Hello"):
        assert secret.encode() not in stored_bytes


def test_message_moved_to_another_row_is_not_decrypted(
    database: Database, server: MailServer, worker: OutboxWorker
) -> None:
    queue_emails(database, RING)
    with database.content_load() as session:
        session.execute(text("UPDATE outbox SET id = :id"), {"id": uuid4().hex})

    assert deliver_due(worker) == 0
    assert (server.received, count_pending(database)) == ([], 1)


def test_message_with_unknown_key_waits_without_blocking_others(
    database: Database, server: MailServer, worker: OutboxWorker, clock: FakeClock
) -> None:
    old_keys, old_ring = new_key_ring()
    (old,) = queue_emails(database, old_ring)
    (other,) = queue_emails(database, RING)
    assert deliver_due(worker) == 1
    assert server.deliveries_by_email_id == {other: 1}
    assert stored_email(database, old).sealed

    clock.shift(seconds=15)
    worker = make_worker(database, server, clock, KeyRing(f"{KEYS},{old_keys}"))

    assert deliver_due(worker) == 1
    assert server.deliveries_by_email_id == {other: 1, old: 1}


def test_message_is_sent_only_after_the_commit(database: Database, server: MailServer, worker: OutboxWorker) -> None:
    with pytest.raises(RuntimeError), database.transaction() as session:  # noqa: PT012 - the block is the transaction
        enqueue_mail(session, RING, MAIL, member_id=uuid4(), now=NOON)
        raise RuntimeError
    with database.transaction() as session:
        enqueue_mail(session, RING, MAIL, member_id=uuid4(), now=NOON)
        assert deliver_due(worker) == 0

    assert deliver_due(worker) == 1
    assert len(server.received) == 1


def test_retry_delay_doubles_up_to_one_hour(database: Database, clock: FakeClock) -> None:
    with mail_server(started=False) as server:
        worker = make_worker(database, server, clock)
        (mail,) = queue_emails(database, RING)
        for attempt, seconds in enumerate((15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600), start=1):
            assert deliver_due(worker) == 0
            row = stored_email(database, mail)
            assert (row.attempts, row.claim, row.due_at) == (attempt, None, clock.now + timedelta(seconds=seconds))
            clock.shift(seconds=seconds - 0.001)
            assert deliver_due(worker) == 0
            assert stored_email(database, mail).attempts == attempt
            clock.shift(seconds=0.001)

        server.start()

        assert (deliver_due(worker), deliver_due(worker)) == (1, 0)
        assert server.deliveries_by_email_id == {mail: 1}
        assert (stored_email(database, mail).attempts, stored_email(database, mail).sent_at) == (11, clock.now)


def test_rejected_message_is_given_up(database: Database, server: MailServer, worker: OutboxWorker) -> None:
    (rejected,) = queue_emails(database, RING)
    server.responses["RCPT"] = "550 never"
    assert deliver_due(worker) == 0
    row = stored_email(database, rejected)
    assert (row.sealed, row.claim, row.sent_at, row.given_up_at, row.attempts) == (None, None, None, NOON, 1)
    server.responses.clear()

    (other,) = queue_emails(database, RING)

    assert deliver_due(worker) == 1
    assert server.deliveries_by_email_id == {other: 1}


def test_message_is_sent_until_it_expires_and_then_given_up(
    database: Database, server: MailServer, worker: OutboxWorker, clock: FakeClock
) -> None:
    (late,) = queue_emails(database, RING)
    (fresh,) = queue_emails(database, RING, now=NOON + timedelta(microseconds=1))
    clock.shift(days=1)

    assert deliver_due(worker) == 1

    assert server.deliveries_by_email_id == {fresh: 1}
    assert (stored_email(database, late).sealed, stored_email(database, late).given_up_at) == (None, clock.now)
