"""Measure the bytes per row of each table on PostgreSQL, including indexes, after VACUUM FULL."""

from collections.abc import Iterator

from psycopg import sql

from bench.parts.scaling import ROWS_PER_MEMBER
from bench.results import Measure
from bench.servers.databases import connect


def measure_storage(database_url: str) -> Iterator[Measure]:
    with connect(database_url) as connection:
        for table in ROWS_PER_MEMBER:
            name = sql.Identifier(table)
            connection.execute(sql.SQL("VACUUM FULL {}").format(name))
            statement = sql.SQL("SELECT count(*), pg_total_relation_size({}) FROM {}").format(sql.Literal(table), name)
            rows, size = connection.execute(statement).fetchone() or (0, 0)
            if rows:
                yield Measure("storage", f"a row of {table}", size / rows, "bytes", {"rows": rows})
