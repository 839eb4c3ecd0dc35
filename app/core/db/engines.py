"""Engines: how connections to SQLite and PostgreSQL are made, checked and interrupted.

No driver begins a transaction by itself: a connection commits each statement, until `core/db/session.py` begins a
transaction on it.
"""

import os
import select
import socket
import sqlite3
import time
from types import ModuleType
from typing import Any

import psycopg
from psycopg.pq import ConnStatus
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

try:
    import pysqlite3  # a SQLite without the WAL-reset fault (docs/decisions/sqlite.md), where its wheel exists
except ImportError:  # pragma: no cover
    pysqlite3 = None

RETRY = 0.02  # seconds between two attempts to open a file that another process is creating
IDLE = 1.0  # seconds after which a pooled connection to PostgreSQL is checked before it is used
CHECK = 1.0  # seconds that this check may take, so that a request has time left for a new connection
CONNECT = 2  # seconds that connecting to PostgreSQL may take: the least that libpq allows

PRAGMAS = {
    "foreign_keys": "ON",
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "secure_delete": "ON",
    "wal_autocheckpoint": "4000",
    "cache_size": "-4096",  # KiB
}


def sqlite_driver() -> ModuleType:
    return pysqlite3 or sqlite3


def sqlite_engine(url: URL, *, pool_size: int, patience: float, pragmas: dict[str, str] | None = None) -> Engine:
    """`patience` is the seconds to wait for the file's lock, and for a connection of the pool."""
    settings = {"busy_timeout": str(round(patience * 1000)), **PRAGMAS, **(pragmas or {})}
    engine = create_engine(
        url,
        module=sqlite_driver(),
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=patience,
        pool_use_lifo=True,  # the connection that was used last has most of what is read in its cache
        hide_parameters=True,
        connect_args={"check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        give_up = time.monotonic() + patience
        for name, value in settings.items():
            while not _is_set(connection, f"PRAGMA {name} = {value}", retry=time.monotonic() < give_up):
                time.sleep(RETRY)

    return engine


def _is_set(connection: Any, pragma: str, *, retry: bool) -> bool:
    """`busy_timeout` does not cover the switch of a new file to WAL, which another process may be making now."""
    try:
        connection.execute(pragma)
    except sqlite_driver().OperationalError as error:
        if not retry or "locked" not in str(error):
            raise
        return False
    return True


def postgresql_engine(url: URL, *, pool_size: int, patience: float) -> Engine:
    """`patience` is the seconds that a statement, a lock, and a connection of the pool are waited for."""
    milliseconds = round(patience * 1000)
    limits = {
        "statement_timeout": milliseconds,
        "lock_timeout": milliseconds,
        "idle_in_transaction_session_timeout": 4 * milliseconds,
        "client_connection_check_interval": 500,  # ends the statement of a client that closed its connection
        "timezone": "UTC",
    }
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=patience,
        pool_use_lifo=True,
        hide_parameters=True,
        connect_args={
            "autocommit": True,
            "connect_timeout": CONNECT,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 2,
            "tcp_user_timeout": 5 * 1000,  # an unreachable host is noticed where no request waits for it
            "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
        },
    )

    @event.listens_for(engine, "checkin")
    def note_use(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["used_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def check_idle(connection: psycopg.Connection[Any], record: ConnectionPoolEntry, _proxy: object) -> None:
        """Connections that were idle are checked first; a busy pool saves this round trip."""
        idle = time.monotonic() - record.info.get("used_at", time.monotonic())
        if idle > IDLE and not is_alive(connection, CHECK):
            raise InvalidatePoolError

    return engine


def is_alive(connection: psycopg.Connection[Any], seconds: float) -> bool:
    """Whether the server answers an empty query in time. `Connection.execute` would wait for as long as it takes."""
    protocol = connection.pgconn
    try:
        protocol.send_query(b"")
        give_up = time.monotonic() + seconds
        while protocol.is_busy():
            if not select.select([protocol.socket], [], [], max(0.0, give_up - time.monotonic()))[0]:
                connection.close()
                return False
            protocol.consume_input()
        while protocol.get_result():
            pass
    except (psycopg.Error, OSError, ValueError):
        return False
    return protocol.status == ConnStatus.OK


def interrupt(connection: Connection) -> None:
    """End what a connection does, from another thread: the statement fails, and the connection is discarded."""
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        driver.interrupt()
        return
    with socket.socket(fileno=os.dup(driver.fileno())) as other:
        other.shutdown(socket.SHUT_RDWR)
