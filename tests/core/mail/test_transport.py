"""Tests for email transports: emails arrive unchanged, and permanent and temporary errors are distinguished."""

import smtplib
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID

import pytest

from app.core.mail.transport import (
    DirectoryTransport,
    SmtpTransport,
    Transport,
    Undeliverable,
    build_message,
    create_transport,
)
from tests.conftest import settings_for
from tests.factories.addresses import unreachable_database_url
from tests.factories.processes.smtp import MailServer, mail_server, trickling_server
from tests.factories.services import parse_email, token_from_email

ID = UUID("0f7c1e0e-3f5a-4a55-9a53-6a8d0a2c9b11")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TOKEN = "t" * 160
LINK = f"https://www.example.org/verify-email#token={TOKEN}"


def message(to: str = "ana@example.org") -> EmailMessage:
    return build_message(
        ID,
        sender="21 <no-reply@mail.example.org>",
        to=to,
        subject="Please confirm your address",
        text=f"Hello,\n\nplease open\n\n{LINK}\n\n.a line that starts with a dot\n",
        now=NOW,
    )


def deliver(transport: Transport, to: str = "ana@example.org") -> None:
    transport.deliver(message(to), ID)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


def test_message_arrives_with_headers_and_unbroken_link(server: MailServer) -> None:
    deliver(SmtpTransport(server.url()))

    (delivered,) = server.messages
    assert {
        name: str(value) for name, value in delivered.items() if not name.startswith(("Content", "MIME", "X-"))
    } == {
        "From": "21 <no-reply@mail.example.org>",
        "To": "ana@example.org",
        "Subject": "Please confirm your address",
        "Date": "Tue, 24 Nov 2026 12:00:00 +0000",
        "Message-ID": f"<{ID}@mail.example.org>",
        "Auto-Submitted": "auto-generated",
    }
    assert LINK.encode() in server.received[0].splitlines()
    assert b".a line that starts with a dot" in server.received[0].splitlines()
    assert token_from_email(delivered) == TOKEN
    assert server.recipients == ["ana@example.org"]


def test_create_transport_uses_server_or_directory(server: MailServer, tmp_path: Path) -> None:
    deliver(create_transport(settings_for(unreachable_database_url(), smtp_url=server.url(), var_dir=tmp_path)))
    assert (len(server.received), list(tmp_path.iterdir())) == (1, [])

    deliver(create_transport(settings_for(unreachable_database_url(), var_dir=tmp_path)))
    assert (len(server.received), [path.name for path in tmp_path.glob("mail/*")]) == (1, [f"{ID}.eml"])


def test_directory_transport_writes_a_private_file(tmp_path: Path) -> None:
    directory = tmp_path / "var" / "mail"

    deliver(DirectoryTransport(directory))

    (path,) = directory.iterdir()
    assert path.name == f"{ID}.eml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert path.read_bytes() == message().as_bytes()
    assert token_from_email(parse_email(path)) == TOKEN


def test_directory_transport_leaves_no_partial_eml_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill_the_disk(path: Path, content: bytes) -> None:
        with path.open("wb") as file:
            file.write(content[:100])
        raise OSError("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", fill_the_disk)
        with pytest.raises(OSError, match="space"):
            deliver(DirectoryTransport(tmp_path))
    assert [path.name for path in tmp_path.glob("*")] == [f".{ID}.part"]

    deliver(DirectoryTransport(tmp_path))
    assert [path.read_bytes() for path in tmp_path.glob("*")] == [message().as_bytes()]


@pytest.mark.parametrize(("command", "response"), [("RCPT", "550 no such user"), ("DATA", "554 no, thanks")])
def test_permanent_rejection_raises_undeliverable(server: MailServer, command: str, response: str) -> None:
    server.responses[command] = response

    with pytest.raises(Undeliverable):
        deliver(SmtpTransport(server.url()))


@pytest.mark.parametrize(
    ("command", "response"),
    [(command, response) for command in ("RCPT", "DATA") for response in ("421 closing", "450 busy", "452 full")]
    + [("RCPT", "554 5.7.1 relay access denied")],  # a configuration error of the mail server
)
def test_temporary_rejection_can_be_retried(server: MailServer, command: str, response: str) -> None:
    server.responses[command] = response
    transport = SmtpTransport(server.url())
    with pytest.raises(smtplib.SMTPException, match=response[:3]):
        deliver(transport)

    server.responses.clear()
    deliver(transport)

    assert len(server.received) == 1


def test_refused_connection_can_be_retried() -> None:
    with mail_server(started=False) as server, pytest.raises(ConnectionRefusedError):
        deliver(SmtpTransport(server.url()))


@pytest.mark.parametrize("response", ["500 what?", "421 too late", "nonsense"])
def test_error_of_quit_does_not_affect_delivered_message(server: MailServer, response: str) -> None:
    server.responses["QUIT"] = response

    deliver(SmtpTransport(server.url()))

    assert len(server.received) == 1


def test_error_of_quit_does_not_affect_permanent_rejection(server: MailServer) -> None:
    server.responses = {"RCPT": "550 no such user", "QUIT": "500 what?"}

    with pytest.raises(Undeliverable):
        deliver(SmtpTransport(server.url()))


def test_error_in_greeting_can_be_retried() -> None:
    server = trickling_server(b"554 no service\r\n", trickle=b"", seconds=0)
    with server as address, pytest.raises(smtplib.SMTPConnectError, match="no service"):
        deliver(SmtpTransport(f"smtp://{address}"))


def test_international_domain_is_converted_to_ascii(server: MailServer) -> None:
    deliver(SmtpTransport(server.url()), to="ana@straße.example")

    assert server.recipients == ["ana@xn--strae-oqa.example"]
    assert server.messages[0]["To"] == "ana@xn--strae-oqa.example"


def test_international_local_part_requires_smtputf8(server: MailServer) -> None:
    deliver(SmtpTransport(server.url()), to="jörg@example.org")
    assert server.recipients == ["jörg@example.org"]

    with mail_server(enable_SMTPUTF8=False) as other, pytest.raises(Undeliverable):
        deliver(SmtpTransport(other.url()), to="jörg@example.org")
