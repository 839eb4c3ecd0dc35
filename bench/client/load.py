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
from itertools import cycle
from random import Random
from select import select
from socket import IPPROTO_TCP, TCP_NODELAY, create_connection
from time import perf_counter, process_time
from urllib.parse import urlsplit

SEED = 21
RESPONSE_TIMEOUT_SECONDS = 10.0  # maximum wait for responses after the last request
RECEIVE_BUFFER_SIZE = 1 << 16  # bytes
ERROR_STATUS = 400


class Connection:
    def __init__(self, host: str, port: int) -> None:
        self._socket = create_connection((host, port), timeout=RESPONSE_TIMEOUT_SECONDS)
        self._socket.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        self._received = bytearray()
        self.fileno = self._socket.fileno
        self.due = 0.0

    def send(self, request: bytes, due: float) -> None:
        self.due = due
        self._socket.sendall(request)

    def read(self) -> bool:
        """Read received bytes, and return whether the response is complete. Raise RuntimeError for an error status."""
        received = self._received
        received += self._socket.recv(RECEIVE_BUFFER_SIZE)
        if not received:
            raise ConnectionError("The server closed the connection.")
        end = received.find(b"\r\n\r\n")
        length = received[: max(end, 0)].partition(b"content-length: ")[2].partition(b"\r\n")[0]
        if end < 0 or len(received) < end + 4 + int(length or 0):
            return False
        if int(received[9:12]) >= ERROR_STATUS:
            raise RuntimeError(received.decode("utf-8", "replace"))
        received.clear()
        return True


class Load:
    def __init__(self, url: str, requests: Sequence[bytes], *, connections: int) -> None:
        address = urlsplit(url)
        self._requests = cycle(requests)
        self._idle = deque(Connection(address.hostname or "", address.port or 80) for _ in range(connections))
        self._busy: set[Connection] = set()
        self.times: list[float] = []
        self.send_delays: list[float] = []

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
        """Send requests at a rate. Return the requests per second, from the start to the last response."""
        started = perf_counter()
        for due_time in _due_times(rate, started, started + seconds):
            while not self._idle or perf_counter() < due_time:
                self._receive(max(0.0, due_time - perf_counter()) if self._idle else RESPONSE_TIMEOUT_SECONDS)
            self.send_delays.append(perf_counter() - due_time)
            self._send(due_time)
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


def percentile(times: Sequence[float], fraction: float) -> float:
    """Return a percentile of the times (nearest-rank method). `fraction` is between 0 and 1."""
    return sorted(times)[min(len(times) - 1, int(fraction * len(times)))]


def main(url: str, seconds: str, connections: str, rate: str = "") -> None:
    load = Load(url, [request.encode() for request in json.load(sys.stdin)], connections=int(connections))
    started, cpu_started, duration = perf_counter(), process_time(), float(seconds)
    requests_per_second = load.open_loop(float(rate), seconds=duration) if rate else load.closed_loop(seconds=duration)
    utilization = (process_time() - cpu_started) / (perf_counter() - started)
    percentiles = {f"p{100 * fraction:g}": 1000 * percentile(load.times, fraction) for fraction in (0.5, 0.95, 0.99)}
    send_delay = 1000 * percentile(load.send_delays or [0.0], 0.99)
    result = {"rate": requests_per_second, "request_count": len(load.times), **percentiles}
    print(json.dumps({**result, "send_delay": send_delay, "utilization": utilization}))


if __name__ == "__main__":
    main(*sys.argv[1:])
