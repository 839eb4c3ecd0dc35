"""Sessions: Core statements over one connection, and the one place where a transaction is committed."""

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
    """A transaction that starts with the statement `begin`: committed at the end, rolled back by an exception."""
    with engine.connect() as connection:
        connection.exec_driver_sql(begin)
        yield connection
        try:
            connection.commit()
        except BaseException:
            connection.invalidate()  # it may be in a transaction still, whatever SQLAlchemy assumes
            raise


class Session:
    """Core statements over one `Connection`. It begins and commits nothing itself."""

    def __init__(self, connection: Connection | None = None) -> None:
        self._connection = connection

    @property
    def connection(self) -> Connection:
        if self._connection is None:
            self._connection = self._connected()
        return self._connection

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.connection.dialect.name

    def execute(
        self, statement: Executable, values: Values | Sequence[Values] | None = None
    ) -> CursorResult[*tuple[Any, ...]]:
        return self.connection.execute(statement, values)

    def fetch(self, statement: Executable, values: Values) -> Rows:
        """All rows of a SELECT. A session that checks who uses it may do so in the same round trip."""
        return self.connection.execute(statement, values).all()

    def scalar(self, statement: Executable, values: Values | None = None) -> Any:
        """The first column of the first row; None without a row."""
        return self.connection.execute(statement, values).scalar()

    def insert(self, row: Table) -> None:
        """Insert a row, now."""
        self.connection.execute(insert(type(row)), row.model_dump())

    def upsert(self, table: type[Table], rows: Sequence[Values]) -> None:
        """Insert rows that name the same columns; a row whose key exists is updated."""
        if rows:
            connection = self.connection
            connection.execute(_upsert(table, tuple(rows[0]), connection.dialect.name), rows)

    def update(self, table: type[Table], key: Values, values: Values) -> None:
        """Update the row with this key."""
        named = {f"this_{name}": value for name, value in key.items()}
        self.connection.execute(_update(table, tuple(key), tuple(values)), {**named, **values})

    def insert_or(self, table: type[Table]) -> postgresql.Insert | sqlite.Insert:
        """An INSERT that may say `on_conflict_do_update` or `on_conflict_do_nothing`."""
        return postgresql.insert(table) if self.dialect == "postgresql" else sqlite.insert(table)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undoes what is written inside if it raises; the transaction continues."""
        with self.connection.begin_nested():
            yield

    def _connected(self) -> Connection:
        raise AssertionError("The session is not open.")


@contextmanager
def session_of(connected: AbstractContextManager[Connection]) -> Iterator[Session]:
    """A session on a transaction, which a refusal that keeps its writes does not roll back."""
    kept: AppError | None = None
    with connected as connection:
        try:
            yield Session(connection)
        except AppError as refusal:
            if not refusal.keeps_writes:
                raise
            kept = refusal
    if kept:
        raise kept


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
    same = (rows.c[name] == bindparam(f"this_{name}") for name in key)
    return update(rows).where(*same).values({name: bindparam(name) for name in names})


def delete_noting(session: Session, rows: Delete, table: type[Any], noted_in: type[Table] | None) -> int:
    """Delete rows, and insert their keys into the table that remembers them, if there is one. Returns how many."""
    if noted_in is None:
        return session.execute(rows).rowcount
    keys = session.execute(rows.returning(*inspect(table).primary_key)).all()
    if keys:
        session.execute(session.insert_or(noted_in).on_conflict_do_nothing(), [key._asdict() for key in keys])
    return len(keys)
