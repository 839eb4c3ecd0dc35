"""Trial (long-running reliability check) of databases that stop, freeze or slow down under load.

`python -m trials.faults [SECONDS]` injects one fault after another, each for SECONDS (default 8), and checks the
responses during and after it.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import make_url

from app.core.db.engines import sqlite_driver
from bench.client.journey_members import Walker, add_walkers
from bench.parts.kinds import SERVER_SETTINGS
from bench.servers.database_content import load_content
from bench.servers.databases import DATABASES
from bench.servers.machine import CLIENT, SERVER
from bench.servers.processes import Sandbox, Server
from trials.disconnects import run_hang_ups, running_application
from trials.postgresql import FaultyPostgresql
from trials.relay import Relay
from trials.traffic import SUCCESS_STATUSES, TimedResponse, Traffic
from trials.verdict import Verdict

MAX_RESPONSE_SECONDS, MAX_RECOVERY_SECONDS = 3.0, 2.0
CLIENTS, MEMBERS_PER_CLIENT = 16, 10
POOL_SIZE = 8  # fewer connections than clients
SETTLE_SECONDS = 5.0  # maximum wait until all connections are released

Fault = Callable[[], AbstractContextManager[None]]


class FaultWindow(NamedTuple):
    started_at: float
    ended_at: float


@contextmanager
def running_server(directory: Path, database_url: str) -> Iterator[Server]:
    sandbox = Sandbox(directory, cores=(SERVER, CLIENT))
    with sandbox.serving(database_url=database_url, pool_size=str(POOL_SIZE), **SERVER_SETTINGS) as server:
        yield server


def create_client_groups(database_url: str, members_per_client: int = MEMBERS_PER_CLIENT) -> list[Sequence[Walker]]:
    members = add_walkers(database_url, CLIENTS * members_per_client, completed=0)
    return [members[index::CLIENTS] for index in range(CLIENTS)]


def run_fault(
    verdict: Verdict,
    name: str,
    url: str,
    groups: Sequence[Sequence[Walker]],
    fault: Fault,
    *,
    seconds: float,
    seconds_before: float = 1.0,
    seconds_after: float = MAX_RECOVERY_SECONDS + 1.0,
) -> Traffic:
    """Inject a fault under load, and check the responses before, during and after it."""
    with Traffic(url, groups).running() as traffic:
        time.sleep(seconds_before)
        started_at = time.monotonic()
        with fault():
            time.sleep(seconds)
        window = FaultWindow(started_at, time.monotonic())
        time.sleep(seconds_after)
    _check_responses(verdict, name, traffic.member_responses, window)
    errors = [response for response in traffic.public_responses if response.status != 200]
    slowest = max(response.seconds for response in traffic.public_responses)
    verdict.expect(
        f"{name}: cached content stays available",
        not errors,
        f"{len(errors)} errors of {len(traffic.public_responses)}, slowest {slowest:.2f} s",
    )
    lost_writes = traffic.lost_writes()
    verdict.expect(f"{name}: no acknowledged write is lost", not lost_writes, f"{len(lost_writes)} lost")
    return traffic


def _check_responses(verdict: Verdict, name: str, responses: Sequence[TimedResponse], window: FaultWindow) -> None:
    unavailable = [response for response in responses if response.is_unavailable]
    unexpected = [
        response for response in responses if not response.is_unavailable and response.status not in SUCCESS_STATUSES
    ]
    summary = f"{len(unavailable)} of {len(responses)} are 503, {len(unexpected)} unexpected"
    kinds = {f"{response.request.method} {response.status} {response.problem_code}" for response in unexpected}
    verdict.expect(f"{name}: responses are successful or 503", not unexpected, ", ".join([summary, *kinds]))
    slowest = max(response.seconds for response in responses)
    verdict.expect(
        f"{name}: responses arrive within {MAX_RESPONSE_SECONDS:.0f} s",
        slowest <= MAX_RESPONSE_SECONDS,
        f"slowest {slowest:.2f} s",
    )
    last_unavailable = max(
        (response.started_at - window.ended_at for response in responses if response.is_unavailable), default=0.0
    )
    recovered = any(
        response.status in SUCCESS_STATUSES for response in responses if response.started_at > window.ended_at
    )
    verdict.expect(
        f"{name}: recovery within {MAX_RECOVERY_SECONDS:.0f} s",
        last_unavailable <= MAX_RECOVERY_SECONDS and recovered,
        f"after {max(last_unavailable, 0):.2f} s",
    )


def check_connections_released(verdict: Verdict, name: str, database: FaultyPostgresql) -> None:
    """Check that all database connections are idle, and that the pool's size is not exceeded."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while (
        database.count_busy_connections() or database.count_connections() > POOL_SIZE
    ) and time.monotonic() < deadline:
        time.sleep(0.1)
    busy_connections, open_connections = database.count_busy_connections(), database.count_connections()
    verdict.expect(
        f"{name}: connections are released",
        not busy_connections and open_connections <= POOL_SIZE,
        f"{busy_connections} busy, {open_connections} open",
    )


def run_postgresql_faults(verdict: Verdict, directory: Path, database_url: str, seconds: float) -> None:
    database = FaultyPostgresql(database_url)
    groups = create_client_groups(database_url)
    faults: dict[str, Fault] = {
        "stopped": partial(database.stopped, "fast"),
        "killed": partial(database.stopped, "immediate"),
        "restarted": database.restarted,
        "frozen": database.frozen,
        "locked": database.members_locked,
        "read only": database.read_only,
    }
    with running_server(directory, database_url) as server:
        for name, fault in faults.items():
            run_fault(verdict, name, server.url, groups, fault, seconds=seconds)
            check_connections_released(verdict, name, database)
    with (
        Relay(database.socket_path).running() as relay,
        running_server(directory, database.url_via_port(relay.port)) as server,
    ):
        faults = {
            "slow": partial(relay.slow, 0.3),
            "very slow": partial(relay.slow, 2.0),
            "silent": relay.silent,
        }
        for name, fault in faults.items():
            run_fault(verdict, name, server.url, groups, fault, seconds=seconds)
            check_connections_released(verdict, name, database)


def run_sqlite_faults(verdict: Verdict, directory: Path, database_url: str, seconds: float) -> None:
    groups = create_client_groups(database_url)
    with running_server(directory, database_url) as server:
        run_fault(
            verdict, "file locked", server.url, groups, partial(sqlite_file_locked, database_url), seconds=seconds
        )


@contextmanager
def sqlite_file_locked(database_url: str) -> Iterator[None]:
    """Lock the SQLite file, as a long transaction of another process does."""
    with closing(sqlite_driver().connect(str(make_url(database_url).database), isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield


FAULT_TRIALS = {"SQLite": run_sqlite_faults, "PostgreSQL": run_postgresql_faults}


def main(seconds: str = "8") -> int:
    verdict = Verdict()
    for database_name, run_faults in FAULT_TRIALS.items():
        with tempfile.TemporaryDirectory() as temporary, DATABASES[database_name](Path(temporary)) as create_database:
            directory = Path(temporary)
            database_url = load_content(create_database("faults"))
            run_faults(verdict, directory, database_url, float(seconds))
            members = add_walkers(database_url, MEMBERS_PER_CLIENT, completed=0)
            with running_application(database_url, directory) as (app, port):
                run_hang_ups(verdict, app, port, members)
                if database_name == "PostgreSQL":
                    check_connections_released(verdict, "clients who hang up", FaultyPostgresql(database_url))
    return verdict.finish()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
