"""A server that is told to stop under load fails nobody: `python -m trials.stopping [ROUNDS]` (3 unless given, on each
database, each with one process and with two).

Clients do as whoever balances load does: `/health/ready` is asked ten times a second, and no more is sent once it says
no. Each keeps its connection for as long as the server does.
"""

import signal
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse
from itertools import chain, cycle
from os import kill
from pathlib import Path
from socket import create_connection
from tempfile import TemporaryDirectory
from threading import Event, Thread
from urllib.parse import urlsplit

from bench.client import requests
from bench.client.members import SIGN_IN
from bench.client.requests import Request
from bench.client.walkers import Walker, add_walkers
from bench.parts.kinds import SERVED
from bench.parts.public import LIST
from bench.servers.databases import DATABASES
from bench.servers.filled import loaded
from bench.servers.processes import Place
from trials.verdict import Verdict

CLIENTS = 4  # of each kind
NOTICE = 1.0  # seconds
LONGEST = 25.0  # seconds from the signal to the end
BEFORE = 0.5  # seconds of load before it
LOGIN = b'{"email": "nobody@example.org", "password": "a kettle sings in the rain"}'


@dataclass(slots=True)
class Traffic:
    """What clients saw of a server; moments are those of `time.monotonic`."""

    url: str
    over: Event = field(default_factory=Event)
    answered: int = 0
    failed: list[str] = field(default_factory=list)
    not_ready_at: float | None = None
    refused_at: float | None = None

    def send(self, stock: Iterable[Request]) -> None:
        """One after the other, on one connection for as long as the server keeps it."""
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=LONGEST)
        for request in stock:
            if self.over.is_set():
                break
            try:
                connection.request(request.method, request.path, request.body or None, dict(request.headers))
                status = _status(connection.getresponse())
            except (OSError, HTTPException) as error:
                self.failed.append(f"{request.method} {request.path}: {error!r}")
                break
            if status >= 400:
                self.failed.append(f"{request.method} {request.path}: {status}")
            self.answered += 1
        connection.close()

    def watch(self) -> None:
        """Ask whether it is ready, on a new connection each time, until there is none."""
        while self.refused_at is None:
            try:
                connection = HTTPConnection(urlsplit(self.url).netloc, timeout=LONGEST)
                connection.request("GET", "/health/ready")
                ready = _status(connection.getresponse()) == 200
                connection.close()
            except (OSError, HTTPException):
                self.refused_at = time.monotonic()
            else:
                if not ready and self.not_ready_at is None:
                    self.not_ready_at = time.monotonic()
                    self.over.set()
            time.sleep(0.1)
        self.over.set()


def _status(response: HTTPResponse) -> int:
    response.read()
    return response.status


class Begun:
    """A request of which a half was sent, until it is told to go on."""

    def __init__(self, url: str) -> None:
        place = urlsplit(url)
        self._socket = create_connection((place.hostname or "", place.port or 80), timeout=LONGEST)
        head = f"POST {SIGN_IN} HTTP/1.1\r\nhost: {place.netloc}\r\ncontent-type: application/json\r\n"
        self._socket.sendall(f"{head}content-length: {len(LOGIN)}\r\n\r\n".encode() + LOGIN[:20])

    def ended(self) -> int:
        """The status of its answer; 0 if there is none."""
        with self._socket, suppress(OSError):
            self._socket.sendall(LOGIN[20:])
            return int(self._socket.recv(1 << 16)[9:12] or 0)
        return 0


def stopped_under_load(verdict: Verdict, part: str, place: Place, address: str) -> None:
    """One round: all that is promised of stopping."""
    walkers = iter(add_walkers(address, 3 * CLIENTS * 4, completed=0))
    settings = SERVED | {"leaving_seconds": str(NOTICE)}
    with place.serving(database_url=address, **settings) as server:
        traffic = Traffic(server.url)
        begun = Begun(server.url)
        threads = [Thread(target=traffic.send, args=(stock,)) for stock in _stocks(walkers)]
        threads.append(Thread(target=traffic.watch))
        for thread in threads:
            thread.start()
        time.sleep(BEFORE)
        told_at = time.monotonic()
        kill(server.pid, signal.SIGTERM)
        for thread in threads:
            thread.join()
        late = begun.ended()
        took = server.ended(within=LONGEST + 5) - told_at
    name = f"{part}, {place.workers} process{'es' * (place.workers > 1)}"
    failed = f"{len(traffic.failed)} of {traffic.answered} {traffic.failed[:3] or ''}"
    verdict.expect(f"{name}: no request fails", not traffic.failed and traffic.answered > CLIENTS, failed)
    verdict.expect(f"{name}: what had begun is answered", late == 401, f"status {late}")
    first = _since(told_at, traffic.not_ready_at), _since(told_at, traffic.refused_at)
    said = traffic.not_ready_at is not None and first[0] < first[1]
    verdict.expect(f"{name}: readiness goes first", said, f"after {first[0]:.1f} s, the port after {first[1]:.1f} s")
    verdict.expect(f"{name}: it ends within {LONGEST:.0f} s", took < LONGEST, f"{took:.1f} s")


def _stocks(walkers: Iterator[Walker]) -> Iterator[Iterable[Request]]:
    """What each client sends: members' reads, members' writes, and what is kept."""
    for _ in range(CLIENTS):
        some = [next(walkers) for _ in range(4)]
        yield cycle(requests.dashboards(some))
        yield chain(requests.completions(some), requests.results(some, each=1000))
        yield cycle([Request("GET", LIST)])


def _since(start: float, moment: float | None) -> float:
    return float("inf") if moment is None else moment - start


def main(rounds: int) -> int:
    verdict = Verdict()
    for part, databases in DATABASES.items():
        with TemporaryDirectory() as folder, databases(Path(folder)) as make:
            address = loaded(make("stopping"))
            for workers in (1, 2) * rounds:
                stopped_under_load(verdict, part, Place(Path(folder), workers=workers), address)
    return verdict.told()


if __name__ == "__main__":
    sys.exit(main(int(*sys.argv[1:2] or ["3"])))
