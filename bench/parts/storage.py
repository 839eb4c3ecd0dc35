"""What a member's rows take on PostgreSQL, indexes included, right after the tables were packed."""

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


def measure_storage(address: str) -> Iterator[Measure]:
    plain = make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        for table in TABLES:
            yield from _of_table(connection, table)


def _of_table(connection: psycopg.Connection[Any], table: str) -> Iterator[Measure]:
    name = sql.Identifier(table)
    connection.execute(sql.SQL("VACUUM FULL {}").format(name))
    counted = sql.SQL("SELECT count(*), pg_total_relation_size({}) FROM {}").format(sql.Literal(table), name)
    found = connection.execute(counted).fetchone()
    rows, size = found or (0, 0)
    if rows:
        yield Measure(PART, f"a row of {table}", size / rows, "bytes", {"rows": rows})
