"""Trial (long-running reliability check) of shutdown under load: no request may fail.

`python -m trials.stopping [ROUNDS]` runs ROUNDS rounds (default 3) on each database, with one process and with two. The
clients act as a load balancer: they poll `/health/ready` ten times a second, and stop sending requests when it fails.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from os import kill
from signal import SIGTERM
from threading import Event

import httpx

from bench.client.members import SIGN_IN
from trials.clients import TimedExchange, concurrently, open_client
from trials.environment import Environment, run_on_databases
from trials.traffic import Traffic
from trials.writers import create_writers

MEMBERS = 8
DRAIN_SECONDS = 1.0
MAX_STOP_SECONDS = 25.0  # maximum time from the signal to the end of the process
LOAD_SECONDS = 0.5  # of requests before the signal
CREDENTIALS = b'{"email": "nobody@example.org", "password": "a kettle sings in the rain"}'


@dataclass(slots=True)
class Observer:
    """Watches a server that shuts down."""

    url: str
    polls: list[TimedExchange] = field(default_factory=list)  # of the readiness check; the last one has no response
    not_ready: Event = field(default_factory=Event)
    unreachable: Event = field(default_factory=Event)
    partial_status: int = 0  # of the response to the partial request

    def watch_readiness(self) -> None:
        """Poll `/health/ready` on new connections, until the server accepts no more."""
        with open_client(self.url, exchanges=self.polls) as client, suppress(httpx.TransportError):
            while True:
                if not client.get("/health/ready", headers={"connection": "close"}).is_success:
                    self.not_ready.set()
                time.sleep(0.1)
        self.not_ready.set()
        self.unreachable.set()

    def send_partial_request(self) -> None:
        """Send a request of which the second half follows when the server accepts no new connections."""
        headers = {"content-type": "application/json", "content-length": str(len(CREDENTIALS))}
        with open_client(self.url) as client, suppress(httpx.TransportError):
            self.partial_status = client.post(SIGN_IN, content=self._halves(), headers=headers).status_code

    def _halves(self) -> Iterator[bytes]:
        yield CREDENTIALS[:20]
        self.unreachable.wait(MAX_STOP_SECONDS)
        yield CREDENTIALS[20:]


def run_stop(environment: Environment) -> None:
    """Stop a server under load with SIGTERM, and check the responses to all requests."""
    writers = create_writers(environment.database_url, MEMBERS, environment.random)
    with environment.serving(leaving_seconds=str(DRAIN_SECONDS)) as server:
        observer = Observer(server.url)
        traffic = Traffic(server.url, writers, pause=0, stop=observer.not_ready)
        with concurrently(observer.watch_readiness, observer.send_partial_request), traffic.running():
            time.sleep(LOAD_SECONDS)
            signalled_at = time.monotonic()
            kill(server.pid, SIGTERM)
            observer.not_ready.wait(MAX_STOP_SECONDS)
        stop_seconds = server.wait_for_exit(timeout=MAX_STOP_SECONDS + 5) - signalled_at
    processes = f"processes: {environment.sandbox.workers}"
    sent = len(traffic.member_exchanges) + len(traffic.public_exchanges)
    failures = traffic.failures if sent > MEMBERS else ["too few requests"]
    environment.expect_none(f"{processes}, no request fails", failures, f"{sent} requests")
    is_completed = observer.partial_status == httpx.codes.UNAUTHORIZED
    environment.expect(
        f"{processes}, a partial request is completed", is_completed, f"status {observer.partial_status}"
    )
    *_, last_poll = observer.polls
    not_ready = [poll.started_at - signalled_at for poll in observer.polls if poll.response and not poll.is_success]
    details = f"after {min(not_ready, default=0):.1f} s, the port after {last_poll.started_at - signalled_at:.1f} s"
    environment.expect(f"{processes}, readiness fails before the port closes", bool(not_ready), details)
    is_fast = stop_seconds < MAX_STOP_SECONDS
    environment.expect(
        f"{processes}, the server stops within {MAX_STOP_SECONDS:.0f} s", is_fast, f"{stop_seconds:.1f} s"
    )


def run_stops(environment: Environment, *, rounds: int) -> None:
    for workers in (1, 2) * rounds:
        run_stop(replace(environment, sandbox=replace(environment.sandbox, workers=workers)))


def main(rounds: int = 3) -> int:
    return run_on_databases(partial(run_stops, rounds=rounds))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
