"""Tests for SMTP connections: slow servers time out, and passwords are sent only to verified servers."""

import smtplib
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from app.core.mail.transport import WATCHDOG_THREAD, SmtpTransport
from tests.core.mail.conftest import deliver
from tests.factories.processes.smtp import (
    MailServer,
    mail_server,
    server_tls_context,
    silent_server,
    trickling_server,
    write_certificate,
)

PASSWORD = "p%40ss"  # the password p@ss, percent-encoded for the URL
GREETING, OK, GO_ON = b"220 hello\r\n", b"250 hello\r\n", b"354 go on\r\n"


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Create a TLS certificate that this process trusts."""
    certificate = write_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    return certificate


@pytest.fixture
def short_delivery_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.mail.transport.DELIVERY_TIMEOUT_SECONDS", 0.2)


def tls_options(scheme: str, certificate: Path) -> dict[str, Any]:
    """Return the options of a mail server that uses TLS from the start (smtps), or that offers STARTTLS (smtp)."""
    return {"implicit_tls" if scheme == "smtps" else "tls_context": server_tls_context(certificate)}


def test_server_without_response_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.mail.transport.REPLY_TIMEOUT_SECONDS", 0.2)
    with silent_server() as server:
        started = time.monotonic()
        with pytest.raises(OSError, match="timed out"):
            deliver(SmtpTransport(f"smtp://127.0.0.1:{server.getsockname()[1]}"))

    assert 0.2 <= time.monotonic() - started < 1


@pytest.mark.parametrize(
    ("scheme", "responses", "trickle"),
    [
        ("smtp", [], b"220-well\r\n"),  # a greeting of many lines
        ("smtp", [GREETING, OK, OK, OK, GO_ON], b"2"),
        ("smtps", [GREETING], b"2"),
    ],
    ids=["greeting", "response to DATA", "response to EHLO"],
)
@pytest.mark.usefixtures("short_delivery_timeout")
def test_server_with_slow_responses_times_out(
    trusted: Path, scheme: str, responses: list[bytes], trickle: bytes
) -> None:
    tls = server_tls_context(trusted) if scheme == "smtps" else None
    with trickling_server(*responses, trickle=trickle, seconds=2, tls=tls) as address:
        started = time.monotonic()
        with pytest.raises(smtplib.SMTPException):
            deliver(SmtpTransport(f"{scheme}://{address}"))

    assert 0.2 <= time.monotonic() - started < 1.5


@pytest.mark.usefixtures("short_delivery_timeout")
def test_slow_quit_after_delivery_is_no_error() -> None:
    responses = (GREETING, OK, OK, OK, GO_ON, b"250 taken\r\n")
    with trickling_server(*responses, trickle=b"2", seconds=2) as address:
        started = time.monotonic()
        deliver(SmtpTransport(f"smtp://{address}"))

    assert 0.2 <= time.monotonic() - started < 1.5


def test_failed_connection_leaves_no_socket_and_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    sockets: list[socket.socket] = []
    connect = socket.create_connection

    def recording_connect(*args: Any, **options: Any) -> socket.socket:
        sockets.append(connect(*args, **options))
        return sockets[-1]

    monkeypatch.setattr("socket.create_connection", recording_connect)
    refusal = trickling_server(b"554 no service\r\n", trickle=b"", seconds=0)
    with refusal as address, pytest.raises(smtplib.SMTPConnectError, match="no service"):
        deliver(SmtpTransport(f"smtp://{address}"))
    with mail_server(started=False) as closed, pytest.raises(ConnectionRefusedError):
        deliver(SmtpTransport(closed.url()))

    assert [opened.fileno() for opened in sockets] == [-1]
    for thread in [thread for thread in threading.enumerate() if thread.name == WATCHDOG_THREAD]:
        thread.join(timeout=1)
        assert not thread.is_alive()


def test_tls_is_optional_without_password(server: MailServer) -> None:
    deliver(SmtpTransport(server.url()))

    assert server.ciphers == [None]


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_tls_is_used_with_and_without_password(trusted: Path, scheme: str) -> None:
    with mail_server(auth_require_tls=False, **tls_options(scheme, trusted)) as server:
        deliver(SmtpTransport(server.url(scheme)))
        deliver(SmtpTransport(server.url(scheme, user=f"post:{PASSWORD}@")))

        assert server.passwords == [(b"post", b"p@ss")]
        assert [bool(cipher) for cipher in server.ciphers] == [True, True]


def test_password_is_not_sent_without_tls() -> None:
    with mail_server(auth_require_tls=False) as server:
        with pytest.raises(smtplib.SMTPNotSupportedError, match="STARTTLS"):
            deliver(SmtpTransport(server.url(user=f"post:{PASSWORD}@")))

        assert (server.passwords, server.received) == ([], [])


@pytest.mark.parametrize(("scheme", "name"), [("smtp", "127.0.0.1"), ("smtps", "another.test")])
def test_unverified_server_receives_no_password_or_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, name: str
) -> None:
    """One certificate is untrusted. The other is trusted, but issued for another host."""
    certificate = write_certificate(tmp_path, name)
    if name == "another.test":
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with mail_server(auth_require_tls=False, **tls_options(scheme, certificate)) as server:
        with pytest.raises(OSError, match="certificate verify failed"):
            deliver(SmtpTransport(server.url(scheme, user=f"post:{PASSWORD}@")))

        assert (server.passwords, server.received) == ([], [])
