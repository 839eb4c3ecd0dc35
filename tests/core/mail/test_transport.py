"""Tests for email transports: emails arrive unchanged, and permanent and temporary errors are distinguished."""

import smtplib
import stat
from pathlib import Path

import pytest

from app.core.mail.transport import DirectoryTransport, SmtpTransport, Undeliverable, create_transport
from tests.conftest import settings_for
from tests.core.mail.conftest import ID, LINK, TOKEN, deliver, message
from tests.factories.addresses import unreachable_database_url
from tests.factories.processes.smtp import MailServer, mail_server
from tests.factories.services import parse_email, token_from_email


def test_message_arrives_with_headers_and_unbroken_link(server: MailServer, tmp_path: Path) -> None:
    deliver(create_transport(settings_for(unreachable_database_url(), smtp_url=server.url(), var_dir=tmp_path)))

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
    assert {LINK.encode(), b".a line that starts with a dot"} <= set(server.received[0].splitlines())
    assert token_from_email(delivered) == TOKEN
    assert server.recipients == ["ana@example.org"]
    assert list(tmp_path.iterdir()) == []


def test_spanish_email_arrives_unchanged_in_ascii_lines(server: MailServer, tmp_path: Path) -> None:
    subject = "Confirma tu nueva dirección de correo: así nadie más podrá usarla, ¡ni siquiera por error!"
    text = f"¿Es tuya esta dirección? Ábrelo aquí:\n\n{LINK}\n\nEl código:\n\n04711082\n\n.también una línea así\n"
    sent = message(subject=subject, text=text)
    SmtpTransport(server.url()).deliver(sent, ID)
    DirectoryTransport(tmp_path).deliver(sent, ID)
    (path,) = tmp_path.iterdir()

    for raw, received in ((server.received[0], server.messages[0]), (path.read_bytes(), parse_email(path))):
        assert raw.isascii()
        assert max(map(len, raw.splitlines())) <= 76
        assert received["Subject"] == subject
        assert received.get_content().splitlines() == text.splitlines()


def test_transport_without_server_writes_private_files(tmp_path: Path) -> None:
    deliver(create_transport(settings_for(unreachable_database_url(), var_dir=tmp_path / "var")))

    (path,) = (tmp_path / "var" / "mail").iterdir()
    assert path.name == f"{ID}.eml"
    assert [stat.S_IMODE(item.stat().st_mode) for item in (path.parent, path)] == [0o700, 0o600]
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
    server.responses = {command: response, "QUIT": "500 what?"}

    with pytest.raises(Undeliverable):
        deliver(SmtpTransport(server.url()))


@pytest.mark.parametrize(
    ("command", "response"),
    [
        ("RCPT", "450 busy"),
        ("RCPT", "421 closing"),
        ("RCPT", "554 5.7.1 relay access denied"),  # a configuration error of the mail server
        ("DATA", "452 full"),
    ],
)
def test_temporary_rejection_can_be_retried(server: MailServer, command: str, response: str) -> None:
    server.responses[command] = response
    transport = SmtpTransport(server.url())
    with pytest.raises(smtplib.SMTPException, match=response[:3]):
        deliver(transport)

    server.responses.clear()
    deliver(transport)

    assert len(server.received) == 1


def test_international_domain_is_converted_to_ascii(server: MailServer) -> None:
    deliver(SmtpTransport(server.url()), to="ana@straße.example")

    assert server.recipients == [server.messages[0]["To"]] == ["ana@xn--strae-oqa.example"]


def test_international_local_part_requires_smtputf8(server: MailServer) -> None:
    deliver(SmtpTransport(server.url()), to="jörg@example.org")
    assert server.recipients == ["jörg@example.org"]

    with mail_server(enable_SMTPUTF8=False) as other, pytest.raises(Undeliverable):
        deliver(SmtpTransport(other.url()), to="jörg@example.org")
