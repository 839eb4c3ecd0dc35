"""Tests for SMTP connections: slow servers time out, and passwords are sent only to verified servers."""

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

from app.core.mail.transport import WATCHDOG_THREAD, SmtpTransport, build_message
from tests.factories.processes.smtp import (
    MailServer,
    mail_server,
    server_tls_context,
    silent_server,
    trickling_server,
    write_certificate,
)

PASSWORD = "p%40ss"  # the password p@ss, percent-encoded for the URL
GREETING, OK = b"220 hello\r\n", b"250 hello\r\n"


def deliver(transport: SmtpTransport) -> None:
    mail_id = uuid4()
    message = build_message(
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
    """Create a TLS certificate that this process trusts."""
    certificate = write_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return certificate


def test_server_without_response_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.mail.transport.REPLY_TIMEOUT_SECONDS", 0.2)
    with silent_server() as server:
        started = time.monotonic()
        with pytest.raises(OSError, match="timed out"):
            deliver(SmtpTransport(f"smtp://127.0.0.1:{server.getsockname()[1]}"))

    assert 0.2 <= time.monotonic() - started < 1


@pytest.mark.parametrize(
    ("responses", "trickle"),
    [
        ([], b"2"),
        ([], b"220-well\r\n"),
        ([GREETING], b"2"),
        ([GREETING, OK], b"2"),
        ([GREETING, OK, OK, OK, b"354 go on\r\n"], b"2"),
    ],
    ids=["greeting", "greeting of many lines", "response to EHLO", "response to MAIL", "response to DATA"],
)
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_server_with_slow_responses_times_out(
    trusted: Path, monkeypatch: pytest.MonkeyPatch, responses: list[bytes], trickle: bytes, scheme: str
) -> None:
    monkeypatch.setattr("app.core.mail.transport.DELIVERY_TIMEOUT_SECONDS", 0.2)
    tls = server_tls_context(trusted) if scheme == "smtps" else None
    with trickling_server(*responses, trickle=trickle, seconds=2, tls=tls) as address:
        started = time.monotonic()
        with pytest.raises(smtplib.SMTPException):
            deliver(SmtpTransport(f"{scheme}://{address}"))

    assert 0.2 <= time.monotonic() - started < 1.5


def test_slow_quit_after_delivery_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.mail.transport.DELIVERY_TIMEOUT_SECONDS", 0.2)
    responses = (GREETING, OK, OK, OK, b"354 go on\r\n", b"250 taken\r\n")
    with trickling_server(*responses, trickle=b"2", seconds=2) as address:
        started = time.monotonic()
        deliver(SmtpTransport(f"smtp://{address}"))

    assert 0.2 <= time.monotonic() - started < 1.5


@pytest.mark.parametrize(
    "greeting", [b"554 no service\r\n", b"", b"2" * 9000 + b"\r\n"], ids=["refused", "silent", "long"]
)
def test_failed_connection_leaves_no_socket_and_no_thread(monkeypatch: pytest.MonkeyPatch, greeting: bytes) -> None:
    sockets: list[socket.socket] = []
    connect = socket.create_connection

    def recording_connect(*args: Any, **options: Any) -> socket.socket:
        sockets.append(connect(*args, **options))
        return sockets[-1]

    monkeypatch.setattr("socket.create_connection", recording_connect)
    monkeypatch.setattr("app.core.mail.transport.REPLY_TIMEOUT_SECONDS", 0.2)
    with trickling_server(greeting, trickle=b"", seconds=0) as address, pytest.raises(smtplib.SMTPException):
        deliver(SmtpTransport(f"smtp://{address}"))

    assert [opened.fileno() for opened in sockets] == [-1]
    for thread in [thread for thread in threading.enumerate() if thread.name == WATCHDOG_THREAD]:
        thread.join(timeout=1)
        assert not thread.is_alive()


def test_starttls_is_used_if_offered(trusted: Path) -> None:
    with mail_server(tls_context=server_tls_context(trusted)) as server:
        deliver(SmtpTransport(server.url()))

        assert len(server.received) == 1
        assert all(server.ciphers)


def test_tls_is_optional_without_password(server: MailServer) -> None:
    deliver(SmtpTransport(server.url()))

    assert server.ciphers == [None]


def test_password_is_sent_over_tls(trusted: Path) -> None:
    with mail_server(tls_context=server_tls_context(trusted), auth_required=True) as server:
        deliver(SmtpTransport(server.url(user=f"post:{PASSWORD}@")))

        assert server.passwords == [(b"post", b"p@ss")]
        assert all(server.ciphers)
        assert len(server.received) == 1


def test_implicit_tls_works_with_and_without_password(trusted: Path) -> None:
    with mail_server(implicit_tls=server_tls_context(trusted), auth_require_tls=False) as server:
        deliver(SmtpTransport(server.url("smtps")))
        deliver(SmtpTransport(server.url("smtps", user=f"post:{PASSWORD}@")))

        assert server.passwords == [(b"post", b"p@ss")]
        assert len(server.received) == 2
        assert all(server.ciphers)


def test_password_is_not_sent_without_tls() -> None:
    with mail_server(auth_require_tls=False) as server:
        with pytest.raises(smtplib.SMTPNotSupportedError, match="STARTTLS"):
            deliver(SmtpTransport(server.url(user=f"post:{PASSWORD}@")))

        assert (server.passwords, server.received) == ([], [])


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
@pytest.mark.parametrize("name", ["127.0.0.1", "another.test"])
def test_unverified_server_receives_no_password_or_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, name: str
) -> None:
    """One certificate is untrusted. The other is trusted, but issued for another host."""
    certificate = write_certificate(tmp_path, name)
    if name == "another.test":
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    options: dict[str, Any] = {"implicit_tls" if scheme == "smtps" else "tls_context": server_tls_context(certificate)}
    with mail_server(auth_require_tls=False, **options) as server:
        with pytest.raises(OSError, match="certificate verify failed"):
            deliver(SmtpTransport(server.url(scheme, user=f"post:{PASSWORD}@")))

        assert (server.passwords, server.received) == ([], [])
