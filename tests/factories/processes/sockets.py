"""Test helpers: raw HTTP exchanges that an HTTP client library can't produce."""

import socket
import time
from collections.abc import Sequence


def send_raw(port: int, *pieces: bytes) -> bytes:
    """Send pieces of a request, and return all bytes until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        for piece in pieces:
            connection.sendall(piece)
        received = b""
        while chunk := connection.recv(1 << 16):
            received += chunk
        return received


def trickle(
    port: int, head: bytes, piece: bytes, *, interval_seconds: float = 0.1, max_seconds: float = 20
) -> tuple[bytes, float]:
    """Send `head`, then `piece` at each interval, until the server closes the connection.

    Return the received bytes, and the seconds until the server closed it.
    """
    received, started = b"", time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=interval_seconds) as connection:
        connection.sendall(head)
        while time.monotonic() < started + max_seconds:
            try:
                if not (chunk := connection.recv(1 << 16)):
                    return received, time.monotonic() - started
                received += chunk
            except TimeoutError:
                connection.sendall(piece)
    raise AssertionError(f"still open after {max_seconds} seconds")


def status_codes(received: bytes) -> Sequence[int]:
    """Return the status codes of all responses in the received bytes."""
    return [int(part[:3]) for part in received.split(b"HTTP/1.1 ")[1:]]
