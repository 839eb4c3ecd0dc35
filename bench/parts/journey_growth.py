"""`make bench-growth`: what a million runs and ten million days cost those who walk. On PostgreSQL, in some minutes.

Two databases on one server, filled by the same statements: one with a thousand runs, one with a million, ten completed
days each. Members from all over the tables are asked about in turns. Exit code 1 when a target is missed.
"""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from hashlib import md5
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import make_url
from sqlalchemy.dialects import postgresql as dialects

from app.accounts.members import ACTIVE_SESSION, LOCKED
from app.core.db.pagination import Statement
from app.journey.notes import one_run_with_notes
from app.journey.runs import Selector, one_run
from bench import results
from bench.client.requests import completions, dashboards
from bench.client.sides import Side, rates
from bench.client.stock import Stock
from bench.client.walkers import ZONE, Walker, key_row, timetable, walker
from bench.parts.kinds import COMPLETING, DASHBOARD, SERVED
from bench.results import Measure, Target
from bench.servers.databases import DATABASES
from bench.servers.filled import migrated
from bench.servers.processes import ROOT, Place, content

FEW, MANY = 1_000, 1_000_000
DONE = 10  # completed days of each run
ASKED = 5_000  # members, at most
ROUNDS, SECONDS = 5, 1.0
TIMES = Target(1.3)
SMALL = {"journeys"}  # a row for each journey: reading all is the quickest
FILL = """
    INSERT INTO members (id, address_hash, sealed, password_hash, time_zone, language, registered_at)
    SELECT md5('member' || n)::uuid, 'hash ' || n, '-', '-', %(zone)s, 'en', %(began)s
    FROM generate_series(1, %(runs)s) n;
    INSERT INTO member_keys (member_id, key_id, wrapped)
    SELECT md5('member' || n)::uuid, 'bench-1', decode(repeat('ab', 61), 'hex') FROM generate_series(1, %(runs)s) n;
    INSERT INTO member_consents (member_id, purpose, number, granted, version, decided_at)
    SELECT md5('member' || n)::uuid, 'health_data', 1, true, '1', %(began)s FROM generate_series(1, %(runs)s) n;
    INSERT INTO sessions (member_id, id, counter, sealed, started_at, refreshed_at, expires_at, ends_at)
    SELECT md5('member' || n)::uuid, md5('session' || n)::uuid, 0, '-', %(began)s, %(began)s, %(ends)s, %(ends)s
    FROM generate_series(1, %(runs)s) n;
    INSERT INTO runs (member_id, id, number, journey, body_hash, pace, starts_on, timetable, is_underway, started_at)
    SELECT md5('member' || n)::uuid, md5('run' || n)::uuid, 1, '21-days', '-', 'daily', %(began)s, %(timetable)s, true,
           %(began)s
    FROM generate_series(1, %(runs)s) n;
    INSERT INTO run_days (member_id, run_id, day, completed_at, completed_on, time_zone)
    SELECT md5('member' || n)::uuid, md5('run' || n)::uuid, day, %(began)s::timestamptz + (day - 1) * interval '1 day',
           (%(began)s::timestamptz + (day - 1) * interval '1 day')::date, %(zone)s
    FROM generate_series(1, %(runs)s) n, generate_series(1, %(done)s) day;
    INSERT INTO day_notes (member_id, run_id, day, sealed)
    SELECT md5('member' || n)::uuid, md5('run' || n)::uuid, 1, decode(repeat('ab', 540), 'hex')
    FROM generate_series(1, %(runs)s) n;
    INSERT INTO calendars (member_id, run_id, secret_hash, sealed, made_at)
    SELECT md5('member' || n)::uuid, md5('run' || n)::uuid, decode(md5('secret' || n), 'hex'), '-', %(began)s
    FROM generate_series(1, %(runs)s, 10) n
"""


def measure_growth(folder: Path) -> Iterator[Measure]:
    place = Place(folder)
    with DATABASES["PostgreSQL"](folder) as create, ExitStack() as servers:
        addresses = {runs: migrated(create(f"runs_{runs}")) for runs in (FEW, MANY)}
        seconds = {runs: _filled(place, address, runs) for runs, address in addresses.items()}
        yield Measure("PostgreSQL", f"filling {MANY:,} runs", seconds[MANY], "s", {f"s for {FEW:,}": seconds[FEW]})
        yield from _on_indexes(addresses[MANY])
        urls = {
            runs: servers.enter_context(place.serving(database_url=address, **SERVED)).url
            for runs, address in addresses.items()
        }
        some = {runs: _asked(address, runs) for runs, address in addresses.items()}
        looking = {runs: Side(urls[runs], Stock(dashboards(some[runs]))) for runs in addresses}
        yield _measured(DASHBOARD.name, looking)
        walking = {
            runs: Side(urls[runs], Stock(completions(some[runs], first=DONE + 1), most=COMPLETING.most))
            for runs in addresses
        }
        yield _measured(COMPLETING.name, walking)


def _filled(place: Place, address: str, runs: int) -> float:
    """The seconds that it took. Foreign keys hold by construction, and aren't looked at row by row."""
    content(place, "load", ROOT / "seed_content", address)
    now = datetime.now(UTC)
    began = now - timedelta(days=21)
    values = {
        "runs": runs,
        "done": DONE,
        "zone": ZONE,
        "began": began,
        "ends": now + timedelta(days=1),
        "timetable": timetable(began, now, noted=True),
    }
    started = time.monotonic()
    with _connected(address) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET synchronous_commit = off")
        for statement in FILL.split(";"):
            connection.execute(statement, values)
        connection.execute("VACUUM (ANALYZE)")
    return time.monotonic() - started


def _asked(address: str, runs: int) -> list[Walker]:
    """Members from all over the tables, whose keys open and whose tokens are good."""
    chosen = Random(21).sample(range(1, runs + 1), min(runs, ASKED))  # noqa: S311 - anybody
    now = datetime.now(UTC)
    keys = [key_row(_id("member", n)) for n in chosen]
    with _connected(address) as connection, connection.cursor() as cursor:
        wrapped = "UPDATE member_keys SET key_id = %(key_id)s, wrapped = %(wrapped)s WHERE member_id = %(member_id)s"
        cursor.executemany(wrapped, keys)
        connection.execute("VACUUM member_keys")
    return [walker(_id("member", n), _id("run", n), session_id=_id("session", n), now=now) for n in chosen]


def _measured(name: str, sides: Mapping[int, Side]) -> Measure:
    """How many times as long it takes with many runs as with few."""
    found = rates({f"{runs:,}": side for runs, side in sides.items()}, rounds=ROUNDS, seconds=SECONDS)
    few, many = found.values()
    ratios = [fast / slow for fast, slow in zip(few, many, strict=True)]
    raw = {f"requests/s at {runs}": median(each) for runs, each in found.items()}
    raw |= {"lowest": min(ratios), "highest": max(ratios)}
    return Measure("PostgreSQL", f"{name}, {MANY:,} runs against {FEW:,}", median(ratios), "times", raw, TIMES)


def _on_indexes(address: str) -> Iterator[Measure]:
    """How many tables each hot statement reads from end to end, but for those that are always small: none."""
    ids = {"member_id": _id("member", 7), "run_id": _id("run", 7), "session_id": _id("session", 7)}
    values = {**ids, "now": datetime.now(UTC), "first": 7, "last": 7}
    hot: dict[str, Any] = {
        "the session": ACTIVE_SESSION,
        "the lock": LOCKED,
        "the current run": one_run(Selector.CURRENT).where(ACTIVE_SESSION.exists()),
        "a run by id": one_run(Selector.ID).where(ACTIVE_SESSION.exists()),
        "a day of the current run": one_run_with_notes(Selector.CURRENT),
    }
    with _connected(address) as connection:
        for name, statement in hot.items():
            plan = connection.execute(*_explained(statement, values)).fetchone()
            assert plan
            read = [table for table in _read_whole(plan[0]) if table not in SMALL]
            yield Measure("PostgreSQL", f"{name}: tables read whole", len(read), "tables", {}, Target(0))


def _explained(statement: Statement, values: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    dialect = dialects.dialect(paramstyle="pyformat")  # type: ignore[no-untyped-call]
    compiled = statement.compile(dialect=dialect)
    wanted = {name: values.get(name, value) for name, value in compiled.params.items()}
    return f"EXPLAIN (FORMAT JSON) {compiled}", wanted


def _read_whole(plan: Any) -> Iterator[str]:
    if isinstance(plan, dict):
        if plan.get("Node Type") == "Seq Scan":
            yield plan["Relation Name"]
        for part in plan.values():
            yield from _read_whole(part)
    elif isinstance(plan, list):
        for part in plan:
            yield from _read_whole(part)


def _id(kind: str, n: int) -> UUID:
    return UUID(md5(f"{kind}{n}".encode(), usedforsecurity=False).hexdigest())


def _connected(address: str) -> psycopg.Connection[Any]:
    plain = make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)


def main() -> int:
    with TemporaryDirectory(prefix="twentyone-bench-") as folder:
        measures = []
        for each in measure_growth(Path(folder)):
            sys.stderr.write(f"measured {each.name}\n")
            measures.append(each)
    print(results.table(measures))
    return 0 if all(each.is_met for each in measures) else 1


if __name__ == "__main__":
    sys.exit(main())
