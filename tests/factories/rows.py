"""Test helpers: the stored rows of all tables, for comparisons and leak checks."""

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
    """Return every row of every table as text, with bytes in hexadecimal."""
    with database.reads.connect() as connection:
        return {
            table.name: sorted(repr([as_text(value) for value in row]) for row in connection.execute(table.select()))
            for table in metadata.sorted_tables
        }


def row_counts(database: Database) -> dict[str, int]:
    """Return the number of rows of each table."""
    return {table: len(rows) for table, rows in all_rows(database).items()}


def rows_of_member(database: Database, member_id: str) -> Rows:
    """Return every row that contains the member's id or the hash of their email address."""
    with database.reads.connect() as connection:
        hashes = connection.scalars(select(col(Member.address_hash)).where(col(Member.id) == UUID(member_id)))
        identifiers = [member_id, *hashes]
    return {
        table: [row for row in rows if any(identifier in row for identifier in identifiers)]
        for table, rows in all_rows(database).items()
    }


def as_text(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else str(value)


def stored_bytes(database: Database) -> bytes:
    """Return all stored data as bytes, to search it for leaks.

    For SQLite, these are the database files before and after a checkpoint, for PostgreSQL all values of all tables.
    """
    if database.url.get_backend_name() == "sqlite":
        path = Path(str(database.url.database))
        uncheckpointed = _read_files(path)
        connection = sqlite_driver().connect(path)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        return uncheckpointed + _read_files(path)
    with database.reads.connect() as connection:
        tables = inspect(connection).get_table_names()
        rows = [row for table in tables for row in connection.execute(text(f'SELECT * FROM "{table}"'))]
    return b"\n".join(value if isinstance(value, bytes) else str(value).encode() for row in rows for value in row)


def _read_files(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))
