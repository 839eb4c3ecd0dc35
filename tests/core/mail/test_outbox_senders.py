"""Tests for several workers that send emails from one outbox: each email is sent by one worker at a time."""

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from email.message import EmailMessage
from uuid import UUID

import pytest

from app.core import logs
from app.core.db.database import Database
from app.core.mail.outbox import CLAIM_DURATION, OutboxWorker
from app.core.mail.transport import DELIVERY_TIMEOUT_SECONDS, REPLY_TIMEOUT_SECONDS, SmtpTransport, Undeliverable
from app.core.timestamps import utc_now
from tests.factories.processes.outbox import (
    ADDRESS,
    NOON,
    SENDER,
    SUBJECT,
    TOKEN,
    FakeClock,
    count_pending,
    deliver_due,
    new_key_ring,
    outbox_worker_process,
    queue_emails,
    start_delivery,
    stored_email,
)
from tests.factories.processes.smtp import MailServer, mail_server, silent_server

KEYS, RING = new_key_ring()


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


def test_workers_in_threads_deliver_each_message_once(database: Database, server: MailServer) -> None:
    server.delay_seconds = 0.01
    ids = queue_emails(database, RING, count=20)
    all_started = threading.Barrier(6, timeout=20)
    sent_counts: list[int] = []

    def send() -> None:
        own_database = Database(database.url, request_timeout=10)
        worker = OutboxWorker(own_database, RING, SmtpTransport(server.url()), sender=SENDER, clock=FakeClock())
        all_started.wait()
        count = 0
        while count_pending(own_database):
            count += deliver_due(worker)
        own_database.close()
        sent_counts.append(count)

    workers = [threading.Thread(target=send, daemon=True) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=10)

    assert server.deliveries_by_email_id == dict.fromkeys(ids, 1)
    assert len(sent_counts) == 6
    assert sum(sent_counts) == 20
    assert len([count for count in sent_counts if count]) > 1
    assert {stored_email(database, mail).attempts for mail in ids} == {1}


def test_workers_in_processes_deliver_each_message_once(database: Database, server: MailServer) -> None:
    server.delay_seconds = 0.01
    ids = queue_emails(database, RING, count=20, now=utc_now())
    with ExitStack() as stack:
        workers = [stack.enter_context(outbox_worker_process(database, KEYS, server.url())) for _ in range(3)]
        for worker in workers:
            assert worker.stdout
            assert worker.stdout.readline() == "ready\n"
        for worker in workers:
            start_delivery(worker)
        sent_counts = [int(worker.communicate(timeout=15)[0]) for worker in workers]

    assert server.deliveries_by_email_id == dict.fromkeys(ids, 1)
    assert sum(sent_counts) == 20
    assert len([count for count in sent_counts if count]) > 1


def test_message_of_a_killed_worker_is_sent_by_another(database: Database, server: MailServer) -> None:
    (mail,) = queue_emails(database, RING, now=utc_now())
    with (
        silent_server() as hanging,
        outbox_worker_process(database, KEYS, f"smtp://127.0.0.1:{hanging.getsockname()[1]}") as worker,
    ):
        start_delivery(worker)
        connection, _ = hanging.accept()
        worker.kill()
        worker.wait()
        connection.close()
    claimed = stored_email(database, mail)
    assert claimed.claim
    assert abs(claimed.due_at - utc_now() - CLAIM_DURATION) < timedelta(seconds=20)

    clock = FakeClock(claimed.due_at - timedelta(microseconds=1))
    successor = OutboxWorker(database, RING, SmtpTransport(server.url()), sender=SENDER, clock=clock)
    assert deliver_due(successor) == 0
    clock.shift(microseconds=1)

    assert (deliver_due(successor), deliver_due(successor)) == (1, 0)
    assert server.deliveries_by_email_id == {mail: 1}
    assert stored_email(database, mail).attempts == 2


def test_worker_with_expired_claim_does_not_change_the_row(database: Database, server: MailServer) -> None:
    clock = FakeClock()
    successor = OutboxWorker(database, RING, SmtpTransport(server.url()), sender=SENDER, clock=clock)

    class SlowTransport:
        def deliver(self, _message: EmailMessage, _mail_id: UUID) -> None:
            """Simulate a slow delivery: the claim expires, and another worker sends the email."""
            clock.shift(seconds=CLAIM_DURATION.total_seconds())
            assert deliver_due(successor) == 1
            raise Undeliverable

    (mail,) = queue_emails(database, RING)
    assert deliver_due(OutboxWorker(database, RING, SlowTransport(), sender=SENDER, clock=clock)) == 0

    row = stored_email(database, mail)
    assert (row.sent_at, row.given_up_at, row.attempts) == (NOON + CLAIM_DURATION, None, 2)


def test_claim_lasts_longer_than_the_slowest_delivery() -> None:
    connecting = 4 * REPLY_TIMEOUT_SECONDS  # a host with four addresses, of which the first three fail
    assert timedelta(seconds=connecting + DELIVERY_TIMEOUT_SECONDS) < CLAIM_DURATION


def test_message_left_by_one_process_is_sent_by_another(database: Database, server: MailServer) -> None:
    with mail_server(started=False) as closed:
        (mail,) = queue_emails(database, RING)
        assert (
            deliver_due(OutboxWorker(database, RING, SmtpTransport(closed.url()), sender=SENDER, clock=FakeClock()))
            == 0
        )
    database.close()

    restarted = Database(database.url, request_timeout=10)
    later = FakeClock(NOON + timedelta(seconds=15))
    assert deliver_due(OutboxWorker(restarted, RING, SmtpTransport(server.url()), sender=SENDER, clock=later)) == 1
    restarted.close()

    assert server.deliveries_by_email_id == {mail: 1}


def test_log_contains_no_addresses_subjects_or_tokens(
    database: Database, server: MailServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """The mail server repeats the email address in its responses, which are logged as errors."""
    clock = FakeClock()
    worker = OutboxWorker(database, RING, SmtpTransport(server.url()), sender=SENDER, clock=clock)
    logs.configure("info")
    capsys.readouterr()
    (mail,) = queue_emails(database, RING)
    for command, response in (
        ("RCPT", f"450 <{ADDRESS}> is busy"),
        ("DATA", f"421 {TOKEN}"),
        ("QUIT", f"500 {ADDRESS}"),
    ):
        server.responses = {command: response}
        deliver_due(worker)
        clock.shift(hours=1)
    (rejected,) = queue_emails(database, RING, now=clock.now)
    server.responses = {"RCPT": f"550 <{ADDRESS}> is unknown"}
    deliver_due(worker)

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    app_lines = [line for line in lines if line["logger"] != "mail.log"]  # the log of the test's mail server
    assert [(line["event"], line["mail"], line["attempts"], line.get("error")) for line in app_lines] == [
        ("mail_delayed", mail, 1, "SMTPRecipientsRefused"),
        ("mail_delayed", mail, 2, "SMTPDataError"),
        ("mail_sent", mail, 3, None),
        ("mail_given_up", rejected, 1, None),
    ]
    for secret in (ADDRESS, SUBJECT, TOKEN):
        assert secret not in json.dumps(app_lines)
