"""Email delivery to an SMTP server, or to a directory of `.eml` files for development."""

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

REPLY_TIMEOUT_SECONDS = 10.0  # for each response of the SMTP server
DELIVERY_TIMEOUT_SECONDS = 60.0  # for a whole delivery; must be less than CLAIM_DURATION (core/mail/outbox.py)
WATCHDOG_THREAD = "smtp-deadline"
FIRST_PERMANENT_CODE = 500  # SMTP codes from 500 mean that a retry would fail (RFC 5321, section 4.2.1)
MESSAGE_POLICY = SMTP.clone(max_line_length=76)  # of encoded lines (RFC 2045, section 6.7; RFC 2047, section 2)
POLICY_STATUS = b"5.7."  # rejects the sender, such as "relaying denied": a retry may succeed (RFC 3463, section 3.8)


@dataclass(frozen=True, slots=True)
class Mail:
    """A plain-text email to one address."""

    kind: str  # the kind of email, for log lines
    to: str
    subject: str
    text: str
    lifetime: timedelta  # an unsent email is discarded after this time


def build_message(mail_id: UUID, *, sender: str, to: str, subject: str, text: str, now: datetime) -> EmailMessage:
    """Build the email. Its Message-ID is derived from `mail_id`, so that mail clients can hide duplicates.

    ASCII text is not encoded, so that links in development files stay readable. Other text is sent as quoted-printable,
    because not every mail server accepts UTF-8, and a server that re-encodes an email could break its links.
    """
    message = EmailMessage(policy=MESSAGE_POLICY)
    message["From"] = sender
    message["To"] = _with_ascii_domain(to)
    message["Subject"] = subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{mail_id}@{parseaddr(sender)[1].partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    charset, encoding = ("us-ascii", "7bit") if text.isascii() else ("utf-8", "quoted-printable")
    message.set_content(text, charset=charset, cte=encoding)
    return message


def _with_ascii_domain(address: str) -> str:
    """Convert the domain of an email address to ASCII, which every mail server accepts.

    `ana@münchen.example` becomes `ana@xn--mnchen-3ya.example`.
    """
    validated = validate_email(address, check_deliverability=False, test_environment=True)
    return f"{validated.local_part}@{validated.ascii_domain}"


class Undeliverable(Exception):
    """The email can't be delivered: the server rejected it permanently, or it has expired."""


class Transport(Protocol):
    def deliver(self, message: EmailMessage, mail_id: UUID, /) -> None:
        """Deliver an email. Raise Undeliverable for a permanent failure; after other errors, a retry may succeed."""


def create_transport(settings: Settings) -> Transport:
    if settings.smtp_url:
        return SmtpTransport(settings.smtp_url.get_secret_value())
    return DirectoryTransport(settings.var_dir / "mail")


class DirectoryTransport:
    """Writes each email to a file instead of sending it, for development."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def deliver(self, message: EmailMessage, mail_id: UUID) -> None:
        self._path.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = self._path / f".{mail_id}.part"
        part.touch(mode=0o600)
        part.write_bytes(message.as_bytes())
        part.rename(self._path / f"{mail_id}.eml")


class SmtpTransport:
    """Delivers emails to an SMTP server.

    `smtps` URLs use TLS from the start. `smtp` URLs use STARTTLS if the server offers it, and require it if they
    contain a password.
    """

    def __init__(self, url: str) -> None:
        self._url: SplitResult = urlsplit(url)
        self._tls = ssl.create_default_context()

    def deliver(self, message: EmailMessage, _mail_id: UUID) -> None:
        with self._open_session() as server:
            try:
                server.send_message(message, to_addrs=[str(message["To"])])
            except smtplib.SMTPRecipientsRefused as error:
                replies = error.recipients.values()
                if all(code >= FIRST_PERMANENT_CODE and POLICY_STATUS not in reply for code, reply in replies):
                    raise Undeliverable from None
                raise
            except smtplib.SMTPDataError as error:
                if error.smtp_code >= FIRST_PERMANENT_CODE:
                    raise Undeliverable from None
                raise
            except smtplib.SMTPNotSupportedError:  # the server supports ASCII addresses only
                raise Undeliverable from None

    def check_connection(self) -> bool:
        """Connect and log in without sending an email. Return whether the connection is encrypted."""
        with self._open_session() as server:
            server.noop()
            return isinstance(server.sock, ssl.SSLSocket)

    @contextmanager
    def _open_session(self) -> Iterator[smtplib.SMTP]:
        server = self._connect()
        try:
            self._authenticate(server)
            yield server
        finally:
            with suppress(smtplib.SMTPException):  # an error of QUIT does not affect an email that was accepted
                server.quit()
            server.close()

    def _connect(self) -> smtplib.SMTP:
        host, port = self._url.hostname or "", self._url.port or 0
        if self._url.scheme == "smtps":
            return TimedSmtps(host, port, timeout=REPLY_TIMEOUT_SECONDS, context=self._tls)
        return TimedSmtp(host, port, timeout=REPLY_TIMEOUT_SECONDS)

    def _authenticate(self, server: smtplib.SMTP) -> None:
        server.ehlo_or_helo_if_needed()
        password = unquote(self._url.password or "")
        if self._url.scheme == "smtp" and (server.has_extn("starttls") or password):
            server.starttls(context=self._tls)
        if password:
            server.login(unquote(self._url.username or ""), password)


class TimedSmtp(smtplib.SMTP):
    """An SMTP connection with a time limit for the whole delivery.

    The timeout of `smtplib` applies to each server response separately.
    """

    def __init__(self, host: str, port: int, **options: Any) -> None:
        self._closed = threading.Event()
        threading.Thread(target=self._watch, name=WATCHDOG_THREAD, daemon=True).start()
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
        """Shut down the socket at the deadline. Repeat every second, because the socket may not exist yet."""
        delay = DELIVERY_TIMEOUT_SECONDS
        while not self._closed.wait(delay):
            delay = 1.0
            if sock := self.sock:
                with suppress(OSError):
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)  # unlike close(), this wakes a blocked read


class TimedSmtps(TimedSmtp, smtplib.SMTP_SSL):
    """Like `TimedSmtp`, but with TLS from the start of the connection."""
