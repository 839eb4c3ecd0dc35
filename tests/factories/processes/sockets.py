"""What no HTTP client would send, sent all the same."""

import socket
import time
from collections.abc import Sequence


def exchange(port: int, *pieces: bytes) -> bytes:
    """All that comes back until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        for piece in pieces:
            connection.sendall(piece)
        received = b""
        while some := connection.recv(1 << 16):
            received += some
        return received


def drip(port: int, begun: bytes, drop: bytes, *, every: float = 0.1, most: float = 20) -> tuple[bytes, float]:
    """Goes on sending a little until the server closes: what came back, and after how many seconds."""
    received, started = b"", time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=every) as connection:
        connection.sendall(begun)
        while time.monotonic() < started + most:
            try:
                if not (some := connection.recv(1 << 16)):
                    return received, time.monotonic() - started
                received += some
            except TimeoutError:
                connection.sendall(drop)
    raise AssertionError(f"still open after {most} seconds")


def statuses(received: bytes) -> Sequence[int]:
    """Those of all replies in what came back."""
    return [int(each[:3]) for each in received.split(b"HTTP/1.1 ")[1:]]
