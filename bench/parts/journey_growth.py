"""`make bench-growth`: slowdown with a million runs (enrolments in a journey) on PostgreSQL.

Two databases on one server contain a thousand and a million runs, each with ten completed days. Requests are spread
over the tables. The exit code is 1 if a target is missed.
"""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy

from app.accounts.models import Member, MemberConsent, MemberKey, SignedInSession
from app.journey.models import Run, RunDay
from bench import results
from bench.client.comparison import Candidate, measure_rates
from bench.client.journey_members import Walker, add_walkers
from bench.client.request_queue import RequestQueue
from bench.client.requests import completions, dashboards
from bench.parts.kinds import COMPLETING, DASHBOARD, SERVER_SETTINGS
from bench.results import Measure, Target
from bench.servers.database_content import load_content
from bench.servers.databases import DATABASES, connect
from bench.servers.processes import Sandbox

BASELINE_RUNS, LARGE_RUNS = 1_000, 1_000_000
COMPLETED_DAYS = 10  # of each run
ROUNDS, SECONDS = 5, 1.0
PART, MAX_SLOWDOWN = "PostgreSQL", Target(1.3)
SCANNED_TABLES = f"""
    SELECT tables.relname FROM pg_stat_user_tables JOIN pg_class AS tables ON tables.oid = relid
    WHERE seq_scan > 0 AND reltuples > {BASELINE_RUNS}
"""  # noqa: S608
COPIED_TABLES: tuple[type[Any], ...] = (Member, MemberKey, MemberConsent, SignedInSession, Run, RunDay)
OTHER_ROWS = """
    INSERT INTO day_notes (member_id, run_id, day, sealed)
    SELECT member_id, id, 1, decode(repeat('ab', 540), 'hex') FROM runs;
    INSERT INTO calendars (member_id, run_id, secret_hash, sealed, made_at)
    SELECT member_id, id, sha256(id::text::bytea), '-', started_at FROM runs WHERE id::text LIKE '0%'
"""


def measure_run_growth(folder: Path) -> Iterator[Measure]:
    with DATABASES["PostgreSQL"](folder) as databases:
        database_urls = {runs: load_content(databases(f"runs_{runs}")) for runs in (BASELINE_RUNS, LARGE_RUNS)}
        started = time.monotonic()
        members = {runs: _fill(database_url, runs) for runs, database_url in database_urls.items()}
        yield Measure(PART, f"filling {LARGE_RUNS:,} runs", time.monotonic() - started, "s", {})
        with ExitStack() as servers:
            urls = {
                runs: servers.enter_context(Sandbox(folder).serving(database_url=database_url, **SERVER_SETTINGS)).url
                for runs, database_url in database_urls.items()
            }
            queues = {runs: RequestQueue(dashboards(walkers)) for runs, walkers in members.items()}
            yield _measure_slowdown(DASHBOARD.name, urls, queues)
            with connect(database_urls[LARGE_RUNS]) as connection:  # after the clean-up that begins with the server
                connection.execute("SELECT pg_stat_reset()")
            queues[LARGE_RUNS].closed_loop(urls[LARGE_RUNS], seconds=SECONDS)
            for runs, walkers in members.items():
                requests = completions(walkers, COMPLETED_DAYS + 1)
                queues[runs] = RequestQueue(requests, max_per_second=COMPLETING.max_per_second)
            yield _measure_slowdown(COMPLETING.name, urls, queues)
        with connect(database_urls[LARGE_RUNS]) as connection:
            tables = [name for (name,) in connection.execute(SCANNED_TABLES)]
        yield Measure(PART, f"tables read whole: {', '.join(tables) or 'none'}", len(tables), "tables", {}, Target(0))


def _fill(database_url: str, runs: int) -> list[Walker]:
    """Fill a database with members, each with a run, and return those that can send requests.

    These members are copied until there are enough runs. The rows are written in the order of their ids, so that the
    members that send requests are spread over all parts of the tables.
    """
    walkers = add_walkers(database_url, BASELINE_RUNS, completed=COMPLETED_DAYS)
    with connect(database_url) as connection:
        connection.execute("SET session_replication_role = replica")  # without checks of foreign keys
        connection.execute("SET synchronous_commit = off")
        for table in COPIED_TABLES:
            for statement in _copying(table.__table__, runs // BASELINE_RUNS):
                connection.execute(statement.encode())
        for statement in OTHER_ROWS.split(";"):
            connection.execute(statement.encode())
        connection.execute("VACUUM (ANALYZE)")
    return walkers


def _copying(table: sqlalchemy.Table, copies: int) -> Iterator[str]:
    """Yield statements that replace the rows of a table by these rows and their copies, which have other ids."""
    columns = ", ".join(column.name for column in table.columns)
    values = ", ".join(_copied_value(column) for column in table.columns)
    yield f"CREATE TEMPORARY TABLE originals AS SELECT * FROM {table.name}"  # noqa: S608
    yield f"DELETE FROM {table.name}"  # noqa: S608
    rows = f"SELECT {values} FROM originals, generate_series(1, {copies}) n ORDER BY 1"  # noqa: S608
    yield f"INSERT INTO {table.name} ({columns}) {rows}"
    yield "DROP TABLE originals"


def _copied_value(column: sqlalchemy.Column[Any]) -> str:
    if isinstance(column.type, sqlalchemy.Uuid):
        return f"CASE n WHEN 1 THEN {column.name} ELSE md5({column.name}::text || n)::uuid END"
    return f"{column.name} || n" if column.unique else column.name


def _measure_slowdown(name: str, urls: Mapping[int, str], queues: Mapping[int, RequestQueue]) -> Measure:
    """Measure how much slower requests are with many runs, as a ratio."""
    candidates = {f"{runs:,}": Candidate(url, queues[runs]) for runs, url in urls.items()}
    rates = measure_rates(candidates, rounds=ROUNDS, seconds=SECONDS)
    ratios = [baseline / large for baseline, large in zip(*rates.values(), strict=True)]
    raw = {f"requests/s at {runs}": median(values) for runs, values in rates.items()}
    raw |= {"lowest": min(ratios), "highest": max(ratios)}
    title = f"{name}, {LARGE_RUNS:,} runs against {BASELINE_RUNS:,}"
    return Measure(PART, title, median(ratios), "times", raw, MAX_SLOWDOWN)


def main() -> int:
    with TemporaryDirectory(prefix="twentyone-bench-") as folder:
        measures = list(measure_run_growth(Path(folder)))
    print(results.table(measures))
    return 0 if all(measure.is_met for measure in measures) else 1


if __name__ == "__main__":
    sys.exit(main())
