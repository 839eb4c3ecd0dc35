"""Load generator that measures the throughput and latency of a server.

`python -m bench.client.load URL SECONDS CONNECTIONS [RATE]` reads a JSON list of complete HTTP requests, sends them in
order, starts again at the end, and prints the results as JSON.

With a RATE (open loop), requests are due at random times at this average rate, independent of responses (a Poisson
process with a fixed seed). Latency counts from the time at which a request was due, so it includes waiting for a
connection or for this program. Without a RATE (closed loop), each connection sends a request as soon as the previous
response arrives.
"""

import json
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from random import Random
from select import select
from socket import IPPROTO_TCP, TCP_NODELAY, create_connection, socket
from time import perf_counter, process_time
from urllib.parse import urlsplit

SEED = 21
RESPONSE_TIMEOUT_SECONDS = 10.0  # maximum wait for responses after the last request
RECEIVE_BUFFER_SIZE = 1 << 16  # bytes
ERROR_STATUS = 400


@dataclass(eq=False, slots=True)
class Connection:
    socket: socket
    due: float = 0.0
    received: bytearray = field(default_factory=bytearray)

    def fileno(self) -> int:
        return self.socket.fileno()

    def send(self, request: bytes, due: float) -> None:
        self.due = due
        self.socket.sendall(request)

    def read(self) -> bool:
        """Read received bytes, and return whether the response is complete.

        Raise RuntimeError for an error status.
        """
        received = self.received
        received += self.socket.recv(RECEIVE_BUFFER_SIZE)
        if not received:
            raise ConnectionError("The server closed the connection.")
        end = received.find(b"\r\n\r\n")
        if end < 0 or len(received) < end + 4 + _length(received[:end]):
            return False
        if int(received[9:12]) >= ERROR_STATUS:
            raise RuntimeError(received.decode("utf-8", "replace"))
        received.clear()
        return True


def _length(head: bytes | bytearray) -> int:
    _, separator, rest = head.partition(b"content-length: ")
    return int(rest.partition(b"\r\n")[0]) if separator else 0


class Load:
    def __init__(self, url: str, requests: Sequence[bytes], *, connections: int) -> None:
        address = urlsplit(url)
        self._requests = cycle(requests)
        self._idle = deque(Connection(_connect(address.hostname or "", address.port or 80)) for _ in range(connections))
        self._busy: set[Connection] = set()
        self.times: list[float] = []
        self.send_delays: list[float] = []

    def close(self) -> None:
        for connection in [*self._idle, *self._busy]:
            connection.socket.close()

    def closed_loop(self, *, seconds: float) -> float:
        """Send requests as soon as responses arrive, and return the requests per second."""
        started = perf_counter()
        while perf_counter() < started + seconds:
            while self._idle:
                self._send(perf_counter())
            self._receive(RESPONSE_TIMEOUT_SECONDS)
        requests_per_second = len(self.times) / (perf_counter() - started)
        self._drain()
        return requests_per_second

    def open_loop(self, rate: float, *, seconds: float) -> float:
        """Send requests at a rate, and return the requests per second.

        The time counts from the start to the last response.
        """
        started = perf_counter()
        waiting: deque[float] = deque()
        due_times = _due_times(rate, started, started + seconds)
        next_due = next(due_times, None)
        while next_due is not None or waiting:
            now = perf_counter()
            while next_due is not None and next_due <= now:
                waiting.append(next_due)
                next_due = next(due_times, None)
            while waiting and self._idle:
                due_time = waiting.popleft()
                self.send_delays.append(perf_counter() - due_time)
                self._send(due_time)
            pause = RESPONSE_TIMEOUT_SECONDS if next_due is None else max(0.0, next_due - perf_counter())
            self._receive(pause)
        self._drain()
        return len(self.times) / (perf_counter() - started)

    def _send(self, due: float) -> None:
        connection = self._idle.popleft()
        connection.send(next(self._requests), due)
        self._busy.add(connection)

    def _receive(self, pause: float) -> None:
        ready, _, _ = select(self._busy, (), (), pause)
        for connection in ready:
            if connection.read():
                self.times.append(perf_counter() - connection.due)
                self._busy.remove(connection)
                self._idle.append(connection)

    def _drain(self) -> None:
        deadline = perf_counter() + RESPONSE_TIMEOUT_SECONDS
        while self._busy:
            if perf_counter() > deadline:
                raise TimeoutError(f"{len(self._busy)} requests received no response.")
            self._receive(RESPONSE_TIMEOUT_SECONDS)


def _due_times(rate: float, start: float, end: float) -> Iterator[float]:
    random, due_time = Random(SEED), start  # noqa: S311 - must be repeatable
    while (due_time := due_time + random.expovariate(rate)) < end:
        yield due_time


def _connect(host: str, port: int) -> socket:
    connection = create_connection((host, port), timeout=RESPONSE_TIMEOUT_SECONDS)
    connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    return connection


def percentile(times: Sequence[float], fraction: float) -> float:
    """Return a percentile of the times (nearest-rank method). `fraction` is between 0 and 1."""
    return sorted(times)[min(len(times) - 1, int(fraction * len(times)))]


def main(url: str, seconds: str, connections: str, rate: str = "") -> None:
    requests = [request.encode() for request in json.load(sys.stdin)]
    load = Load(url, requests, connections=int(connections))
    started, cpu_started = perf_counter(), process_time()
    try:
        duration = float(seconds)
        requests_per_second = (
            load.open_loop(float(rate), seconds=duration) if rate else load.closed_loop(seconds=duration)
        )
    finally:
        load.close()
    percentiles = {f"p{100 * fraction:g}": 1000 * percentile(load.times, fraction) for fraction in (0.5, 0.95, 0.99)}
    send_delay = 1000 * percentile(load.send_delays, 0.99) if load.send_delays else 0.0
    utilization = (process_time() - cpu_started) / (perf_counter() - started)
    result = {"rate": requests_per_second, "request_count": len(load.times), **percentiles}
    print(json.dumps({**result, "send_delay": send_delay, "utilization": utilization}))


if __name__ == "__main__":
    main(*sys.argv[1:])
