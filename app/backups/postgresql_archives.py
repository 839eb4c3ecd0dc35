"""Backups of PostgreSQL: archives that its own pg_dump writes and pg_restore reads."""

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Connection, insert, text, update

from app.backups.contents import RESTORED, UNFINISHED, VERSION, Contents, NotDone, check_known
from app.backups.finishing import Finish, Restored
from app.core.console import counted
from app.core.db.database import Database
from app.core.db.migrations import revisions, upgrade
from app.tables import metadata

ENTRY = re.compile(r"^\d+; \d+ \d+ (?P<kind>TABLE DATA|TABLE|CONSTRAINT) \S+ (?P<table>\S+) ", re.MULTILINE)
REVISION = re.compile(r"^COPY \S*alembic_version\b.*\n(\S+)$", re.MULTILINE)
MAJOR = re.compile(r"\) (\d+)")
OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND usesysid IS NOT NULL AND pid <> pg_backend_pid()"
)


@dataclass(frozen=True, slots=True)
class Programs:
    """PostgreSQL's own, from a folder or from PATH, for one database. The password is not where others see it."""

    url: URL
    folder: Path | None

    def run(self, name: str, *arguments: str) -> str:
        """What it prints. Raises NotDone."""
        program = shutil.which(name, path=str(self.folder) if self.folder else None)
        if program is None:
            where = self.folder or "PATH"
            raise NotDone(f"There is no {name} in {where}: install PostgreSQL's client programs, or name their folder.")
        command = [program, *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, check=False)  # noqa: S603 - no shell
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip() or f"it ended with {done.returncode}"
            raise NotDone(f"{name} failed. {said[-1000:]}")
        return done.stdout.decode(errors="replace")

    @property
    def environment(self) -> dict[str, str]:
        password = self.url.password or self.url.query.get("password")
        return os.environ | ({"PGPASSWORD": str(password)} if password else {})

    @property
    def database(self) -> str:
        query = {name: value for name, value in self.url.query.items() if name != "password"}
        where = URL.create(
            "postgresql", self.url.username, None, self.url.host, self.url.port, self.url.database, query
        )
        return f"--dbname={where.render_as_string()}"


def copy(database: Database, into: Path, folder: Path | None) -> Contents:
    """One moment of it, which is read while others write; then read back as a whole."""
    programs = Programs(database.url, folder)
    with database.snapshot() as session:
        connection = session.connection
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        _check_age(programs, connection)
        contents = Contents.of(connection).check(database.url.database)
        moment = connection.scalar(text("SELECT pg_export_snapshot()"))
        programs.run("pg_dump", "--format=custom", f"--snapshot={moment}", f"--file={into}", programs.database)
    _read(programs, into)
    return contents


def restore(database: Database, backup: Path, finish: Finish, folder: Path | None) -> Restored:
    """All tables in one transaction; until the last step, no server is ready with them and nothing migrates them."""
    programs = Programs(database.url, folder)
    entries, revision = _read(programs, backup)
    check_known(backup, revision)
    _make_room(database, {found["table"] for found in ENTRY.finditer(entries)})
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as wanted:
        wanted.writelines(line for line in entries.splitlines(keepends=True) if not _is_of_version(line))
        wanted.flush()
        how = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", f"--use-list={wanted.name}")
        programs.run("pg_restore", *how, programs.database, str(backup))
    with database.transaction() as session:
        RESTORED.create(session.connection)
        session.execute(insert(RESTORED).values(version_num=revision))
    upgrade(database.url, noted_in=RESTORED.name)
    restored = finish(database)
    with database.transaction() as session:
        RESTORED.drop(session.connection)
        session.execute(update(VERSION).values(version_num=revisions()[0]))
        session.connection.exec_driver_sql("ANALYZE")
        return restored


def _check_age(programs: Programs, connection: Connection) -> None:
    version = programs.run("pg_dump", "--version")
    major = MAJOR.search(version)
    server = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one()) // 10000
    if major is None or int(major[1]) < server:
        raise NotDone(f"{version.strip()} is older than the server, which is PostgreSQL {server}: install its own.")


def _read(programs: Programs, archive: Path) -> tuple[str, str]:
    """The list of what is in it, and the revision of its tables. Raises NotDone unless it is whole, and one of ours."""
    try:
        entries = programs.run("pg_restore", "--list", str(archive))
        version = programs.run("pg_restore", "--data-only", f"--table={VERSION.name}", "--file=-", str(archive))
        programs.run("pg_restore", f"--file={os.devnull}", str(archive))
    except NotDone as error:
        raise NotDone(f"{archive} can't be read as a whole. {error}") from None
    revision = REVISION.search(version)
    if revision is None:
        raise NotDone(f"{archive} holds no tables of this application.")
    return entries, revision[1]


def _is_of_version(line: str) -> bool:
    found = ENTRY.match(line)
    return found is not None and found["table"] == VERSION.name


def _make_room(database: Database, names: set[str]) -> None:
    """No tables but the mark of a restore that isn't finished. Raises NotDone when somebody is connected, and when
    something is there that can't be loaded again.
    """
    with database.transaction() as session:
        connection = session.connection
        others = connection.scalar(OTHERS)
        if others:
            raise NotDone(
                f"{counted(others, 'other connection')} to the database: stop what uses it, and run this again."
            )
        there = Contents.of(connection)
        if not (there.may_go and there.revision in {None, UNFINISHED, *revisions()}):
            raise NotDone(
                f"The database isn't empty: it has {counted(there.members, 'member')}. "
                "Make an empty one beside it (createdb NAME), and name that in TWENTYONE_DATABASE_URL."
            )
        quoted = connection.dialect.identifier_preparer.quote
        tables = ", ".join(map(quoted, sorted(names | {*metadata.tables, VERSION.name, RESTORED.name})))
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {tables} CASCADE")
        VERSION.create(connection)
        connection.execute(insert(VERSION).values(version_num=UNFINISHED))
