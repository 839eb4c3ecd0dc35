"""A load generator with a clock of its own: asks as often as it is answered, or as often as is due, answered or not.

`python -m bench.client.load URL SECONDS CONNECTIONS [RATE]` reads a JSON list of whole HTTP requests, sends them one
after the other, from the first again once all are sent, and prints what came of it as JSON.

With a RATE requests fall due at random, so many a second on average (a Poisson process, always the same one). Each time
counts from when its request was due: one that has to wait for a connection, or for this program, waits in front of the
server as people do, and isn't lost from the percentiles. Without it each connection asks again once it is answered.
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
PATIENCE = 10.0  # seconds that replies may take once all is sent
AT_ONCE = 1 << 16
REFUSED = 400


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
        """Whether the reply is there as a whole. Raises RuntimeError when it is a refusal."""
        received = self.received
        received += self.socket.recv(AT_ONCE)
        if not received:
            raise ConnectionError("the server hung up")
        end = received.find(b"\r\n\r\n")
        if end < 0 or len(received) < end + 4 + _length(received[:end]):
            return False
        if int(received[9:12]) >= REFUSED:
            raise RuntimeError(received.decode("utf-8", "replace"))
        received.clear()
        return True


def _length(head: bytes | bytearray) -> int:
    _, named, rest = head.partition(b"content-length: ")
    return int(rest.partition(b"\r\n")[0]) if named else 0


class Load:
    def __init__(self, url: str, requests: Sequence[bytes], *, connections: int) -> None:
        place = urlsplit(url)
        self._requests = cycle(requests)
        self._idle = deque(Connection(_connected(place.hostname or "", place.port or 80)) for _ in range(connections))
        self._busy: set[Connection] = set()
        self.times: list[float] = []
        self.late: list[float] = []

    def close(self) -> None:
        for each in [*self._idle, *self._busy]:
            each.socket.close()

    def as_answered(self, *, seconds: float) -> float:
        """Requests a second."""
        started = perf_counter()
        while perf_counter() < started + seconds:
            while self._idle:
                self._send(perf_counter())
            self._receive(PATIENCE)
        answered = len(self.times) / (perf_counter() - started)
        self._wait()
        return answered

    def as_due(self, rate: float, *, seconds: float) -> float:
        """Requests a second, from the first that was due to the last reply."""
        started = perf_counter()
        waiting: deque[float] = deque()
        due = _moments(rate, started, started + seconds)
        following = next(due, None)
        while following is not None or waiting:
            now = perf_counter()
            while following is not None and following <= now:
                waiting.append(following)
                following = next(due, None)
            while waiting and self._idle:
                moment = waiting.popleft()
                self.late.append(perf_counter() - moment)
                self._send(moment)
            pause = PATIENCE if following is None else max(0.0, following - perf_counter())
            self._receive(pause)
        self._wait()
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

    def _wait(self) -> None:
        give_up = perf_counter() + PATIENCE
        while self._busy:
            if perf_counter() > give_up:
                raise TimeoutError(f"{len(self._busy)} requests weren't answered")
            self._receive(PATIENCE)


def _moments(rate: float, start: float, end: float) -> Iterator[float]:
    random, moment = Random(SEED), start  # noqa: S311 - repeatable is what is wanted
    while (moment := moment + random.expovariate(rate)) < end:
        yield moment


def _connected(host: str, port: int) -> socket:
    connection = create_connection((host, port), timeout=PATIENCE)
    connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    return connection


def percentile(times: Sequence[float], part: float) -> float:
    """The time that such a part of them doesn't exceed, by rank."""
    return sorted(times)[min(len(times) - 1, int(part * len(times)))]


def main(url: str, seconds: str, connections: str, rate: str = "") -> None:
    requests = [each.encode() for each in json.load(sys.stdin)]
    load = Load(url, requests, connections=int(connections))
    started, worked = perf_counter(), process_time()
    try:
        asked = load.as_due(float(rate), seconds=float(seconds)) if rate else load.as_answered(seconds=float(seconds))
    finally:
        load.close()
    answers = {f"p{100 * part:g}": 1000 * percentile(load.times, part) for part in (0.5, 0.95, 0.99)}
    late = 1000 * percentile(load.late, 0.99) if load.late else 0.0
    busy = (process_time() - worked) / (perf_counter() - started)
    print(json.dumps({"rate": asked, "sent": len(load.times), **answers, "late": late, "busy": busy}))


if __name__ == "__main__":
    main(*sys.argv[1:])
