"""Measure the bytes per row of each table on PostgreSQL, including indexes, after VACUUM FULL."""

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from bench.results import Measure

PART = "storage"
TABLES = (
    "members",
    "member_keys",
    "member_consents",
    "sessions",
    "runs",
    "run_days",
    "day_notes",
    "applied_changes",
    "results",
    "audit_events",
)


def measure_storage(database_url: str) -> Iterator[Measure]:
    url = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        for table in TABLES:
            yield from _measure_table(connection, table)


def _measure_table(connection: psycopg.Connection[Any], table: str) -> Iterator[Measure]:
    name = sql.Identifier(table)
    connection.execute(sql.SQL("VACUUM FULL {}").format(name))
    statement = sql.SQL("SELECT count(*), pg_total_relation_size({}) FROM {}").format(sql.Literal(table), name)
    row = connection.execute(statement).fetchone()
    rows, size = row or (0, 0)
    if rows:
        yield Measure(PART, f"a row of {table}", size / rows, "bytes", {"rows": rows})
