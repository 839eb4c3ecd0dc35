"""SMTP servers for tests: a configurable server, a silent server and a very slow server."""

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
CLIENT_TIMEOUT_SECONDS = 30.0


class MailServer(Controller):
    """An SMTP server for tests whose port is reserved before it starts.

    `responses` overrides the responses to SMTP commands.
    """

    def __init__(self, *, implicit_tls: ssl.SSLContext | None = None, **options: Any) -> None:
        self._bound = socket.socket()
        self._bound.bind((HOST, 0))
        super().__init__(
            self,
            hostname=HOST,
            port=self._bound.getsockname()[1],
            ssl_context=implicit_tls,
            server_hostname="mail.test",
            authenticator=self._record_password,
            **options,
        )
        self.responses: dict[str, str] = {}
        self.delay_seconds = 0.0
        self.accepts_login = True
        self.received: list[bytes] = []
        self.recipients: list[str] = []
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
        return [message_from_bytes(content, policy=default) for content in self.received]

    @property
    def deliveries_by_email_id(self) -> Counter[str]:
        """Return the number of deliveries of each email, by email id."""
        return Counter(str(message["Message-ID"]).strip("<>").partition("@")[0] for message in self.messages)

    def _record_password(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, credentials: LoginPassword
    ) -> AuthResult:
        self.passwords.append((credentials.login, credentials.password))
        # aiosmtpd sends the error response if the result isn't handled.
        return AuthResult(success=self.accepts_login, handled=self.accepts_login)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if "RCPT" not in self.responses:
            envelope.rcpt_tos.append(address)
        return self.responses.get("RCPT", "250 OK")

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        await asyncio.sleep(self.delay_seconds)
        if "DATA" not in self.responses:
            assert isinstance(envelope.content, bytes)
            self.received.append(envelope.content)
            self.recipients += envelope.rcpt_tos
            assert server.transport
            self.ciphers.append(server.transport.get_extra_info("cipher"))
        return self.responses.get("DATA", "250 OK")

    async def handle_QUIT(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        return self.responses.get("QUIT", "221 Bye")


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
def silent_server() -> Iterator[socket.socket]:
    """Run a server that accepts connections, but never sends a byte."""
    with socket.create_server((HOST, 0)) as server:
        server.settimeout(CLIENT_TIMEOUT_SECONDS)
        yield server


@contextmanager
def trickling_server(
    *responses: bytes, trickle: bytes, seconds: float, tls: ssl.SSLContext | None = None
) -> Iterator[str]:
    """Run a server that sends its responses, then `trickle` repeatedly for `seconds`.

    Yields the host and port of the server.
    """
    stop = threading.Event()

    def serve() -> None:
        connection, _ = server.accept()
        if tls:
            connection = tls.wrap_socket(connection, server_side=True)
        with connection, suppress(OSError):
            connection.settimeout(CLIENT_TIMEOUT_SECONDS)
            for response in responses:
                connection.sendall(response)
                connection.recv(1000)
            for _ in range(round(seconds / 0.05)):
                if stop.wait(0.05):
                    return
                connection.sendall(trickle)

    with silent_server() as server:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"{HOST}:{server.getsockname()[1]}"
        finally:
            stop.set()
            thread.join()


def write_certificate(directory: Path, name: str = HOST) -> Path:
    """Write a self-signed certificate for an IP address or a host name, with its private key."""
    key = generate_private_key(SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a mail server under test")])
    alternative_name = x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([alternative_name]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    path = directory / f"{name}.pem"
    path.write_bytes(
        certificate.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return path


def server_tls_context(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
