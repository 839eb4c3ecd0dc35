"""Connections: a server that hangs or drips holds nothing up, and one that doesn't prove its name gets no secret."""

import smtplib
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from app.core.mail.transport import WATCHDOG, Smtp, message_of
from tests.factories.processes.smtp import (
    MailServer,
    dripping_server,
    hanging_server,
    mail_server,
    tls_of,
    write_certificate,
)

PASSWORD = "p%40ss"  # as it stands in an address; the server hears p@ss
GREETING, KNOWN = b"220 hello\r\n", b"250 hello\r\n"


def deliver(transport: Smtp) -> None:
    mail_id = uuid4()
    message = message_of(
        mail_id,
        sender="21 <no-reply@mail.example.org>",
        to="ana@example.org",
        subject="Your account",
        text="Hello.\n",
        now=datetime(2026, 11, 24, tzinfo=UTC),
    )
    transport.deliver(message, mail_id)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A certificate that this process trusts, as it would one of a public authority."""
    certificate = write_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return certificate


def test_a_server_that_hangs_is_left_after_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.mail.transport.STEP", 0.2)
    with hanging_server() as server:
        begun = time.monotonic()
        with pytest.raises(OSError, match="timed out"):
            deliver(Smtp(f"smtp://127.0.0.1:{server.getsockname()[1]}"))

    assert 0.2 <= time.monotonic() - begun < 1


@pytest.mark.parametrize(
    ("said", "dripped"),
    [
        ([], b"2"),
        ([], b"220-well\r\n"),
        ([GREETING], b"2"),
        ([GREETING, KNOWN], b"2"),
        ([GREETING, KNOWN, KNOWN, KNOWN, b"354 go on\r\n"], b"2"),
    ],
    ids=["greeting", "greeting that has many lines", "answer to EHLO", "answer to MAIL", "answer to the mail"],
)
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_server_that_drips_is_left_at_the_deadline(
    trusted: Path, monkeypatch: pytest.MonkeyPatch, said: list[bytes], dripped: bytes, scheme: str
) -> None:
    monkeypatch.setattr("app.core.mail.transport.DEADLINE", 0.2)
    tls = tls_of(trusted) if scheme == "smtps" else None
    with dripping_server(*said, dripped=dripped, seconds=2, tls=tls) as address:
        begun = time.monotonic()
        with pytest.raises(smtplib.SMTPException):
            deliver(Smtp(f"{scheme}://{address}"))

    assert 0.2 <= time.monotonic() - begun < 1.5


def test_a_server_that_took_the_mail_may_drip_and_it_is_delivered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.mail.transport.DEADLINE", 0.2)
    said = (GREETING, KNOWN, KNOWN, KNOWN, b"354 go on\r\n", b"250 taken\r\n")
    with dripping_server(*said, dripped=b"2", seconds=2) as address:
        begun = time.monotonic()
        deliver(Smtp(f"smtp://{address}"))

    assert 0.2 <= time.monotonic() - begun < 1.5


@pytest.mark.parametrize(
    "greeting", [b"554 no service\r\n", b"", b"2" * 9000 + b"\r\n"], ids=["refused", "silent", "long"]
)
def test_failed_connection_leaves_no_socket_and_no_thread(monkeypatch: pytest.MonkeyPatch, greeting: bytes) -> None:
    opened: list[socket.socket] = []
    connect = socket.create_connection

    def remembered(*args: Any, **options: Any) -> socket.socket:
        opened.append(connect(*args, **options))
        return opened[-1]

    monkeypatch.setattr("socket.create_connection", remembered)
    monkeypatch.setattr("app.core.mail.transport.STEP", 0.2)
    with dripping_server(greeting, dripped=b"", seconds=0) as address, pytest.raises(smtplib.SMTPException):
        deliver(Smtp(f"smtp://{address}"))

    assert [each.fileno() for each in opened] == [-1]
    for thread in (each for each in threading.enumerate() if each.name == WATCHDOG):
        thread.join(timeout=1)
        assert not thread.is_alive()


def test_tls_is_used_where_it_is_offered(trusted: Path) -> None:
    with mail_server(tls_context=tls_of(trusted)) as server:
        deliver(Smtp(server.url()))

        assert len(server.taken) == 1
        assert all(server.ciphers)


def test_without_a_password_a_server_without_tls_will_do(server: MailServer) -> None:
    deliver(Smtp(server.url()))

    assert server.ciphers == [None]


def test_a_password_is_said_under_tls(trusted: Path) -> None:
    with mail_server(tls_context=tls_of(trusted), auth_required=True) as server:
        deliver(Smtp(server.url(user=f"post:{PASSWORD}@")))

        assert server.passwords == [(b"post", b"p@ss")]
        assert all(server.ciphers)
        assert len(server.taken) == 1


def test_tls_at_once_works_with_and_without_a_password(trusted: Path) -> None:
    with mail_server(tls_at_once=tls_of(trusted), auth_require_tls=False) as server:
        deliver(Smtp(server.url("smtps")))
        deliver(Smtp(server.url("smtps", user=f"post:{PASSWORD}@")))

        assert server.passwords == [(b"post", b"p@ss")]
        assert len(server.taken) == 2
        assert all(server.ciphers)


def test_a_password_is_never_said_without_tls_and_the_mail_is_not_lost_for_it() -> None:
    with mail_server(auth_require_tls=False) as server:
        with pytest.raises(smtplib.SMTPNotSupportedError, match="STARTTLS"):
            deliver(Smtp(server.url(user=f"post:{PASSWORD}@")))

        assert (server.passwords, server.taken) == ([], [])


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
@pytest.mark.parametrize("name", ["127.0.0.1", "another.test"])
def test_a_server_that_cannot_prove_its_name_gets_neither_password_nor_mail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, name: str
) -> None:
    """One has a certificate that nobody vouches for, the other a good one for another name."""
    certificate = write_certificate(tmp_path, name)
    if name == "another.test":
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    options: dict[str, Any] = {"tls_at_once" if scheme == "smtps" else "tls_context": tls_of(certificate)}
    with mail_server(auth_require_tls=False, **options) as server:
        with pytest.raises(OSError, match="certificate verify failed"):
            deliver(Smtp(server.url(scheme, user=f"post:{PASSWORD}@")))

        assert (server.passwords, server.taken) == ([], [])
