"""Integrity checks of a database after a crash: built-in checks and table constraints."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import CheckConstraint, Connection, ForeignKeyConstraint, Table, and_, func, select, text
from sqlmodel import col

from app.accounts.models import Member, MemberKey
from app.tables import metadata
from bench.client.journey_members import open_database
from trials.environment import Environment


def expect_intact(environment: Environment, after: str) -> None:
    with open_database(environment.database_url) as database, database.reads.connect() as connection:
        errors = _sqlite_errors(connection) if environment.is_sqlite else []
        for table in metadata.sorted_tables:
            errors += _constraint_errors(connection, table)
        with_key = select(col(MemberKey.member_id))
        if count := connection.scalar(select(func.count()).select_from(Member).where(col(Member.id).not_in(with_key))):
            errors.append(f"{count} members without a key")
    environment.expect_none("the database is intact", errors, f"after {after}")


def _sqlite_errors(connection: Connection) -> list[str]:
    return [line for line in connection.exec_driver_sql("PRAGMA integrity_check").scalars() if line != "ok"]


def _constraint_errors(connection: Connection, table: Table) -> Iterator[str]:
    violation: Any
    for constraint in table.constraints:
        match constraint:
            case ForeignKeyConstraint():
                referred = constraint.referred_table.alias()
                pairs = [(element.parent, referred.c[element.column.name]) for element in constraint.elements]
                referred_row = select(1).select_from(referred).where(and_(*(column == key for column, key in pairs)))
                violation = and_(*(column.is_not(None) for column, _ in pairs), ~referred_row.exists())
            case CheckConstraint():
                violation = text(f"NOT ({constraint.sqltext})")
            case _:
                continue
        if count := connection.scalar(select(func.count()).select_from(table).where(violation)):
            yield f"{table.name}: {count} rows violate {constraint.name}"
