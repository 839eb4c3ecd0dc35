"""Test of stopping a server with two workers: the port closes at once, and started requests complete."""

import signal
import time
from pathlib import Path
from socket import create_connection
from urllib.parse import urlsplit

from bench.servers.processes import Sandbox
from tests.factories.addresses import unreachable_database_url

BODY = b'{"email": "nobody@example.org", "password": "a kettle sings in the rain"}'
HEAD = b"POST /v1/auth/login HTTP/1.1\r\nHost: api.test\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
CLOSE_TIMEOUT_SECONDS = 5.0  # shorter than the duration of the started request


def test_port_is_closed_while_a_worker_finishes_a_request(tmp_path: Path) -> None:
    database = unreachable_database_url().render_as_string(hide_password=False)
    with Sandbox(tmp_path, workers=2).serving(database_url=database) as server:
        url_parts = urlsplit(server.url)
        address = (url_parts.hostname or "", url_parts.port or 0)
        with create_connection(address, timeout=10) as in_flight:
            in_flight.sendall(HEAD % len(BODY) + BODY[:20])
            time.sleep(0.2)
            server.process.send_signal(signal.SIGTERM)

            assert is_closed(address, timeout_seconds=CLOSE_TIMEOUT_SECONDS)
            assert server.process.poll() is None

            in_flight.sendall(BODY[20:])
            assert in_flight.recv(1 << 16).startswith(b"HTTP/1.1 503 ")
        server.process.wait(timeout=10)


def is_closed(address: tuple[str, int], *, timeout_seconds: float) -> bool:
    """Return whether the port refuses connections before the timeout."""
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        try:
            create_connection(address, timeout=1).close()
        except ConnectionRefusedError:
            return True
        time.sleep(0.05)
    return False
