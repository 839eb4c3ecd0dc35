"""Back up SQLite databases with SQLite's online backup API, and restore them."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection
from sqlalchemy.exc import DatabaseError, OperationalError

from app.backups.atomic_write import move_into_place, working_directory
from app.backups.database_contents import BackupError, DatabaseContents, require_known_revision
from app.backups.finish_restore import FinishRestore, RestoreResult
from app.core.console import COMMAND_TIMEOUT_SECONDS, pluralize
from app.core.db.database import Database
from app.core.db.engines import sqlite_driver, sqlite_engine
from app.core.db.migrations import upgrade

SQLITE_HEADER = b"SQLite format 3\0"
LOG_SUFFIXES = ("-wal", "-shm", "-journal")  # suffixes of the files that SQLite creates next to an open database


def write_backup(database: Database, path: Path) -> DatabaseContents:
    """Copy the database to a file.

    The copy is made in one step: one read transaction, which blocks no writers in WAL mode. If it were made in several
    steps, a write in between would restart it.
    """
    if not _database_file(database.url).is_file():
        raise BackupError(f"There is no database at {database.url.database}.")
    try:
        with closing(sqlite_driver().connect(path)) as target, database.autocommit() as session:
            source: Any = session.connection.connection.driver_connection
            source.backup(target)
    except sqlite_driver().Error as error:
        raise BackupError(f"The backup couldn't be written: {error}.") from None
    return _require_intact(path, database.url.database)


def restore(url: URL, backup: Path, finish: FinishRestore, *, replace: bool) -> tuple[RestoreResult, Path | None]:
    """Restore a backup in a temporary directory, then rename it to replace the database.

    The previous database file is renamed, not deleted. Return the result and the new path of this file, or None if
    there was no file.
    """
    target = _database_file(url)
    if backup.with_name(f"{backup.name}-wal").exists():
        raise BackupError(
            f"{backup} has a write-ahead log: it is a database in use, not a backup. "
            "Create a backup of it and restore that."
        )
    with working_directory(target) as directory:
        copy = directory / target.name
        shutil.copyfile(backup, copy)
        require_known_revision(backup, _require_intact(copy, backup).revision)
        with ExitStack() as stack:
            _lock_existing(stack, target, replace=replace)
            result = _migrate_and_finish(url.set(database=str(copy)), finish)
            _require_intact(copy, backup)
            previous_file = _move_aside(target)
            move_into_place(copy, target)
    return result, previous_file


def _migrate_and_finish(url: URL, finish: FinishRestore) -> RestoreResult:
    database = Database(url, pool_size=1, request_timeout=COMMAND_TIMEOUT_SECONDS)
    try:
        upgrade(url)
        return finish(database)
    finally:
        database.close()


def _database_file(url: URL) -> Path:
    if not url.database or url.database == ":memory:":
        raise BackupError("An in-memory database can't be backed up or restored.")
    return Path(url.database)


@contextmanager
def _connect_exclusively(path: Path) -> Iterator[Connection]:
    """Open a SQLite file with exclusive access. The file's WAL is merged into it.

    This fails if another process has the file open.
    """
    url = URL.create("sqlite", database=str(path))
    engine = sqlite_engine(url, pool_size=1, timeout=1, pragmas={"journal_mode": "DELETE"})
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _require_intact(path: Path, name: object) -> DatabaseContents:
    """Raise BackupError if the file is damaged, or not a complete database of this application."""
    try:
        with _connect_exclusively(path) as connection:
            messages = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
            if messages != ["ok"]:
                raise BackupError(f"{name} is damaged: {'; '.join(map(str, messages[:3]))}.")
            return DatabaseContents.read(connection).require_complete(name)
    except DatabaseError as error:
        raise BackupError(f"{name} is damaged or not a SQLite database: {error.orig}.") from None


def _lock_existing(stack: ExitStack, target: Path, *, replace: bool) -> None:
    """Lock an existing database file until `stack` is closed.

    Raise BackupError if the file is in use. Without `replace`, also raise it if the file is damaged or contains
    members.
    """
    if not target.exists():
        return
    try:
        if not _has_sqlite_header(target):
            problem = f"{target} is damaged or not a SQLite database"
        else:
            connection = stack.enter_context(_connect_exclusively(target))
            connection.exec_driver_sql("BEGIN EXCLUSIVE")
            contents = DatabaseContents.read(connection)
            members = pluralize(contents.members, "member")
            problem = "" if contents.is_replaceable else f"{target} isn't empty: it has {members}"
    except OperationalError as error:
        raise BackupError(f"{target} is in use ({error.orig}). Stop all programs that use it and try again.") from None
    except DatabaseError as error:
        problem = f"{target} is damaged ({error.orig})"
    if problem and not replace:
        raise BackupError(f"{problem}. Use --replace to restore anyway; the existing file is renamed.")


def _has_sqlite_header(path: Path) -> bool:
    """Return whether a file is empty or starts with the header of a SQLite database.

    Check this before SQLite opens the file, because SQLite deletes a WAL that it cannot use.
    """
    with path.open("rb") as file:
        return file.read(len(SQLITE_HEADER)) in {b"", SQLITE_HEADER}


def _move_aside(path: Path) -> Path | None:
    """Rename a database and the log files that SQLite created for it. Return the new path.

    The logs are renamed first. Otherwise SQLite could apply a remaining log to the next database at the old path.
    """
    previous_file = path.with_name(f"{path.name}.{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}")
    for suffix in (*LOG_SUFFIXES, ""):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(previous_file.with_name(previous_file.name + suffix))
    return previous_file if previous_file.exists() else None
