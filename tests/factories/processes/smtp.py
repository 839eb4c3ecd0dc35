"""Mail servers on this machine: one that does as it should or as it is told, one that hangs and one that drips."""

import asyncio
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

HOST = "127.0.0.1"
PATIENCE = 10.0  # seconds after which whatever waits here for a client has waited for nothing


class MailServer(Controller):
    """Has a port from the beginning, and listens at it once it is started. `says` replaces replies to commands."""

    def __init__(self, *, tls_at_once: ssl.SSLContext | None = None, **options: Any) -> None:
        self._bound = socket.socket()
        self._bound.bind((HOST, 0))
        super().__init__(
            self,
            hostname=HOST,
            port=self._bound.getsockname()[1],
            ssl_context=tls_at_once,
            server_hostname="mail.test",
            authenticator=self._note_password,
            **options,
        )
        self.says: dict[str, str] = {}
        self.takes_seconds = 0.0
        self.lets_in = True
        self.taken: list[bytes] = []
        self.addressed: list[str] = []
        self.passwords: list[tuple[bytes, bytes]] = []
        self.ciphers: list[object] = []

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._bound, ssl=self.ssl_context)

    def close(self) -> None:
        if self._thread is None:
            self.loop.close()
            self._bound.close()
        else:
            self.stop()

    def url(self, scheme: str = "smtp", user: str = "") -> str:
        return f"{scheme}://{user}{HOST}:{self.port}"

    @property
    def messages(self) -> list[EmailMessage]:
        return [_message(content) for content in self.taken]

    @property
    def times_taken(self) -> Counter[str]:
        """How often, by the id of the mail."""
        return Counter(str(message["Message-ID"]).strip("<>").partition("@")[0] for message in self.messages)

    def _note_password(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, said: LoginPassword
    ) -> AuthResult:
        self.passwords.append((said.login, said.password))
        return AuthResult(success=self.lets_in, handled=self.lets_in)  # who is refused is told so by aiosmtpd

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if "RCPT" not in self.says:
            envelope.rcpt_tos.append(address)
        return self.says.get("RCPT", "250 OK")

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        await asyncio.sleep(self.takes_seconds)
        if "DATA" not in self.says:
            assert isinstance(envelope.content, bytes)
            self.taken.append(envelope.content)
            self.addressed += envelope.rcpt_tos
            assert server.transport
            self.ciphers.append(server.transport.get_extra_info("cipher"))
        return self.says.get("DATA", "250 OK")

    async def handle_QUIT(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        return self.says.get("QUIT", "221 Bye")


@contextmanager
def mail_server(*, started: bool = True, **options: Any) -> Iterator[MailServer]:
    server = MailServer(**options)
    if started:
        server.start()
    try:
        yield server
    finally:
        server.close()


@contextmanager
def hanging_server() -> Iterator[socket.socket]:
    """It lets clients connect, and never says a word."""
    with socket.create_server((HOST, 0)) as server:
        server.settimeout(PATIENCE)
        yield server


@contextmanager
def dripping_server(*said: bytes, dripped: bytes, seconds: float, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Where one listens that says each of these, waiting for a line in between, then repeats one byte for so long."""
    over = threading.Event()

    def talk() -> None:
        connection, _ = server.accept()
        if tls:
            connection = tls.wrap_socket(connection, server_side=True)
        with connection, suppress(OSError):
            connection.settimeout(PATIENCE)
            for words in said:
                connection.sendall(words)
                connection.recv(1000)
            for _ in range(round(seconds / 0.05)):
                if over.wait(0.05):
                    return
                connection.sendall(dripped)

    with hanging_server() as server:
        talking = threading.Thread(target=talk)
        talking.start()
        try:
            yield f"{HOST}:{server.getsockname()[1]}"
        finally:
            over.set()
            talking.join()


def write_certificate(folder: Path, name: str = HOST) -> Path:
    """A certificate for an address or a host, that vouches for itself, with its key."""
    key = generate_private_key(SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a mail server under test")])
    general = x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([general]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    path = folder / f"{name}.pem"
    path.write_bytes(
        certificate.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return path


def tls_of(certificate: Path) -> ssl.SSLContext:
    """What a server with this certificate speaks."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def _message(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    return message
