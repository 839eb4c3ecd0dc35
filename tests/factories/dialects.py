"""SQLAlchemy dialects that compile each statement once for all databases of a test process.

A test has its own databases and engines. By default, each engine compiles every statement again, which takes longer
than executing it.
"""

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

COMPILED_STATEMENTS: dict[Any, Any] = {}


class SharedStatements:
    """Mixin of a dialect: its engines share a cache of compiled statements.

    The key of a statement in the cache contains the dialect. All dialects of a class are therefore equal.
    """

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        engine.update_execution_options(compiled_cache=COMPILED_STATEMENTS)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))


class SharedSqlite(SharedStatements, SQLiteDialect_pysqlite):
    supports_statement_cache = True  # SQLAlchemy requires it in each class


class SharedPsycopg(SharedStatements, PGDialect_psycopg):
    supports_statement_cache = True


def share_compiled_statements() -> None:
    """Use the dialects of this module for all engines that are created from now on."""
    for name, dialect in (("sqlite", SharedSqlite), ("postgresql.psycopg", SharedPsycopg)):
        registry.register(name, __name__, dialect.__name__)
