"""Ways for a mail to leave: to an SMTP server, or into a folder as `.eml` files."""

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import SplitResult, unquote, urlsplit
from uuid import UUID

from email_validator import validate_email
from typing_extensions import override

from app.core.settings import Settings

STEP = 10.0  # seconds that a server may take for one answer
DEADLINE = (
    60.0  # seconds that it may take for a whole mail: less than what a claim on it is good for (core/mail/outbox.py)
)
WATCHDOG = "smtp-deadline"  # the name of the thread that ends a connection at its deadline
PERMANENT = 500  # reply codes from here on say that trying again is of no use (RFC 5321, 4.2.1)
OUR_FAULT = b"5.7."  # unless the server won't have it from us, as when it relays for others only (RFC 3463, 3.8)


@dataclass(frozen=True, slots=True)
class Mail:
    """One plain text to one address. The text is ASCII, so that no transport rewrites its links."""

    kind: str  # for those who run the service
    to: str
    subject: str
    text: str
    good_for: timedelta  # after that it is of no use to anybody, and dropped


def message_of(mail_id: UUID, *, sender: str, to: str, subject: str, text: str, now: datetime) -> EmailMessage:
    """The same id makes the same Message-ID: a mail that went twice is shown once."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = _on_the_wire(to)
    message["Subject"] = subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{mail_id}@{parseaddr(sender)[1].partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text, charset="us-ascii", cte="7bit")
    return message


def _on_the_wire(address: str) -> str:
    """With its domain as every server knows it: `ana@xn--mnchen-3ya.example` for `ana@münchen.example`."""
    found = validate_email(address, check_deliverability=False, test_environment=True)
    return f"{found.local_part}@{found.ascii_domain}"


class Undeliverable(Exception):
    """The server will never take this mail."""


class Transport(Protocol):
    def deliver(self, message: EmailMessage, mail_id: UUID, /) -> None:
        """Hand a message over. Raises Undeliverable; anything else that it raises may pass."""


def transport_of(settings: Settings) -> Transport:
    if settings.smtp_url:
        return Smtp(settings.smtp_url.get_secret_value())
    return Folder(settings.var_dir / "mail")


class Folder:
    """Each mail is a file: for development, and for whatever collects them."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def deliver(self, message: EmailMessage, mail_id: UUID) -> None:
        self._path.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = self._path / f".{mail_id}.part"
        part.touch(mode=0o600)
        part.write_bytes(message.as_bytes())
        part.rename(self._path / f"{mail_id}.eml")


class Smtp:
    """`smtps` speaks TLS at once. `smtp` asks for it, and insists on it before it says a password."""

    def __init__(self, url: str) -> None:
        self._url: SplitResult = urlsplit(url)
        self._tls = ssl.create_default_context()

    def deliver(self, message: EmailMessage, _mail_id: UUID) -> None:
        with self._connected() as server:
            try:
                server.send_message(message, to_addrs=[str(message["To"])])
            except smtplib.SMTPRecipientsRefused as error:
                if all(code >= PERMANENT and OUR_FAULT not in said for code, said in error.recipients.values()):
                    raise Undeliverable from None
                raise
            except smtplib.SMTPDataError as error:
                if error.smtp_code >= PERMANENT:
                    raise Undeliverable from None
                raise
            except smtplib.SMTPNotSupportedError:  # the address isn't ASCII, and the server knows no other
                raise Undeliverable from None

    def greet(self) -> bool:
        """Go as far as one can without a mail; whether what is said is then encrypted."""
        with self._connected() as server:
            server.noop()
            return isinstance(server.sock, ssl.SSLSocket)

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        server = self._connect()
        try:
            self._introduce(server)
            yield server
        finally:
            with suppress(smtplib.SMTPException):  # an accepted mail stays accepted, however the server says goodbye
                server.quit()
            server.close()

    def _connect(self) -> smtplib.SMTP:
        host, port = self._url.hostname or "", self._url.port or 0
        if self._url.scheme == "smtps":
            return TimedSmtps(host, port, timeout=STEP, context=self._tls)
        return TimedSmtp(host, port, timeout=STEP)

    def _introduce(self, server: smtplib.SMTP) -> None:
        server.ehlo_or_helo_if_needed()
        password = unquote(self._url.password or "")
        if self._url.scheme == "smtp" and (server.has_extn("starttls") or password):
            server.starttls(context=self._tls)
        if password:
            server.login(unquote(self._url.username or ""), password)


class TimedSmtp(smtplib.SMTP):
    """A connection with a deadline, which covers connecting and the greeting too.

    The timeout of smtplib applies to each reply alone.
    """

    def __init__(self, host: str, port: int, **options: Any) -> None:
        self._closed = threading.Event()
        threading.Thread(target=self._watch, name=WATCHDOG, daemon=True).start()
        try:
            super().__init__(host, port, **options)
        except BaseException:
            self.close()
            raise

    @override
    def close(self) -> None:
        self._closed.set()
        super().close()

    def _watch(self) -> None:
        """Shut the socket down at the deadline, then every second: at the deadline there may have been none."""
        pause = DEADLINE
        while not self._closed.wait(pause):
            pause = 1.0
            if sock := self.sock:
                with suppress(OSError):
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)  # closing it would not wake a thread that reads


class TimedSmtps(TimedSmtp, smtplib.SMTP_SSL):
    """The same over TLS from the first byte."""
