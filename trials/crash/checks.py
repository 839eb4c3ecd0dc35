"""Whether a database is whole, whatever happened to it: as it says itself, and as its tables say."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import CheckConstraint, Connection, ForeignKeyConstraint, Table, and_, func, select, text
from sqlmodel import col

from app.accounts.models import Member, MemberKey
from app.tables import metadata
from bench.client.walkers import opened

BY_INDEX = ("enable_seqscan", "enable_bitmapscan", "enable_sort")  # without these


def faults_in(database_url: str) -> list[str]:
    """What isn't as it should be; nothing."""
    with opened(database_url) as database, database.reads.connect() as connection:
        own = _sqlite if connection.dialect.name == "sqlite" else _postgresql
        found = list(own(connection))
        for table in metadata.sorted_tables:
            found += _broken_rules(connection, table)
        with_key = select(col(MemberKey.member_id))
        if many := connection.scalar(select(func.count()).select_from(Member).where(col(Member.id).not_in(with_key))):
            found.append(f"{many} members without a key")
    return found


def _sqlite(connection: Connection) -> Iterator[str]:
    said = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    yield from (each for each in said if each != "ok")
    for row in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        yield f"foreign key: {tuple(row)}"


def _postgresql(connection: Connection) -> Iterator[str]:
    """Reading all pages compares their checksums; by heap and by index there have to be the same rows."""
    for table in metadata.sorted_tables:
        connection.execute(table.select()).all()
        keys = select(*table.primary_key).order_by(*table.primary_key)
        by_heap = set(connection.execute(select(*table.primary_key)).all())
        for setting in BY_INDEX:
            connection.execute(text(f"SET {setting} = off"))
        by_index = connection.execute(keys).all()
        for setting in BY_INDEX:
            connection.execute(text(f"RESET {setting}"))
        if by_heap != set(by_index) or len(by_heap) != len(by_index):
            yield f"{table.name}: {len(by_heap)} rows, {len(by_index)} in the index of its key"


def _broken_rules(connection: Connection, table: Table) -> Iterator[str]:
    broken: Any
    for rule in table.constraints:
        count = select(func.count()).select_from(table)
        match rule:
            case ForeignKeyConstraint():
                other = rule.referred_table.alias()
                pairs = [(each.parent, other.c[each.column.name]) for each in rule.elements]
                there = select(1).select_from(other).where(and_(*(mine == theirs for mine, theirs in pairs)))
                broken = and_(*(mine.is_not(None) for mine, _ in pairs), ~there.exists())
            case CheckConstraint():
                broken = text(f"NOT ({rule.sqltext})")
            case _:
                continue
        if many := connection.scalar(count.where(broken)):
            yield f"{table.name}: {many} rows against {rule.name}"
