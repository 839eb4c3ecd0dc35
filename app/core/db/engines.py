"""Engines for SQLite and PostgreSQL, connection checks, and interruption of statements.

All drivers are in autocommit mode. `core/db/session.py` begins transactions with an explicit statement.
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
    import pysqlite3  # SQLite without the WAL-reset bug (docs/decisions/sqlite.md); not built for all platforms
except ImportError:  # pragma: no cover
    pysqlite3 = None

RETRY_SECONDS = 0.02  # pause between attempts to open a file that another process is creating
IDLE_CHECK_SECONDS = 1.0  # a PostgreSQL connection that was idle for longer is checked before use
CHECK_TIMEOUT_SECONDS = 1.0  # short enough that a request can still open a new connection
CONNECT_TIMEOUT_SECONDS = 2  # the minimum that libpq allows

PRAGMAS = {
    "foreign_keys": "ON",
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "secure_delete": "ON",
    "wal_autocheckpoint": "4000",
    "cache_size": "-4096",  # a negative value is in KiB
}


def sqlite_driver() -> ModuleType:
    return pysqlite3 or sqlite3


def sqlite_engine(url: URL, *, pool_size: int, timeout: float, pragmas: dict[str, str] | None = None) -> Engine:
    """Create a SQLite engine. `timeout` is the longest wait, in seconds, for the write lock or a connection."""
    settings = {"busy_timeout": str(round(timeout * 1000)), **PRAGMAS, **(pragmas or {})}
    engine = create_engine(
        url,
        module=sqlite_driver(),
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=timeout,
        pool_use_lifo=True,  # prefer the most recently used connection, which has the warmest cache
        hide_parameters=True,
        connect_args={"check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def apply_pragmas(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        deadline = time.monotonic() + timeout
        for name, value in settings.items():
            while not _set_pragma(connection, f"PRAGMA {name} = {value}", retry=time.monotonic() < deadline):
                time.sleep(RETRY_SECONDS)

    return engine


def _set_pragma(connection: Any, pragma: str, *, retry: bool) -> bool:
    """Apply a PRAGMA. Return False if the database is locked and the caller should retry.

    This can happen while another process switches a new file to WAL mode, which `busy_timeout` does not cover.
    """
    try:
        connection.execute(pragma)
    except sqlite_driver().OperationalError as error:
        if not retry or "locked" not in str(error):
            raise
        return False
    return True


def postgresql_engine(url: URL, *, pool_size: int, timeout: float) -> Engine:
    """Create a PostgreSQL engine.

    `timeout`, in seconds, limits each statement, each wait for a lock, and each wait for a pooled connection.
    """
    milliseconds = round(timeout * 1000)
    limits = {
        "statement_timeout": milliseconds,
        "lock_timeout": milliseconds,
        "idle_in_transaction_session_timeout": 4 * milliseconds,
        "client_connection_check_interval": 500,  # milliseconds between checks whether the client is connected
        "timezone": "UTC",
    }
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=timeout,
        pool_use_lifo=True,
        hide_parameters=True,
        connect_args={
            "autocommit": True,
            "connect_timeout": CONNECT_TIMEOUT_SECONDS,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 2,
            "tcp_user_timeout": 5 * 1000,  # milliseconds until an unreachable host is detected
            "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
        },
    )

    @event.listens_for(engine, "checkin")
    def record_use(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["used_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def check_idle(connection: psycopg.Connection[Any], record: ConnectionPoolEntry, _proxy: object) -> None:
        """Check that a connection still works if it has been idle.

        Recently used connections are not checked, to save a round trip.
        """
        idle = time.monotonic() - record.info.get("used_at", time.monotonic())
        if idle > IDLE_CHECK_SECONDS and not is_alive(connection, CHECK_TIMEOUT_SECONDS):
            raise InvalidatePoolError

    return engine


def is_alive(connection: psycopg.Connection[Any], timeout: float) -> bool:
    """Return whether the server responds to an empty query within `timeout` seconds.

    `Connection.execute` of psycopg has no timeout.
    """
    protocol = connection.pgconn
    try:
        protocol.send_query(b"")
        deadline = time.monotonic() + timeout
        while protocol.is_busy():
            if not select.select([protocol.socket], [], [], max(0.0, deadline - time.monotonic()))[0]:
                connection.close()
                return False
            protocol.consume_input()
        while protocol.get_result():
            pass
    except (psycopg.Error, OSError, ValueError):
        return False
    return protocol.status == ConnStatus.OK


def interrupt(connection: Connection) -> None:
    """Interrupt the current statement of a connection that another thread uses.

    The statement fails. On PostgreSQL, the connection is closed too.
    """
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        driver.interrupt()
        return
    with socket.socket(fileno=os.dup(driver.fileno())) as duplicate:
        duplicate.shutdown(socket.SHUT_RDWR)
