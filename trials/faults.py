"""Trial (long-running reliability check) of databases that stop, freeze or slow down under load.

`python -m trials.faults [SECONDS]` injects one fault after another, each for SECONDS (default 8), and checks the
responses during and after it.
"""

import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from functools import partial

from sqlalchemy import make_url

from app.core.db.engines import sqlite_driver
from bench.client.journey_members import add_walkers
from bench.servers.machine import CLIENT, SERVER
from bench.servers.processes import Server
from trials.clients import open_client
from trials.disconnects import disconnecting_clients
from trials.environment import Environment, run_on_databases
from trials.relay import Relay
from trials.traffic import PUBLIC_PATHS, Traffic
from trials.writers import Writer, create_writers

MAX_RESPONSE_SECONDS, MAX_RECOVERY_SECONDS = 3.0, 2.0
SECONDS_BEFORE = 0.5  # of load before a fault
CLIENTS, POOL_SIZE = 16, 8  # fewer connections than clients
SETTLE_SECONDS = 5.0  # maximum wait until all connections are released
SLOTS_USED = re.compile(r"^twentyone_database_slots_used\{.*\} (\S+)$", re.MULTILINE)
SEARCH_PATH = "/v1/articles?q=attachment"

Fault = Callable[[], AbstractContextManager[None]]


@contextmanager
def running_server(environment: Environment) -> Iterator[Server]:
    """Run a server that responds to public requests from its cache."""
    on_all_cores = replace(environment, sandbox=replace(environment.sandbox, cores=(SERVER, CLIENT)))
    with on_all_cores.serving(pool_size=str(POOL_SIZE)) as server:
        with open_client(server.url) as client:
            # Wait for the search index, because its completion invalidates cached responses.
            while not client.get(SEARCH_PATH).json().get("total"):  # 503 at first
                time.sleep(0.05)
            for path in PUBLIC_PATHS * 2:  # fills the cache
                client.get(path).raise_for_status()
        yield server


def run_faults(
    environment: Environment,
    url: str,
    faults: Mapping[str, Fault],
    writers: Sequence[Writer],
    *,
    seconds: float,
    seconds_after: float = MAX_RECOVERY_SECONDS + 1,
) -> None:
    """Inject faults under load, and check the responses before, during and after each fault."""
    for name, fault in faults.items():
        with Traffic(url, writers).running() as traffic:
            time.sleep(SECONDS_BEFORE)
            with fault():
                time.sleep(seconds)
            ended_at = time.monotonic()
            time.sleep(seconds_after)
        _check_responses(environment, name, traffic, ended_at)
        lost = traffic.differing_members()
        written = f"{sum(writer.acknowledged for writer in writers)} writes"
        environment.expect_none(f"{name}: no acknowledged write is lost", lost, written)
        _check_released(environment, name, url)


def _check_responses(environment: Environment, name: str, traffic: Traffic, ended_at: float) -> None:
    exchanges, public = traffic.member_exchanges, traffic.public_exchanges
    unavailable = [exchange for exchange in exchanges if exchange.is_unavailable]
    slowest = max(exchange.seconds for exchange in exchanges)
    unexpected = [exchange for exchange in exchanges if not (exchange.is_unavailable or exchange.is_success)]
    scope = f"{len(unavailable)} of {len(exchanges)} are 503"
    environment.expect_none(f"{name}: responses are successful or 503", unexpected, scope)
    environment.expect(
        f"{name}: responses arrive within {MAX_RESPONSE_SECONDS:.0f} s",
        slowest <= MAX_RESPONSE_SECONDS,
        f"slowest {slowest:.2f} s",
    )
    last_unavailable = max((exchange.started_at - ended_at for exchange in unavailable), default=0.0)
    has_recovered = any(exchange.is_success for exchange in exchanges if exchange.started_at > ended_at)
    environment.expect(
        f"{name}: recovery within {MAX_RECOVERY_SECONDS:.0f} s",
        last_unavailable <= MAX_RECOVERY_SECONDS and has_recovered,
        f"after {max(last_unavailable, 0):.2f} s",
    )
    errors = [exchange for exchange in public if not exchange.is_success]
    slowest = max(exchange.seconds for exchange in public)
    environment.expect_none(
        f"{name}: cached content stays available", errors, f"{len(public)} responses, slowest {slowest:.2f} s"
    )


def _check_released(environment: Environment, name: str, url: str) -> None:
    """Check that no database connection is in use, and that the pool's size is not exceeded."""
    deadline, postgresql = time.monotonic() + SETTLE_SECONDS, environment.postgresql
    with open_client(url) as client:
        while time.monotonic() < deadline:
            slots = SLOTS_USED.findall(client.get("/metrics").raise_for_status().text)
            states = postgresql.connection_states() if postgresql else []
            is_released = {*slots} == {"0.0"} and {*states} <= {"idle"} and len(states) <= POOL_SIZE
            if is_released:
                break
            time.sleep(0.1)
    environment.expect(f"{name}: connections are released", is_released, f"slots {slots}, connections {states}")


@contextmanager
def sqlite_file_locked(database_url: str) -> Iterator[None]:
    """Lock the SQLite file, as a long transaction of another process does."""
    with closing(sqlite_driver().connect(str(make_url(database_url).database), isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield


def run_fault_trial(environment: Environment, *, seconds: float) -> None:
    writers = create_writers(environment.database_url, CLIENTS, environment.random)
    members = add_walkers(environment.database_url, CLIENTS, completed=0)
    faults: dict[str, Fault] = {"file locked": partial(sqlite_file_locked, environment.database_url)}
    if postgresql := environment.postgresql:
        faults = {
            "stopped": postgresql.stopped,
            "killed": postgresql.killed,
            "restarted": postgresql.restarted,
            "frozen": postgresql.frozen,
            "locked": postgresql.members_locked,
            "read only": postgresql.read_only,
        }
    with running_server(environment) as server:
        faults["disconnecting clients"] = partial(disconnecting_clients, server.url, members)
        run_faults(environment, server.url, faults, writers, seconds=seconds)
    if postgresql:
        relay = Relay(postgresql.socket_path)
        via_relay = replace(environment, database_url=postgresql.url_via_port(relay.port))
        with relay.running(), running_server(via_relay) as server:
            faults = {"slow": partial(relay.slow, 0.3), "very slow": partial(relay.slow, 2.0), "silent": relay.silent}
            run_faults(environment, server.url, faults, writers, seconds=seconds)


def main(seconds: float = 8) -> int:
    return run_on_databases(partial(run_fault_trial, seconds=seconds))


if __name__ == "__main__":
    sys.exit(main(*map(float, sys.argv[1:])))
