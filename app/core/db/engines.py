"""Engines: how connections to SQLite and PostgreSQL are made and kept, and how their transactions begin.

No driver begins a transaction of its own accord: an engine as it is made commits each statement, and `beginning` makes
one whose transactions begin as they should. Nothing has to be switched when a connection passes from one to the other.
"""

import math
import sqlite3
import time
from types import ModuleType
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

from app.core.db.deadline import left
from app.core.db.pool import HastyPool
from app.core.db.postgresql import PatientConnection

try:
    import pysqlite3  # a SQLite without the WAL-reset fault (docs/decisions/sqlite.md), where its wheel exists
except ImportError:  # pragma: no cover
    pysqlite3 = None

AGAIN = 0.02  # seconds after which what SQLite refused is tried again
IDLE = 1.0  # seconds after which a connection to PostgreSQL is tried before it is used
TRYING = 1.0  # seconds that this may take, so that a request has some left for a new one
GRACE = 1.25  # by which PostgreSQL, which ends what takes too long, may be late until it is given up


def sqlite_driver() -> ModuleType:
    return pysqlite3 or sqlite3


def beginning(engine: Engine, statement: str, *, patience: float | None = None) -> Engine:
    """The same connections, in transactions that begin with that statement. (A listener to SQLAlchemy's `begin` would
    slow down each statement of its engine.) Patience is for the file's lock on SQLite, which is only waited for there.
    """
    other = create_engine(engine.url, module=engine.dialect.dbapi, pool=engine.pool, hide_parameters=True)

    def begin(connection: Any) -> None:
        if patience is not None:  # to a tenth of a second: each statement more is one more that the driver keeps
            connection.execute(f"PRAGMA busy_timeout = {round(10 * left(patience)) * 100}")
        connection.execute(statement)

    other.dialect.do_begin = begin  # type: ignore[assignment,method-assign]
    return other


PRAGMAS = {  # of every connection to SQLite
    "foreign_keys": "ON",
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "secure_delete": "ON",
    "wal_autocheckpoint": "4000",
    "cache_size": "-4096",  # KiB
}


def sqlite_engine(url: URL, *, pool_size: int, patience: float, pragmas: dict[str, str] | None = None) -> Engine:
    settings = {"busy_timeout": str(round(patience * 1000)), **PRAGMAS, **(pragmas or {})}
    engine = create_engine(
        url,
        module=sqlite_driver(),
        poolclass=HastyPool,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=patience,
        hide_parameters=True,
        connect_args={"check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        give_up = time.monotonic() + patience
        for name, value in settings.items():
            while not _is_set(connection, f"PRAGMA {name} = {value}", or_later=time.monotonic() < give_up):
                time.sleep(AGAIN)

    return engine


def _is_set(connection: Any, pragma: str, *, or_later: bool) -> bool:
    """SQLite's own patience isn't for the first WAL of a file, which somebody else may be making at this moment."""
    try:
        connection.execute(pragma)
    except sqlite_driver().OperationalError as error:
        if not or_later or "locked" not in str(error):
            raise
        return False
    return True


def postgresql_engine(url: URL, *, pool_size: int, patience: float) -> Engine:
    milliseconds = round(patience * 1000)
    limits = {
        "statement_timeout": milliseconds,
        "lock_timeout": milliseconds,
        "idle_in_transaction_session_timeout": 4 * milliseconds,
        "client_connection_check_interval": 500,  # ends the statement of a client that gave it up
        "timezone": "UTC",
    }
    engine = create_engine(
        url,
        poolclass=HastyPool,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=patience,
        hide_parameters=True,
        connect_args={
            "autocommit": True,
            "connect_timeout": 3,  # by when the connection has given up itself
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 2,
            "tcp_user_timeout": 5 * 1000,  # a host that is gone is noticed where nobody waits for it
            "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
        },
    )

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: object, _record: object, arguments: list[Any], options: dict[str, Any]) -> PatientConnection:
        connection = PatientConnection.connect(*arguments, **options)
        connection.patience = GRACE * patience
        return connection

    @event.listens_for(engine, "checkin")
    def note_use(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["used_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def check_alive(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        """One that has been idle is tried first; one that was in use just now isn't, which spares a round trip."""
        if time.monotonic() - record.info.get("used_at", math.inf) > IDLE:
            connection.patience = min(TRYING, patience)
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error:
                raise InvalidatePoolError from None
            connection.patience = GRACE * patience

    return engine
