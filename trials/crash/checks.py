"""Integrity checks of a database after a crash: built-in checks and table constraints."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import CheckConstraint, Connection, ForeignKeyConstraint, Table, and_, func, select, text
from sqlmodel import col

from app.accounts.models import Member, MemberKey
from app.tables import metadata
from bench.client.journey_members import open_database

PLANNER_SETTINGS = ("enable_seqscan", "enable_bitmapscan", "enable_sort")  # switching these off forces an index scan


def integrity_errors(database_url: str) -> list[str]:
    """Return the integrity errors of a database, or an empty list if it is intact."""
    with open_database(database_url) as database, database.reads.connect() as connection:
        database_errors = _sqlite_errors if connection.dialect.name == "sqlite" else _postgresql_errors
        errors = list(database_errors(connection))
        for table in metadata.sorted_tables:
            errors += _constraint_errors(connection, table)
        with_key = select(col(MemberKey.member_id))
        if count := connection.scalar(select(func.count()).select_from(Member).where(col(Member.id).not_in(with_key))):
            errors.append(f"{count} members without a key")
    return errors


def _sqlite_errors(connection: Connection) -> Iterator[str]:
    lines = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    yield from (line for line in lines if line != "ok")
    for row in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        yield f"foreign key: {tuple(row)}"


def _postgresql_errors(connection: Connection) -> Iterator[str]:
    """Yield differences between each table and its primary key index.

    Reading every row also verifies the page checksums.
    """
    for table in metadata.sorted_tables:
        connection.execute(table.select()).all()
        keys = select(*table.primary_key).order_by(*table.primary_key)
        in_table = set(connection.execute(select(*table.primary_key)).all())
        for setting in PLANNER_SETTINGS:
            connection.execute(text(f"SET {setting} = off"))
        in_index = connection.execute(keys).all()
        for setting in PLANNER_SETTINGS:
            connection.execute(text(f"RESET {setting}"))
        if in_table != set(in_index) or len(in_table) != len(in_index):
            yield f"{table.name}: {len(in_table)} rows, {len(in_index)} in the primary key index"


def _constraint_errors(connection: Connection, table: Table) -> Iterator[str]:
    violation: Any
    for constraint in table.constraints:
        count_rows = select(func.count()).select_from(table)
        match constraint:
            case ForeignKeyConstraint():
                referred_table = constraint.referred_table.alias()
                pairs = [(element.parent, referred_table.c[element.column.name]) for element in constraint.elements]
                referred_row = (
                    select(1).select_from(referred_table).where(and_(*(column == key for column, key in pairs)))
                )
                violation = and_(*(column.is_not(None) for column, _ in pairs), ~referred_row.exists())
            case CheckConstraint():
                violation = text(f"NOT ({constraint.sqltext})")
            case _:
                continue
        if count := connection.scalar(count_rows.where(violation)):
            yield f"{table.name}: {count} rows violate {constraint.name}"
