"""Trial (long-running reliability check) of shutdown under load: no request may fail.

`python -m trials.stopping [ROUNDS]` runs ROUNDS rounds (default 3) on each database, with one process and with two. The
clients act as a load balancer: they poll `/health/ready` ten times a second, and stop sending requests when it fails.
Each client uses one connection until the server closes it.
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
from bench.client.journey_members import Walker, add_walkers
from bench.client.members import SIGN_IN
from bench.client.requests import Request
from bench.parts.kinds import SERVER_SETTINGS
from bench.parts.public import LIST
from bench.servers.database_content import load_content
from bench.servers.databases import DATABASES
from bench.servers.processes import Sandbox
from trials.verdict import Verdict

CLIENTS = 4  # for each kind of request
DRAIN_SECONDS = 1.0
MAX_STOP_SECONDS = 25.0  # maximum time from the signal to the end of the process
LOAD_SECONDS = 0.5  # of requests before the signal
LOGIN_BODY = b'{"email": "nobody@example.org", "password": "a kettle sings in the rain"}'


@dataclass(slots=True)
class ShutdownTraffic:
    """Sends requests to a server until it stops, and records failures.

    Times are values of `time.monotonic`.
    """

    url: str
    stop: Event = field(default_factory=Event)
    response_count: int = 0
    failures: list[str] = field(default_factory=list)
    not_ready_at: float | None = None
    unreachable_at: float | None = None

    def send(self, request_stream: Iterable[Request]) -> None:
        """Send requests one after another on one connection, until the server closes it."""
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=MAX_STOP_SECONDS)
        for request in request_stream:
            if self.stop.is_set():
                break
            try:
                connection.request(request.method, request.path, request.body or None, dict(request.headers))
                status = _read_status(connection.getresponse())
            except (OSError, HTTPException) as error:
                self.failures.append(f"{request.method} {request.path}: {error!r}")
                break
            if status >= 400:
                self.failures.append(f"{request.method} {request.path}: {status}")
            self.response_count += 1
        connection.close()

    def watch_readiness(self) -> None:
        """Poll `/health/ready` on new connections, until the server accepts no more."""
        while self.unreachable_at is None:
            try:
                connection = HTTPConnection(urlsplit(self.url).netloc, timeout=MAX_STOP_SECONDS)
                connection.request("GET", "/health/ready")
                ready = _read_status(connection.getresponse()) == 200
                connection.close()
            except (OSError, HTTPException):
                self.unreachable_at = time.monotonic()
            else:
                if not ready and self.not_ready_at is None:
                    self.not_ready_at = time.monotonic()
                    self.stop.set()
            time.sleep(0.1)
        self.stop.set()


def _read_status(response: HTTPResponse) -> int:
    response.read()
    return response.status


class PartialRequest:
    """A request of which half of the body is sent at once. `finish` sends the rest."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._socket = create_connection((address.hostname or "", address.port or 80), timeout=MAX_STOP_SECONDS)
        head = f"POST {SIGN_IN} HTTP/1.1\r\nhost: {address.netloc}\r\ncontent-type: application/json\r\n"
        self._socket.sendall(f"{head}content-length: {len(LOGIN_BODY)}\r\n\r\n".encode() + LOGIN_BODY[:20])

    def finish(self) -> int:
        """Send the rest of the body. Return the status of the response, or 0 without a response."""
        with self._socket, suppress(OSError):
            self._socket.sendall(LOGIN_BODY[20:])
            return int(self._socket.recv(1 << 16)[9:12] or 0)
        return 0


def run_stop(verdict: Verdict, database_name: str, sandbox: Sandbox, database_url: str) -> None:
    """Stop a server under load with SIGTERM, and check the responses to all requests."""
    walkers = iter(add_walkers(database_url, 3 * CLIENTS * 4, completed=0))
    settings = SERVER_SETTINGS | {"leaving_seconds": str(DRAIN_SECONDS)}
    with sandbox.serving(database_url=database_url, **settings) as server:
        traffic = ShutdownTraffic(server.url)
        partial_request = PartialRequest(server.url)
        threads = [Thread(target=traffic.send, args=(request_stream,)) for request_stream in _request_streams(walkers)]
        threads.append(Thread(target=traffic.watch_readiness))
        for thread in threads:
            thread.start()
        time.sleep(LOAD_SECONDS)
        signalled_at = time.monotonic()
        kill(server.pid, signal.SIGTERM)
        for thread in threads:
            thread.join()
        partial_status = partial_request.finish()
        stop_seconds = server.wait_for_exit(timeout=MAX_STOP_SECONDS + 5) - signalled_at
    name = f"{database_name}, {sandbox.workers} process{'es' * (sandbox.workers > 1)}"
    failures = f"{len(traffic.failures)} of {traffic.response_count} {traffic.failures[:3] or ''}"
    verdict.expect(f"{name}: no request fails", not traffic.failures and traffic.response_count > CLIENTS, failures)
    verdict.expect(f"{name}: a partial request is completed", partial_status == 401, f"status {partial_status}")
    delays = _elapsed(signalled_at, traffic.not_ready_at), _elapsed(signalled_at, traffic.unreachable_at)
    is_ordered = traffic.not_ready_at is not None and delays[0] < delays[1]
    verdict.expect(
        f"{name}: readiness fails before the port closes",
        is_ordered,
        f"after {delays[0]:.1f} s, the port after {delays[1]:.1f} s",
    )
    verdict.expect(
        f"{name}: the server stops within {MAX_STOP_SECONDS:.0f} s",
        stop_seconds < MAX_STOP_SECONDS,
        f"{stop_seconds:.1f} s",
    )


def _request_streams(walkers: Iterator[Walker]) -> Iterator[Iterable[Request]]:
    """Yield the requests of each client: reads of members, writes of members, or public reads."""
    for _ in range(CLIENTS):
        members = [next(walkers) for _ in range(4)]
        yield cycle(requests.dashboards(members))
        yield chain(requests.completions(members), requests.results(members, results_per_member=1000))
        yield cycle([Request("GET", LIST)])


def _elapsed(start: float, end: float | None) -> float:
    return float("inf") if end is None else end - start


def main(rounds: int) -> int:
    verdict = Verdict()
    for database_name, open_databases in DATABASES.items():
        with TemporaryDirectory() as directory, open_databases(Path(directory)) as create_database:
            database_url = load_content(create_database("stopping"))
            for workers in (1, 2) * rounds:
                run_stop(verdict, database_name, Sandbox(Path(directory), workers=workers), database_url)
    return verdict.finish()


if __name__ == "__main__":
    sys.exit(main(int(*sys.argv[1:2] or ["3"])))
