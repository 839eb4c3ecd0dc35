"""The outbox: what a transaction wrote is sent once it is committed, and nobody reads it while it waits."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from app.core.crypto.key_ring import KeyRing
from app.core.db.database import Database
from app.core.mail.outbox import Postman, write_mail
from app.core.mail.transport import Smtp
from tests.factories.processes.outbox import (
    ADDRESS,
    MAIL,
    NOON,
    SENDER,
    SUBJECT,
    TOKEN,
    Clock,
    deliver_due,
    new_ring,
    put,
    stored,
    waiting,
)
from tests.factories.processes.smtp import MailServer, dripping_server, mail_server
from tests.factories.services import token_in

KEYS, RING = new_ring()


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def postman(database: Database, server: MailServer, clock: Clock) -> Postman:
    return Postman(database, RING, Smtp(server.url()), sender=SENDER, clock=clock)


def raw_row(database: Database) -> dict[str, Any]:
    """The only row, as it lies in the database."""
    with database.reading() as session:
        return dict(session.execute(text("SELECT * FROM outbox")).mappings().one())


def test_a_mail_that_was_written_leaves_once_and_is_wiped(
    database: Database, server: MailServer, postman: Postman, clock: Clock
) -> None:
    (mail,) = put(database, RING)

    assert (deliver_due(postman), deliver_due(postman)) == (1, 0)

    (arrived,) = server.messages
    assert (arrived["To"], arrived["Subject"], token_in(arrived)) == (ADDRESS, SUBJECT, TOKEN)
    assert arrived["Message-ID"] == f"<{mail}@mail.example.org>"
    row = stored(database, mail)
    assert (row.sealed, row.claim, row.sent_at, row.given_up_at, row.attempts) == (None, None, NOON, None, 1)
    clock.shift(days=30)
    assert deliver_due(postman) == 0


def test_the_row_of_a_waiting_mail_tells_nobody_what_it_says(database: Database) -> None:
    put(database, RING)

    row = raw_row(database)

    assert row["kind"] == MAIL.kind
    assert len(bytes(row["sealed"])) > len(MAIL.text)
    lying_there = b"".join(bytes(value) if name == "sealed" else str(value).encode() for name, value in row.items())
    for secret in (ADDRESS, "ana", SUBJECT, TOKEN, TOKEN[:5], "Hello"):
        assert secret.encode() not in lying_there


def test_a_mail_that_was_moved_to_another_row_is_not_opened(
    database: Database, server: MailServer, postman: Postman
) -> None:
    put(database, RING)
    with database.loading() as session:
        session.execute(text("UPDATE outbox SET id = :id"), {"id": uuid4().hex})

    assert deliver_due(postman) == 0
    assert (server.taken, waiting(database)) == ([], 1)


def test_a_mail_of_a_transaction_that_was_rolled_back_is_never_sent(
    database: Database, server: MailServer, postman: Postman
) -> None:
    def fail_after_writing() -> None:
        with database.transaction() as session:
            write_mail(session, RING, MAIL, member_id=uuid4(), now=NOON)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_writing()

    assert deliver_due(postman) == 0
    assert server.taken == []


def test_a_mail_is_not_sent_before_its_transaction_is_committed(
    database: Database, server: MailServer, postman: Postman
) -> None:
    with database.transaction() as session:
        write_mail(session, RING, MAIL, member_id=uuid4(), now=NOON)
        assert deliver_due(postman) == 0

    assert deliver_due(postman) == 1
    assert len(server.taken) == 1


def test_each_attempt_waits_twice_as_long_up_to_an_hour_and_the_mail_then_arrives_once(
    database: Database, clock: Clock
) -> None:
    with mail_server(started=False) as server:
        postman = Postman(database, RING, Smtp(server.url()), sender=SENDER, clock=clock)
        (mail,) = put(database, RING)
        for attempt, seconds in enumerate((15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600), start=1):
            assert deliver_due(postman) == 0
            assert stored(database, mail).attempts == attempt
            assert stored(database, mail).due_at == clock.now + timedelta(seconds=seconds)
            clock.shift(seconds=seconds - 0.001)
            assert deliver_due(postman) == 0
            assert stored(database, mail).attempts == attempt
            clock.shift(seconds=0.001)

        server.start()

        assert (deliver_due(postman), deliver_due(postman)) == (1, 0)
        assert server.times_taken == {mail: 1}
        assert (stored(database, mail).attempts, stored(database, mail).sent_at) == (11, clock.now)


@pytest.mark.parametrize("reply", ["421 closing", "450 busy"])
@pytest.mark.parametrize("command", ["RCPT", "DATA"])
def test_a_refusal_that_may_pass_delays_the_mail_and_it_arrives_once(
    database: Database, server: MailServer, postman: Postman, clock: Clock, command: str, reply: str
) -> None:
    (mail,) = put(database, RING)
    server.says[command] = reply
    assert deliver_due(postman) == 0
    assert stored(database, mail).sealed
    server.says.clear()

    clock.shift(seconds=15)

    assert deliver_due(postman) == 1
    assert server.times_taken == {mail: 1}


@pytest.mark.parametrize("command", ["RCPT", "DATA"])
def test_a_refusal_for_good_wipes_the_mail_and_the_next_one_goes_on(
    database: Database, server: MailServer, postman: Postman, clock: Clock, command: str
) -> None:
    (refused,) = put(database, RING)
    server.says[command] = "550 never"
    assert deliver_due(postman) == 0
    row = stored(database, refused)
    assert (row.sealed, row.claim, row.sent_at, row.given_up_at, row.attempts) == (None, None, None, NOON, 1)
    server.says.clear()

    (other,) = put(database, RING)

    assert deliver_due(postman) == 1
    assert server.times_taken == {other: 1}


def test_a_mail_that_came_to_nothing_in_time_is_dropped_unsent_and_wiped(
    database: Database, server: MailServer, postman: Postman, clock: Clock
) -> None:
    (late,) = put(database, RING)
    clock.shift(days=1)
    (fresh,) = put(database, RING, now=clock.now)

    assert deliver_due(postman) == 1

    assert server.times_taken == {fresh: 1}
    assert (stored(database, late).sealed, stored(database, late).given_up_at) == (None, clock.now)


def test_a_mail_is_sent_until_the_last_moment(
    database: Database, server: MailServer, postman: Postman, clock: Clock
) -> None:
    put(database, RING)
    clock.shift(days=1, microseconds=-1)

    assert deliver_due(postman) == 1


def test_a_mail_whose_key_is_not_on_the_ring_waits_for_it_while_the_others_go_on(
    database: Database, server: MailServer, postman: Postman, clock: Clock
) -> None:
    old_keys, old_ring = new_ring()
    (old,) = put(database, old_ring)
    (other,) = put(database, RING)
    assert deliver_due(postman) == 1
    assert server.times_taken == {other: 1}
    assert stored(database, old).sealed

    clock.shift(seconds=15)
    both = KeyRing(f"{KEYS},{old_keys}")
    knowing = Postman(database, both, Smtp(server.url()), sender=SENDER, clock=clock)

    assert deliver_due(knowing) == 1
    assert server.times_taken == {other: 1, old: 1}


def test_a_mail_whose_server_drips_is_delayed_like_any_other(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.core.mail.transport.DEADLINE", 0.2)
    (mail,) = put(database, RING)
    with dripping_server(dripped=b"2", seconds=2) as address:
        postman = Postman(database, RING, Smtp(f"smtp://{address}"), sender=SENDER, clock=clock)
        assert deliver_due(postman) == 0

    row = stored(database, mail)
    assert (row.claim, row.due_at) == (None, NOON + timedelta(seconds=15))
    assert bool(row.sealed)
