"""Aggregate related rows into a JSON column, so that one query loads them with their parent row."""

from typing import Any

from sqlalchemy import ColumnElement, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from app.core.db.columns import UtcDateTime


class _JsonRows(FunctionElement[str]):
    inherit_cache = True
    type = String()


class _Hex(FunctionElement[str]):
    inherit_cache = True
    type = String()


@compiles(_JsonRows, "sqlite")
def _rows_on_sqlite(element: _JsonRows, compiler: SQLCompiler, **options: Any) -> str:
    columns = (
        compiler.process(column, **options) + (" || '+00:00'" if isinstance(column.type, UtcDateTime) else "")
        for column in element.clauses
    )
    return f"json_group_array(json_array({', '.join(columns)}))"


@compiles(_JsonRows, "postgresql")
def _rows_on_postgresql(element: _JsonRows, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST(json_agg(json_build_array({compiler.process(element.clauses, **options)})) AS text)"


@compiles(_Hex, "sqlite")
def _hex_on_sqlite(element: _Hex, compiler: SQLCompiler, **options: Any) -> str:
    return f"hex({compiler.process(element.clauses, **options)})"


@compiles(_Hex, "postgresql")
def _hex_on_postgresql(element: _Hex, compiler: SQLCompiler, **options: Any) -> str:
    return f"encode({compiler.process(element.clauses, **options)}, 'hex')"


def json_rows(*columns: Any) -> ColumnElement[str]:
    """Aggregate the selected columns of all rows into a JSON array of arrays.

    Without rows, the result is NULL or an empty array, depending on the database. Dates and timestamps are in ISO 8601
    format, timestamps in UTC (`+00:00`).
    """
    return _JsonRows(*columns)


def hexadecimal(column: Any) -> ColumnElement[str]:
    """Convert a binary column to hexadecimal text for `json_rows`. `bytes.fromhex` converts it back."""
    return _Hex(column)
