"""Many senders over one outbox: each mail is one sender's at a time, and outlives the one that had it."""

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
from app.core.mail.outbox import CLAIM, Postman
from app.core.mail.transport import DEADLINE, STEP, Smtp, Undeliverable
from app.core.timestamps import utc_now
from tests.factories.processes.outbox import (
    ADDRESS,
    NOON,
    SENDER,
    SUBJECT,
    TOKEN,
    Clock,
    begin,
    deliver_due,
    new_ring,
    put,
    sender_process,
    stored,
    waiting,
)
from tests.factories.processes.smtp import MailServer, hanging_server, mail_server

KEYS, RING = new_ring()


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


def test_many_senders_in_threads_deliver_each_mail_once(database: Database, server: MailServer) -> None:
    server.takes_seconds = 0.01
    ids = put(database, RING, times=20)
    everybody_is_there = threading.Barrier(6, timeout=20)
    sent: list[int] = []

    def send() -> None:
        mine = Database(database.url, seconds=10)
        postman = Postman(mine, RING, Smtp(server.url()), sender=SENDER, clock=Clock())
        everybody_is_there.wait()
        count = 0
        while waiting(mine):
            count += deliver_due(postman)
        mine.close()
        sent.append(count)

    senders = [threading.Thread(target=send, daemon=True) for _ in range(6)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(timeout=10)

    assert server.times_taken == dict.fromkeys(ids, 1)
    assert len(sent) == 6
    assert sum(sent) == 20
    assert len([count for count in sent if count]) > 1
    assert {stored(database, mail).attempts for mail in ids} == {1}


def test_many_senders_in_processes_deliver_each_mail_once(database: Database, server: MailServer) -> None:
    server.takes_seconds = 0.01
    ids = put(database, RING, times=20, now=utc_now())
    with ExitStack() as stack:
        senders = [stack.enter_context(sender_process(database, KEYS, server.url())) for _ in range(3)]
        for sender in senders:
            assert sender.stdout
            assert sender.stdout.readline() == "ready\n"
        for sender in senders:
            begin(sender)
        sent = [int(sender.communicate(timeout=15)[0]) for sender in senders]

    assert server.times_taken == dict.fromkeys(ids, 1)
    assert sum(sent) == 20
    assert len([count for count in sent if count]) > 1


def test_a_mail_outlives_the_sender_that_was_killed_with_it(database: Database, server: MailServer) -> None:
    (mail,) = put(database, RING, now=utc_now())
    with (
        hanging_server() as hanging,
        sender_process(database, KEYS, f"smtp://127.0.0.1:{hanging.getsockname()[1]}") as sender,
    ):
        begin(sender)
        connection, _ = hanging.accept()
        sender.kill()
        sender.wait()
        connection.close()
    claimed = stored(database, mail)
    assert claimed.claim
    assert abs(claimed.due_at - utc_now() - CLAIM) < timedelta(seconds=20)

    clock = Clock(claimed.due_at - timedelta(microseconds=1))
    successor = Postman(database, RING, Smtp(server.url()), sender=SENDER, clock=clock)
    assert deliver_due(successor) == 0
    clock.shift(microseconds=1)

    assert (deliver_due(successor), deliver_due(successor)) == (1, 0)
    assert server.times_taken == {mail: 1}
    assert stored(database, mail).attempts == 2


def test_a_sender_that_was_overtaken_changes_nothing_of_what_its_successor_noted(
    database: Database, server: MailServer
) -> None:
    clock = Clock()
    successor = Postman(database, RING, Smtp(server.url()), sender=SENDER, clock=clock)

    class Slow:
        def deliver(self, _message: EmailMessage, _mail_id: UUID) -> None:
            """Until its claim is over and another has sent the mail."""
            clock.shift(seconds=CLAIM.total_seconds())
            assert deliver_due(successor) == 1
            raise Undeliverable

    (mail,) = put(database, RING)
    assert deliver_due(Postman(database, RING, Slow(), sender=SENDER, clock=clock)) == 0

    row = stored(database, mail)
    assert (row.sent_at, row.given_up_at, row.attempts) == (NOON + CLAIM, None, 2)


def test_a_claim_outlasts_the_slowest_conversation() -> None:
    connecting = 4 * STEP  # to a few addresses of one host, each in vain but for the last
    assert timedelta(seconds=connecting + DEADLINE) < CLAIM


def test_what_one_process_left_another_delivers(database: Database, server: MailServer) -> None:
    with mail_server(started=False) as closed:
        (mail,) = put(database, RING)
        assert deliver_due(Postman(database, RING, Smtp(closed.url()), sender=SENDER, clock=Clock())) == 0
    database.close()

    again = Database(database.url, seconds=10)
    later = Clock(NOON + timedelta(seconds=15))
    assert deliver_due(Postman(again, RING, Smtp(server.url()), sender=SENDER, clock=later)) == 1
    again.close()

    assert server.times_taken == {mail: 1}


def test_the_log_of_a_sender_names_mails_and_never_addresses_subjects_or_tokens(
    database: Database, server: MailServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Though a server repeats the address in its answers."""
    clock = Clock()
    postman = Postman(database, RING, Smtp(server.url()), sender=SENDER, clock=clock)
    logs.configure("info")
    capsys.readouterr()
    (mail,) = put(database, RING)
    for command, reply in (("RCPT", f"450 <{ADDRESS}> is busy"), ("DATA", f"421 {TOKEN}"), ("QUIT", f"500 {ADDRESS}")):
        server.says = {command: reply}
        deliver_due(postman)
        clock.shift(hours=1)
    (refused,) = put(database, RING, now=clock.now)
    server.says = {"RCPT": f"550 <{ADDRESS}> is nobody"}
    deliver_due(postman)

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    ours = [line for line in lines if line["logger"] != "mail.log"]  # which is the server's, for it is in this process
    assert [(line["event"], line["mail"], line["attempts"], line.get("error")) for line in ours] == [
        ("mail_delayed", mail, 1, "SMTPRecipientsRefused"),
        ("mail_delayed", mail, 2, "SMTPDataError"),
        ("mail_sent", mail, 3, None),
        ("mail_given_up", refused, 1, None),
    ]
    for secret in (ADDRESS, SUBJECT, TOKEN):
        assert secret not in json.dumps(ours)
