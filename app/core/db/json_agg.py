"""Rows of another table as one column, so that a row and what belongs to it come in one round trip, and once each."""

import json
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class _Gathered(FunctionElement[str]):
    inherit_cache = True
    type = String()


@compiles(_Gathered, "sqlite")
def _on_sqlite(element: _Gathered, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_group_array(json_array({compiler.process(element.clauses, **options)}))"


@compiles(_Gathered, "postgresql")
def _on_postgresql(element: _Gathered, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST(json_agg(json_build_array({compiler.process(element.clauses, **options)})) AS text)"


def gathered(*columns: Any) -> ColumnElement[str]:
    """An aggregate: the columns of all rows, as JSON for `rows_in`. Moments and dates are texts in it."""
    return _Gathered(*columns)


def rows_in(text: str | None) -> list[list[Any]]:
    return json.loads(text) if text else []


def moment_in(text: str | None) -> datetime | None:
    """A moment as either database writes it: with its offset, or without one in UTC."""
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def date_in(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
