"""Rows written by statements that both databases know, each made once."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Update, bindparam, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from app.core.db.database import Table


def upsert(session: Session, table: type[Table], *rows: Mapping[str, Any]) -> None:
    """Insert rows that name the same columns; one whose key is there already is given these values."""
    if rows:
        connection = session.connection()
        connection.execute(_upsert(table, tuple(rows[0]), connection.dialect.name), rows)


@cache
def _upsert(table: type[Any], names: Sequence[str], dialect: str) -> postgresql.Insert | sqlite.Insert:
    rows = table.__table__
    insert = postgresql.insert(rows) if dialect == "postgresql" else sqlite.insert(rows)
    insert = insert.values({name: bindparam(name) for name in names})
    key = [column.name for column in rows.primary_key]
    return insert.on_conflict_do_update(
        index_elements=key, set_={name: insert.excluded[name] for name in names if name not in key}
    )


def change_row(session: Session, table: type[Table], key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Give the row with a key these values."""
    named = {f"key_{name}": value for name, value in key.items()}
    session.connection().execute(_update(table, tuple(key), tuple(values)), {**named, **values})


@cache
def _update(table: type[Any], key: Sequence[str], names: Sequence[str]) -> Update:
    rows = table.__table__
    same = (rows.c[name] == bindparam(f"key_{name}") for name in key)
    return update(rows).where(*same).values({name: bindparam(name) for name in names})
