"""Tests for several workers that send emails from one outbox: each email is sent by one worker at a time."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from email.message import EmailMessage
from threading import Barrier
from uuid import UUID

import pytest

from app.core import logs
from app.core.db.database import Database
from app.core.mail.outbox import CLAIM_DURATION, OutboxWorker
from app.core.mail.transport import DELIVERY_TIMEOUT_SECONDS, REPLY_TIMEOUT_SECONDS, SmtpTransport, Undeliverable
from app.core.timestamps import utc_now
from tests.core.mail.conftest import KEYS, RING, make_worker
from tests.factories.processes.outbox import (
    ADDRESS,
    NOON,
    SENDER,
    SUBJECT,
    TOKEN,
    FakeClock,
    count_pending,
    deliver_due,
    outbox_worker_process,
    queue_emails,
    stored_email,
)
from tests.factories.processes.smtp import MailServer, silent_server

WORKER_COUNT, MAIL_COUNT = 4, 12


def test_concurrent_workers_deliver_each_message_once(database: Database, server: MailServer) -> None:
    server.delay_seconds = 0.01
    ids = queue_emails(database, RING, count=MAIL_COUNT)
    all_started = Barrier(WORKER_COUNT, timeout=20)

    def send(_: int) -> int:
        own_database = Database(database.url, request_timeout=10)
        worker = make_worker(own_database, server, FakeClock())
        all_started.wait()
        count = 0
        while count_pending(own_database):
            count += deliver_due(worker)
        own_database.close()
        return count

    with ThreadPoolExecutor(WORKER_COUNT) as pool:
        sent_counts = list(pool.map(send, range(WORKER_COUNT)))

    assert server.deliveries_by_email_id == dict.fromkeys(ids, 1)
    assert sum(sent_counts) == MAIL_COUNT
    assert len([count for count in sent_counts if count]) > 1
    assert {stored_email(database, mail).attempts for mail in ids} == {1}


def test_message_claimed_by_a_faster_worker_is_not_sent_again(
    database: Database, worker: OutboxWorker, server: MailServer
) -> None:
    calls: list[int] = []

    def clock() -> datetime:
        calls.append(1)
        if len(calls) == 2:  # the slower worker has seen that an email is due, but hasn't claimed it yet
            assert deliver_due(worker) == 1
        return NOON

    queue_emails(database, RING)
    slower_worker = OutboxWorker(database, RING, SmtpTransport(server.url()), sender=SENDER, clock=clock)

    assert slower_worker.deliver_next() is None
    assert len(server.received) == 1


def test_message_of_a_killed_process_is_sent_by_another(
    database: Database, worker: OutboxWorker, server: MailServer, clock: FakeClock
) -> None:
    (mail,) = queue_emails(database, RING, now=utc_now())
    with (
        silent_server() as hanging,
        outbox_worker_process(database, KEYS, f"smtp://127.0.0.1:{hanging.getsockname()[1]}") as process,
    ):
        connection, _ = hanging.accept()
        process.kill()
        process.wait()
        connection.close()
    claimed = stored_email(database, mail)
    assert claimed.claim
    assert abs(claimed.due_at - utc_now() - CLAIM_DURATION) < timedelta(seconds=20)

    clock.now = claimed.due_at - timedelta(microseconds=1)
    assert deliver_due(worker) == 0
    clock.shift(microseconds=1)

    assert (deliver_due(worker), deliver_due(worker)) == (1, 0)
    assert server.deliveries_by_email_id == {mail: 1}
    assert stored_email(database, mail).attempts == 2


def test_worker_with_expired_claim_does_not_change_the_row(
    database: Database, worker: OutboxWorker, clock: FakeClock
) -> None:
    class SlowTransport:
        def deliver(self, _message: EmailMessage, _mail_id: UUID) -> None:
            """Simulate a slow delivery: the claim expires, and another worker sends the email."""
            clock.shift(seconds=CLAIM_DURATION.total_seconds())
            assert deliver_due(worker) == 1
            raise Undeliverable

    (mail,) = queue_emails(database, RING)
    assert deliver_due(OutboxWorker(database, RING, SlowTransport(), sender=SENDER, clock=clock)) == 0

    row = stored_email(database, mail)
    assert (row.sent_at, row.given_up_at, row.attempts) == (NOON + CLAIM_DURATION, None, 2)


def test_claim_lasts_longer_than_the_slowest_delivery() -> None:
    connecting = 4 * REPLY_TIMEOUT_SECONDS  # a host with four addresses, of which the first three fail
    assert timedelta(seconds=connecting + DELIVERY_TIMEOUT_SECONDS) < CLAIM_DURATION


def test_log_contains_no_addresses_subjects_or_tokens(
    database: Database,
    server: MailServer,
    worker: OutboxWorker,
    clock: FakeClock,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The mail server repeats the email address in its responses, which are logged as errors."""
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
