"""Database sessions that execute SQLAlchemy Core statements on one connection.

All transactions are committed by the function `transaction`.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    CursorResult,
    Delete,
    Engine,
    Executable,
    Insert,
    Row,
    Update,
    bindparam,
    insert,
    inspect,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from app.core.db.table import Table
from app.core.errors import AppError

Values = Mapping[str, Any]
Rows = Sequence[Row[*tuple[Any, ...]]]


@contextmanager
def transaction(engine: Engine, begin: str) -> Iterator[Connection]:
    """Open a transaction with the SQL statement `begin`. Commit it at the end, or roll it back on an exception."""
    with engine.connect() as connection:
        connection.exec_driver_sql(begin)
        yield connection
        try:
            connection.commit()
        except BaseException:
            connection.invalidate()  # the transaction may still be open, although SQLAlchemy assumes that it has ended
            raise


class Session:
    """Executes SQLAlchemy Core statements on one connection. It neither begins nor commits transactions."""

    def __init__(self, connection: Connection | None = None) -> None:
        self._connection = connection

    @property
    def connection(self) -> Connection:
        if self._connection is None:
            self._connection = self._open_connection()
        return self._connection

    @property
    def dialect(self) -> str:
        """The name of the database system: `sqlite` or `postgresql`."""
        return self.connection.dialect.name

    def execute(
        self, statement: Executable, values: Values | Sequence[Values] | None = None
    ) -> CursorResult[*tuple[Any, ...]]:
        return self.connection.execute(statement, values)

    def fetch(self, statement: Executable, values: Values) -> Rows:
        """Return all rows of a SELECT statement. Subclasses can add checks to the same database round trip."""
        return self.connection.execute(statement, values).all()

    def scalar(self, statement: Executable, values: Values | None = None) -> Any:
        """Return the first column of the first row, or None if the result is empty."""
        return self.connection.execute(statement, values).scalar()

    def insert(self, row: Table) -> None:
        """Insert a row. The INSERT statement is executed immediately, not at the next flush."""
        self.connection.execute(insert(type(row)), row.model_dump())

    def upsert(self, table: type[Table], rows: Sequence[Values]) -> None:
        """Insert rows, or update existing rows with the same primary key. All rows must have the same columns."""
        if rows:
            connection = self.connection
            connection.execute(_upsert(table, tuple(rows[0]), connection.dialect.name), rows)

    def update(self, table: type[Table], key: Values, values: Values) -> None:
        """Set `values` in the row with the given key."""
        key_values = {f"where_{name}": value for name, value in key.items()}
        self.connection.execute(_update(table, tuple(key), tuple(values)), {**key_values, **values})

    def dialect_insert(self, table: type[Table]) -> postgresql.Insert | sqlite.Insert:
        """Return an INSERT statement that supports `on_conflict_do_update` and `on_conflict_do_nothing`."""
        return postgresql.insert(table) if self.dialect == "postgresql" else sqlite.insert(table)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo the writes of the block if it raises an exception. The transaction continues."""
        with self.connection.begin_nested():
            yield

    def _open_connection(self) -> Connection:
        raise AssertionError("The session is not open.")


@contextmanager
def open_session(connect: AbstractContextManager[Connection]) -> Iterator[Session]:
    """Open a session for the block. An AppError with `commits_writes` set does not roll the transaction back."""
    raised_after_commit: AppError | None = None
    with connect as connection:
        try:
            yield Session(connection)
        except AppError as error:
            if not error.commits_writes:
                raise
            raised_after_commit = error
    if raised_after_commit:
        raise raised_after_commit


@cache
def _upsert(table: type[Any], names: Sequence[str], dialect: str) -> Insert:
    rows = table.__table__
    statement = postgresql.insert(rows) if dialect == "postgresql" else sqlite.insert(rows)
    statement = statement.values({name: bindparam(name) for name in names})
    key = [column.name for column in rows.primary_key]
    return statement.on_conflict_do_update(
        index_elements=key, set_={name: statement.excluded[name] for name in names if name not in key}
    )


@cache
def _update(table: type[Any], key: Sequence[str], names: Sequence[str]) -> Update:
    rows = table.__table__
    has_key = (rows.c[name] == bindparam(f"where_{name}") for name in key)
    return update(rows).where(*has_key).values({name: bindparam(name) for name in names})


def delete_with_tombstones(
    session: Session, statement: Delete, table: type[Any], tombstones: type[Table] | None
) -> int:
    """Execute a DELETE statement and return the number of deleted rows.

    If `tombstones` is given, record the primary keys of the deleted rows in that table.
    """
    if tombstones is None:
        return session.execute(statement).rowcount
    keys = session.execute(statement.returning(*inspect(table).primary_key)).all()
    if keys:
        session.execute(session.dialect_insert(tombstones).on_conflict_do_nothing(), [key._asdict() for key in keys])
    return len(keys)
