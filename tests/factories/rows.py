"""What a database holds, whatever its tables."""

from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import inspect, text
from sqlmodel import col, select

from app.accounts.models import Member
from app.core.db.database import Database
from app.core.db.engines import sqlite_driver
from app.tables import metadata

Rows = dict[str, list[str]]


def all_rows(database: Database) -> Rows:
    """Every row of every table as text, bytes in hexadecimal."""
    with database.reads.connect() as connection:
        return {
            table.name: sorted(repr([_shown(value) for value in row]) for row in connection.execute(table.select()))
            for table in metadata.sorted_tables
        }


def counts(database: Database) -> dict[str, int]:
    """How many rows each table has."""
    return {table: len(rows) for table, rows in all_rows(database).items()}


def rows_about(database: Database, member_id: str) -> Rows:
    """Every row that names a member, by id or by the hash of their address."""
    with database.reads.connect() as connection:
        hashes = connection.scalars(select(col(Member.address_hash)).where(col(Member.id) == UUID(member_id)))
        names = [member_id, *hashes]
    return {
        table: [row for row in rows if any(name in row for name in names)] for table, rows in all_rows(database).items()
    }


def _shown(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else str(value)


def stored(database: Database) -> bytes:
    """Everything as it is stored: SQLite's file with what is beside it, or each value on PostgreSQL."""
    if database.url.get_backend_name() == "sqlite":
        path = Path(str(database.url.database))
        before = _files(path)
        connection = sqlite_driver().connect(path)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        return before + _files(path)
    with database.reads.connect() as connection:
        tables = inspect(connection).get_table_names()
        rows = [row for table in tables for row in connection.execute(text(f'SELECT * FROM "{table}"'))]
    return b"\n".join(value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row)


def _files(path: Path) -> bytes:
    return b"".join(each.read_bytes() for each in sorted(path.parent.glob(f"{path.name}*")))
