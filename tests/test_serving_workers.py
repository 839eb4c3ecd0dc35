"""Two workers and their parent stop: the port closes at once, and requests in flight are answered."""

import signal
import time
from pathlib import Path
from socket import create_connection
from urllib.parse import urlsplit

from bench.servers.processes import Place
from tests.factories.addresses import closed_address

BODY = b'{"email": "nobody@example.org", "password": "a kettle sings in the rain"}'
HEAD = b"POST /v1/auth/login HTTP/1.1\r\nHost: api.test\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
CLOSED_WITHIN = 5.0  # seconds; the request in flight would hold the port for longer


def test_port_is_closed_while_a_worker_finishes_a_request(tmp_path: Path) -> None:
    database = closed_address().render_as_string(hide_password=False)
    with Place(tmp_path, workers=2).serving(database_url=database) as server:
        place = urlsplit(server.url)
        address = (place.hostname or "", place.port or 0)
        with create_connection(address, timeout=10) as in_flight:
            in_flight.sendall(HEAD % len(BODY) + BODY[:20])
            time.sleep(0.2)
            server.process.send_signal(signal.SIGTERM)

            assert is_closed(address, within=CLOSED_WITHIN)
            assert server.process.poll() is None

            in_flight.sendall(BODY[20:])
            assert in_flight.recv(1 << 16).startswith(b"HTTP/1.1 503 ")
        server.process.wait(timeout=10)


def is_closed(address: tuple[str, int], *, within: float) -> bool:
    """Whether connections are refused in time."""
    give_up = time.monotonic() + within
    while time.monotonic() < give_up:
        try:
            create_connection(address, timeout=1).close()
        except ConnectionRefusedError:
            return True
        time.sleep(0.05)
    return False
