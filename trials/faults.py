"""Databases that stop, freeze, slow down or go silent, while members and readers go on asking.

`python -m trials.faults [SECONDS]` says what is promised of each, and whether it was kept. A fault lasts that long.
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
from bench.client.walkers import Walker, add_walkers
from bench.parts.kinds import SERVED
from bench.servers.databases import DATABASES
from bench.servers.filled import loaded
from bench.servers.machine import CLIENT, SERVER
from bench.servers.processes import Place, Server
from trials.hangups import running, try_hang_ups
from trials.postgresql import PostgreSql
from trials.relay import Relay
from trials.traffic import DONE, Answer, Traffic
from trials.verdict import Verdict

LONGEST, RECOVERED = 3.0, 2.0  # seconds
GROUPS, MEMBERS = 16, 10  # clients, more than a pool has connections, and members of each
POOL = 8
SETTLED = 5.0  # seconds in which everything is given back

Fault = Callable[[], AbstractContextManager[None]]


class Times(NamedTuple):
    begun: float
    over: float


@contextmanager
def serving(folder: Path, address: str) -> Iterator[Server]:
    place = Place(folder, cores=(SERVER, CLIENT))
    with place.serving(database_url=address, pool_size=str(POOL), **SERVED) as server:
        yield server


def walkers(address: str, each: int = MEMBERS) -> list[Sequence[Walker]]:
    people = add_walkers(address, GROUPS * each, completed=0)
    return [people[n::GROUPS] for n in range(GROUPS)]


def try_fault(
    verdict: Verdict,
    name: str,
    url: str,
    groups: Sequence[Sequence[Walker]],
    fault: Fault,
    *,
    seconds: float,
    before: float = 1.0,
    after: float = RECOVERED + 1.0,
) -> Traffic:
    """What members and readers are answered while it lasts, before and afterwards."""
    with Traffic(url, groups).flowing() as traffic:
        time.sleep(before)
        begun = time.monotonic()
        with fault():
            time.sleep(seconds)
        times = Times(begun, time.monotonic())
        time.sleep(after)
    _expect_answers(verdict, name, traffic.members, times)
    wrong = [each for each in traffic.public if each.status != 200]
    slowest = max(each.seconds for each in traffic.public)
    verdict.expect(
        f"{name}: kept content goes on",
        not wrong,
        f"{len(wrong)} errors of {len(traffic.public)}, slowest {slowest:.2f} s",
    )
    lost = traffic.lost()
    verdict.expect(f"{name}: no acknowledged write is lost", not lost, f"{len(lost)} lost")
    return traffic


def _expect_answers(verdict: Verdict, name: str, answers: Sequence[Answer], times: Times) -> None:
    refused = [each for each in answers if each.is_refused]
    strange = [each for each in answers if not each.is_refused and each.status not in DONE]
    found = f"{len(refused)} of {len(answers)} are 503, {len(strange)} something else"
    kinds = {f"{each.request.method} {each.status} {each.problem}" for each in strange}
    verdict.expect(f"{name}: members are answered, or told to come again", not strange, ", ".join([found, *kinds]))
    longest = max(each.seconds for each in answers)
    verdict.expect(f"{name}: each within {LONGEST:.0f} s", longest <= LONGEST, f"longest {longest:.2f} s")
    late = max((each.started - times.over for each in answers if each.is_refused), default=0.0)
    goes_on = any(each.status in DONE for each in answers if each.started > times.over)
    verdict.expect(
        f"{name}: all is well within {RECOVERED:.0f} s", late <= RECOVERED and goes_on, f"after {max(late, 0):.2f} s"
    )


def expect_nothing_left(verdict: Verdict, name: str, database: PostgreSql) -> None:
    """No connection is in the middle of anything, and there are no more than the pool's."""
    give_up = time.monotonic() + SETTLED
    while (database.at_work() or database.open() > POOL) and time.monotonic() < give_up:
        time.sleep(0.1)
    busy, there = database.at_work(), database.open()
    verdict.expect(f"{name}: no connection is left", not busy and there <= POOL, f"{busy} at work, {there} open")


def try_postgresql(verdict: Verdict, folder: Path, address: str, seconds: float) -> None:
    database = PostgreSql(address)
    groups = walkers(address)
    faults: dict[str, Fault] = {
        "stopped": partial(database.stopped, "fast"),
        "killed": partial(database.stopped, "immediate"),
        "restarted": database.restarted,
        "frozen": database.frozen,
        "locked": database.locked,
        "read only": database.read_only,
    }
    with serving(folder, address) as server:
        for name, fault in faults.items():
            try_fault(verdict, name, server.url, groups, fault, seconds=seconds)
            expect_nothing_left(verdict, name, database)
    with Relay(database.socket).running() as relay, serving(folder, database.through(relay.port)) as server:
        faults = {
            "slow": partial(relay.slow, 0.3),
            "very slow": partial(relay.slow, 2.0),
            "silent": relay.silent,
        }
        for name, fault in faults.items():
            try_fault(verdict, name, server.url, groups, fault, seconds=seconds)
            expect_nothing_left(verdict, name, database)


def try_sqlite(verdict: Verdict, folder: Path, address: str, seconds: float) -> None:
    groups = walkers(address)
    with serving(folder, address) as server:
        try_fault(verdict, "file locked", server.url, groups, partial(file_locked, address), seconds=seconds)


@contextmanager
def file_locked(address: str) -> Iterator[None]:
    """Another process writes, and goes on and on."""
    with closing(sqlite_driver().connect(str(make_url(address).database), isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        yield


TRIALS = {"SQLite": try_sqlite, "PostgreSQL": try_postgresql}


def main(seconds: str = "8") -> int:
    verdict = Verdict()
    for kind, try_faults in TRIALS.items():
        with tempfile.TemporaryDirectory() as name, DATABASES[kind](Path(name)) as databases:
            folder = Path(name)
            address = loaded(databases("faults"))
            try_faults(verdict, folder, address, float(seconds))
            people = add_walkers(address, MEMBERS, completed=0)
            with running(address, folder) as (app, port):
                try_hang_ups(verdict, app, port, people)
                if kind == "PostgreSQL":
                    expect_nothing_left(verdict, "clients who hang up", PostgreSql(address))
    return verdict.told()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
