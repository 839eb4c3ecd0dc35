"""`make bench-growth`: slowdown with a million runs (enrolments in a journey) on PostgreSQL.

The same statements fill two databases on one server with a thousand runs and with a million runs, each with ten
completed days. Requests are spread over all members. The exit code is 1 if a target is missed.
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

from app.accounts.members import ACTIVE_SESSION, LOCKED_SESSION
from app.core.db.pagination import Statement
from app.journey.notes import selected_run_with_notes
from app.journey.runs import RunSelector, selected_run
from bench import results
from bench.client.comparison import Candidate, measure_rates
from bench.client.journey_members import TIME_ZONE, Walker, create_walker, key_row, timetable
from bench.client.request_queue import RequestQueue
from bench.client.requests import completions, dashboards
from bench.parts.kinds import COMPLETING, DASHBOARD, SERVER_SETTINGS
from bench.results import Measure, Target
from bench.servers.database_content import migrate
from bench.servers.databases import DATABASES
from bench.servers.processes import ROOT, Sandbox, run_content_command

BASELINE_RUNS, LARGE_RUNS = 1_000, 1_000_000
COMPLETED_DAYS = 10  # of each run
MAX_MEMBERS = 5_000  # that send requests
ROUNDS, SECONDS = 5, 1.0
MAX_SLOWDOWN = Target(1.3)
SMALL_TABLES = {"journeys"}  # one row per journey; a sequential scan is fastest
FILL = """
    INSERT INTO members (id, address_hash, sealed, password_hash, time_zone, language, registered_at)
    SELECT md5('member' || n)::uuid, 'hash ' || n, '-', '-', %(zone)s, 'en', %(start)s
    FROM generate_series(1, %(runs)s) n;
    INSERT INTO member_keys (member_id, key_id, wrapped)
    SELECT md5('member' || n)::uuid, 'bench-1', decode(repeat('ab', 61), 'hex') FROM generate_series(1, %(runs)s) n;
    INSERT INTO member_consents (member_id, purpose, number, granted, version, decided_at)
    SELECT md5('member' || n)::uuid, 'health_data', 1, true, '1', %(start)s FROM generate_series(1, %(runs)s) n;
    INSERT INTO sessions (member_id, id, counter, sealed, started_at, refreshed_at, expires_at, ends_at)
    SELECT md5('member' || n)::uuid, md5('session' || n)::uuid, 0, '-', %(start)s, %(start)s, %(ends)s, %(ends)s
    FROM generate_series(1, %(runs)s) n;
    INSERT INTO runs (member_id, id, number, journey, body_hash, pace, starts_on, timetable, is_underway, started_at)
    SELECT md5('member' || n)::uuid, md5('run' || n)::uuid, 1, '21-days', '-', 'daily', %(start)s, %(timetable)s, true,
           %(start)s
    FROM generate_series(1, %(runs)s) n;
    INSERT INTO run_days (member_id, run_id, day, completed_at, completed_on, time_zone)
    SELECT md5('member' || n)::uuid, md5('run' || n)::uuid, day, %(start)s::timestamptz + (day - 1) * interval '1 day',
           (%(start)s::timestamptz + (day - 1) * interval '1 day')::date, %(zone)s
    FROM generate_series(1, %(runs)s) n, generate_series(1, %(completed)s) day;
    INSERT INTO day_notes (member_id, run_id, day, sealed)
    SELECT md5('member' || n)::uuid, md5('run' || n)::uuid, 1, decode(repeat('ab', 540), 'hex')
    FROM generate_series(1, %(runs)s) n;
    INSERT INTO calendars (member_id, run_id, secret_hash, sealed, made_at)
    SELECT md5('member' || n)::uuid, md5('run' || n)::uuid, decode(md5('secret' || n), 'hex'), '-', %(start)s
    FROM generate_series(1, %(runs)s, 10) n
"""


def measure_run_growth(folder: Path) -> Iterator[Measure]:
    sandbox = Sandbox(folder)
    with DATABASES["PostgreSQL"](folder) as databases, ExitStack() as servers:
        database_urls = {runs: migrate(databases(f"runs_{runs}")) for runs in (BASELINE_RUNS, LARGE_RUNS)}
        seconds = {runs: _fill(sandbox, database_url, runs) for runs, database_url in database_urls.items()}
        raw = {f"s for {BASELINE_RUNS:,}": seconds[BASELINE_RUNS]}
        yield Measure("PostgreSQL", f"filling {LARGE_RUNS:,} runs", seconds[LARGE_RUNS], "s", raw)
        yield from _sequential_scans(database_urls[LARGE_RUNS])
        urls = {
            runs: servers.enter_context(sandbox.serving(database_url=database_url, **SERVER_SETTINGS)).url
            for runs, database_url in database_urls.items()
        }
        members = {runs: _sampled_members(database_url, runs) for runs, database_url in database_urls.items()}
        dashboard_candidates = {
            runs: Candidate(urls[runs], RequestQueue(dashboards(members[runs]))) for runs in database_urls
        }
        yield _measure_slowdown(DASHBOARD.name, dashboard_candidates)
        completion_candidates = {
            runs: Candidate(
                urls[runs],
                RequestQueue(completions(members[runs], COMPLETED_DAYS + 1), max_per_second=COMPLETING.max_per_second),
            )
            for runs in database_urls
        }
        yield _measure_slowdown(COMPLETING.name, completion_candidates)


def _fill(sandbox: Sandbox, database_url: str, runs: int) -> float:
    """Fill a database with runs, and return the duration in seconds.

    Foreign keys are not checked, because the rows are valid by construction.
    """
    run_content_command(sandbox, "load", ROOT / "seed_content", database_url)
    now = datetime.now(UTC)
    run_start = now - timedelta(days=21)
    values = {
        "runs": runs,
        "completed": COMPLETED_DAYS,
        "zone": TIME_ZONE,
        "start": run_start,
        "ends": now + timedelta(days=1),
        "timetable": timetable(run_start, now, has_openings=True),
    }
    started = time.monotonic()
    with _connect(database_url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET synchronous_commit = off")
        for statement in FILL.split(";"):
            connection.execute(statement, values)
        connection.execute("VACUUM (ANALYZE)")
    return time.monotonic() - started


def _sampled_members(database_url: str, runs: int) -> list[Walker]:
    """Return members from all parts of the tables, with valid keys and access tokens."""
    numbers = Random(21).sample(range(1, runs + 1), min(runs, MAX_MEMBERS))  # noqa: S311 - must be repeatable
    now = datetime.now(UTC)
    keys = [key_row(_uuid("member", n)) for n in numbers]
    with _connect(database_url) as connection, connection.cursor() as cursor:
        update = "UPDATE member_keys SET key_id = %(key_id)s, wrapped = %(wrapped)s WHERE member_id = %(member_id)s"
        cursor.executemany(update, keys)
        connection.execute("VACUUM member_keys")
    return [
        create_walker(_uuid("member", n), _uuid("run", n), session_id=_uuid("session", n), now=now) for n in numbers
    ]


def _measure_slowdown(name: str, candidates: Mapping[int, Candidate]) -> Measure:
    """Measure how much slower requests are with many runs, as a ratio."""
    rates = measure_rates(
        {f"{runs:,}": candidate for runs, candidate in candidates.items()}, rounds=ROUNDS, seconds=SECONDS
    )
    baseline_rates, large_rates = rates.values()
    ratios = [baseline / large for baseline, large in zip(baseline_rates, large_rates, strict=True)]
    raw = {f"requests/s at {runs}": median(values) for runs, values in rates.items()}
    raw |= {"lowest": min(ratios), "highest": max(ratios)}
    return Measure(
        "PostgreSQL",
        f"{name}, {LARGE_RUNS:,} runs against {BASELINE_RUNS:,}",
        median(ratios),
        "times",
        raw,
        MAX_SLOWDOWN,
    )


def _sequential_scans(database_url: str) -> Iterator[Measure]:
    """Count the tables that each frequent statement reads completely, except small tables."""
    ids = {"member_id": _uuid("member", 7), "run_id": _uuid("run", 7), "session_id": _uuid("session", 7)}
    values = {**ids, "now": datetime.now(UTC), "first": 7, "last": 7}
    statements: dict[str, Any] = {
        "the session": ACTIVE_SESSION,
        "the lock": LOCKED_SESSION,
        "the current run": selected_run(RunSelector.CURRENT).where(ACTIVE_SESSION.exists()),
        "a run by id": selected_run(RunSelector.ID).where(ACTIVE_SESSION.exists()),
        "a day of the current run": selected_run_with_notes(RunSelector.CURRENT),
    }
    with _connect(database_url) as connection:
        for name, statement in statements.items():
            plan = connection.execute(*_explain(statement, values)).fetchone()
            assert plan
            scanned = [table for table in _sequentially_scanned(plan[0]) if table not in SMALL_TABLES]
            yield Measure("PostgreSQL", f"{name}: tables read whole", len(scanned), "tables", {}, Target(0))


def _explain(statement: Statement, values: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    dialect = dialects.dialect(paramstyle="pyformat")  # type: ignore[no-untyped-call]
    compiled = statement.compile(dialect=dialect)
    parameters = {name: values.get(name, value) for name, value in compiled.params.items()}
    return f"EXPLAIN (FORMAT JSON) {compiled}", parameters


def _sequentially_scanned(plan: Any) -> Iterator[str]:
    if isinstance(plan, dict):
        if plan.get("Node Type") == "Seq Scan":
            yield plan["Relation Name"]
        for child in plan.values():
            yield from _sequentially_scanned(child)
    elif isinstance(plan, list):
        for child in plan:
            yield from _sequentially_scanned(child)


def _uuid(kind: str, n: int) -> UUID:
    return UUID(md5(f"{kind}{n}".encode(), usedforsecurity=False).hexdigest())


def _connect(database_url: str) -> psycopg.Connection[Any]:
    url = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(url, autocommit=True)


def main() -> int:
    with TemporaryDirectory(prefix="twentyone-bench-") as folder:
        measures = []
        for measure in measure_run_growth(Path(folder)):
            sys.stderr.write(f"measured {measure.name}\n")
            measures.append(measure)
    print(results.table(measures))
    return 0 if all(measure.is_met for measure in measures) else 1


if __name__ == "__main__":
    sys.exit(main())
