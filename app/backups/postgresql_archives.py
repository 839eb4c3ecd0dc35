"""Back up PostgreSQL databases with pg_dump, and restore them with pg_restore."""

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Connection, insert, text, update

from app.backups.database_contents import (
    RESTORED_VERSION_TABLE,
    UNFINISHED_RESTORE,
    VERSION_TABLE,
    BackupError,
    DatabaseContents,
    require_known_revision,
)
from app.backups.finish_restore import FinishRestore, RestoreResult
from app.core.console import pluralize
from app.core.db.database import Database
from app.core.db.migrations import revisions, upgrade
from app.tables import metadata

ENTRY_PATTERN = re.compile(r"^\d+; \d+ \d+ (?P<kind>TABLE DATA|TABLE|CONSTRAINT) \S+ (?P<table>\S+) ", re.MULTILINE)
REVISION_PATTERN = re.compile(r"^COPY \S*alembic_version\b.*\n(\S+)$", re.MULTILINE)
MAJOR_VERSION_PATTERN = re.compile(r"\) (\d+)")
OTHER_CONNECTIONS = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND usesysid IS NOT NULL AND pid <> pg_backend_pid()"
)


@dataclass(frozen=True, slots=True)
class ClientPrograms:
    """PostgreSQL's client programs, such as pg_dump, found in a directory or on PATH.

    The password is passed in an environment variable, so that it is not visible in the process list.
    """

    url: URL
    directory: Path | None

    def run(self, name: str, *arguments: str) -> str:
        """Run a program and return its output. Raise BackupError if it is missing or fails."""
        program = shutil.which(name, path=str(self.directory) if self.directory else None)
        if program is None:
            raise BackupError(
                f"{name} wasn't found in {self.directory or 'PATH'}. "
                "Install PostgreSQL's client programs, or set --programs to their directory."
            )
        command = [program, *arguments]
        process = subprocess.run(command, env=self.environment, capture_output=True, check=False)  # noqa: S603 - no shell
        if process.returncode:
            message = process.stderr.decode(errors="replace").strip() or f"Exit code {process.returncode}."
            raise BackupError(f"{name} failed. {message[-1000:]}")
        return process.stdout.decode(errors="replace")

    @property
    def environment(self) -> dict[str, str]:
        password = self.url.password or self.url.query.get("password")
        return os.environ | ({"PGPASSWORD": str(password)} if password else {})

    @property
    def database(self) -> str:
        query = {name: value for name, value in self.url.query.items() if name != "password"}
        address = URL.create(
            "postgresql", self.url.username, None, self.url.host, self.url.port, self.url.database, query
        )
        return f"--dbname={address.render_as_string()}"


def write_backup(database: Database, path: Path, directory: Path | None) -> DatabaseContents:
    """Dump the database to a file, then read the whole file to verify it.

    `directory` contains pg_dump and pg_restore. If it is None, they are searched for on PATH.
    """
    programs = ClientPrograms(database.url, directory)
    with database.snapshot() as session:
        connection = session.connection
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        _require_recent_pg_dump(programs, connection)
        contents = DatabaseContents.read(connection).require_complete(database.url.database)
        snapshot_id = connection.scalar(text("SELECT pg_export_snapshot()"))
        programs.run("pg_dump", "--format=custom", f"--snapshot={snapshot_id}", f"--file={path}", programs.database)
    _read_archive(programs, path)
    return contents


def restore(database: Database, backup: Path, finish: FinishRestore, directory: Path | None) -> RestoreResult:
    """Replace the database with the contents of a backup, then migrate it and call `finish`.

    The tables are restored in one transaction. Until `finish` has succeeded, the database is marked as
    UNFINISHED_RESTORE, so that servers and migrations refuse it.
    """
    programs = ClientPrograms(database.url, directory)
    entries, revision = _read_archive(programs, backup)
    require_known_revision(backup, revision)
    _drop_tables(database, {entry["table"] for entry in ENTRY_PATTERN.finditer(entries)})
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as entry_list:
        entry_list.writelines(line for line in entries.splitlines(keepends=True) if not _is_version_table(line))
        entry_list.flush()
        options = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
        programs.run("pg_restore", *options, f"--use-list={entry_list.name}", programs.database, str(backup))
    with database.transaction() as session:
        RESTORED_VERSION_TABLE.create(session.connection)
        session.execute(insert(RESTORED_VERSION_TABLE).values(version_num=revision))
    upgrade(database.url, revision_table=RESTORED_VERSION_TABLE.name)
    result = finish(database)
    with database.transaction() as session:
        RESTORED_VERSION_TABLE.drop(session.connection)
        session.execute(update(VERSION_TABLE).values(version_num=revisions()[0]))
        session.connection.exec_driver_sql("ANALYZE")
        return result


def _require_recent_pg_dump(programs: ClientPrograms, connection: Connection) -> None:
    version = programs.run("pg_dump", "--version")
    major = MAJOR_VERSION_PATTERN.search(version)
    server_version = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10000
    if major is None or int(major[1]) < server_version:
        raise BackupError(
            f"{version.strip()} is older than the server. Install the client programs of PostgreSQL {server_version}."
        )


def _read_archive(programs: ClientPrograms, archive: Path) -> tuple[str, str]:
    """Return the table of contents and the schema revision of a backup file.

    Raise BackupError if the file is damaged or was not written by this application.
    """
    try:
        entries = programs.run("pg_restore", "--list", str(archive))
        version = programs.run("pg_restore", "--data-only", f"--table={VERSION_TABLE.name}", "--file=-", str(archive))
        programs.run("pg_restore", f"--file={os.devnull}", str(archive))
    except BackupError as error:
        raise BackupError(f"{archive} is damaged or not a backup. {error}") from None
    revision = REVISION_PATTERN.search(version)
    if revision is None:
        raise BackupError(f"{archive} has no tables of this application.")
    return entries, revision[1]


def _is_version_table(line: str) -> bool:
    entry = ENTRY_PATTERN.match(line)
    return entry is not None and entry["table"] == VERSION_TABLE.name


def _drop_tables(database: Database, names: set[str]) -> None:
    """Drop all tables, and mark the database as UNFINISHED_RESTORE.

    Raise BackupError if the database is in use or contains members.
    """
    with database.transaction() as session:
        connection = session.connection
        other_connections = connection.scalar(OTHER_CONNECTIONS)
        if other_connections:
            raise BackupError(
                f"The database has {pluralize(other_connections, 'other connection')}. "
                "Stop all programs that use it and try again."
            )
        contents = DatabaseContents.read(connection)
        if not (contents.is_replaceable and contents.revision in {None, UNFINISHED_RESTORE, *revisions()}):
            raise BackupError(
                f"The database isn't empty: it has {pluralize(contents.members, 'member')}. "
                "Create an empty one with `createdb NAME` and set TWENTYONE_DATABASE_URL to it."
            )
        quote = connection.dialect.identifier_preparer.quote
        names = names | {*metadata.tables, VERSION_TABLE.name, RESTORED_VERSION_TABLE.name}
        tables = ", ".join(map(quote, sorted(names)))
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {tables} CASCADE")
        VERSION_TABLE.create(connection)
        connection.execute(insert(VERSION_TABLE).values(version_num=UNFINISHED_RESTORE))
