"""Rows of another table as one JSON column, so that a row and what belongs to it come in one round trip, once each."""

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
        compiler.process(each, **options) + (" || '+00:00'" if isinstance(each.type, UtcDateTime) else "")
        for each in element.clauses
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
    """An aggregate: the columns of all rows, as a JSON array of arrays, or NULL without rows. Moments and dates are
    in it as ISO 8601, moments with the offset `+00:00`.
    """
    return _JsonRows(*columns)


def hexadecimal(column: Any) -> ColumnElement[str]:
    """Bytes as text for `json_rows`; `bytes.fromhex` reads it."""
    return _Hex(column)
