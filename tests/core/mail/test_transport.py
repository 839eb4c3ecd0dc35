"""Transports: a mail arrives as it was written, and what a server says of it is understood."""

import smtplib
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID

import pytest

from app.core.mail.transport import Folder, Smtp, Transport, Undeliverable, message_of, transport_of
from tests.conftest import settings_for
from tests.factories.addresses import closed_address
from tests.factories.processes.smtp import MailServer, dripping_server, mail_server
from tests.factories.services import message_of as message_in
from tests.factories.services import token_in

ID = UUID("0f7c1e0e-3f5a-4a55-9a53-6a8d0a2c9b11")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TOKEN = "t" * 160
LINK = f"https://www.example.org/verify-email#token={TOKEN}"


def message(to: str = "ana@example.org") -> EmailMessage:
    return message_of(
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


def test_a_mail_arrives_with_its_headers_and_its_link_in_one_line(server: MailServer) -> None:
    deliver(Smtp(server.url()))

    (arrived,) = server.messages
    assert {name: str(value) for name, value in arrived.items() if not name.startswith(("Content", "MIME", "X-"))} == {
        "From": "21 <no-reply@mail.example.org>",
        "To": "ana@example.org",
        "Subject": "Please confirm your address",
        "Date": "Tue, 24 Nov 2026 12:00:00 +0000",
        "Message-ID": f"<{ID}@mail.example.org>",
        "Auto-Submitted": "auto-generated",
    }
    assert LINK.encode() in server.taken[0].splitlines()
    assert b".a line that starts with a dot" in server.taken[0].splitlines()
    assert token_in(arrived) == TOKEN
    assert server.addressed == ["ana@example.org"]


def test_the_settings_choose_between_a_server_and_a_folder(server: MailServer, tmp_path: Path) -> None:
    deliver(transport_of(settings_for(closed_address(), smtp_url=server.url(), var_dir=tmp_path)))
    assert (len(server.taken), list(tmp_path.iterdir())) == (1, [])

    deliver(transport_of(settings_for(closed_address(), var_dir=tmp_path)))
    assert (len(server.taken), [path.name for path in tmp_path.glob("mail/*")]) == (1, [f"{ID}.eml"])


def test_in_a_folder_a_mail_is_one_whole_file_for_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "var" / "mail"

    deliver(Folder(folder))

    (path,) = folder.iterdir()
    assert path.name == f"{ID}.eml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert path.read_bytes() == message().as_bytes()
    assert token_in(message_in(path)) == TOKEN


def test_a_mail_that_was_begun_is_not_a_mail_in_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill_the_disk(path: Path, content: bytes) -> None:
        with path.open("wb") as file:
            file.write(content[:100])
        raise OSError("No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", fill_the_disk)
        with pytest.raises(OSError, match="space"):
            deliver(Folder(tmp_path))
    assert [path.name for path in tmp_path.glob("*")] == [f".{ID}.part"]

    deliver(Folder(tmp_path))
    assert [path.read_bytes() for path in tmp_path.glob("*")] == [message().as_bytes()]


@pytest.mark.parametrize(("command", "reply"), [("RCPT", "550 no such user"), ("DATA", "554 no, thanks")])
def test_a_server_that_says_never_is_believed(server: MailServer, command: str, reply: str) -> None:
    server.says[command] = reply

    with pytest.raises(Undeliverable):
        deliver(Smtp(server.url()))


@pytest.mark.parametrize(
    ("command", "reply"),
    [(command, reply) for command in ("RCPT", "DATA") for reply in ("421 closing", "450 busy", "452 full")]
    + [("RCPT", "554 5.7.1 relay access denied")],  # a fault of the configuration, which somebody will mend
)
def test_a_server_that_says_not_now_may_be_asked_again(server: MailServer, command: str, reply: str) -> None:
    server.says[command] = reply
    transport = Smtp(server.url())
    with pytest.raises(smtplib.SMTPException, match=reply[:3]):
        deliver(transport)

    server.says.clear()
    deliver(transport)

    assert len(server.taken) == 1


def test_nobody_listening_is_no_reason_to_give_up() -> None:
    with mail_server(started=False) as server, pytest.raises(ConnectionRefusedError):
        deliver(Smtp(server.url()))


@pytest.mark.parametrize("goodbye", ["500 what?", "421 too late", "nonsense"])
def test_what_a_server_took_it_has_however_it_says_goodbye(server: MailServer, goodbye: str) -> None:
    server.says["QUIT"] = goodbye

    deliver(Smtp(server.url()))

    assert len(server.taken) == 1


def test_a_refusal_is_final_however_the_server_says_goodbye(server: MailServer) -> None:
    server.says = {"RCPT": "550 no such user", "QUIT": "500 what?"}

    with pytest.raises(Undeliverable):
        deliver(Smtp(server.url()))


def test_a_server_that_greets_with_a_refusal_may_be_asked_again() -> None:
    server = dripping_server(b"554 no service\r\n", dripped=b"", seconds=0)
    with server as address, pytest.raises(smtplib.SMTPConnectError, match="no service"):
        deliver(Smtp(f"smtp://{address}"))


def test_a_domain_in_another_script_is_written_so_that_every_server_knows_it(server: MailServer) -> None:
    deliver(Smtp(server.url()), to="ana@straße.example")

    assert server.addressed == ["ana@xn--strae-oqa.example"]
    assert server.messages[0]["To"] == "ana@xn--strae-oqa.example"


def test_a_name_in_another_script_needs_a_server_that_knows_such_names(server: MailServer) -> None:
    deliver(Smtp(server.url()), to="jörg@example.org")
    assert server.addressed == ["jörg@example.org"]

    with mail_server(enable_SMTPUTF8=False) as other, pytest.raises(Undeliverable):
        deliver(Smtp(other.url()), to="jörg@example.org")
