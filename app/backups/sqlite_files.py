"""Backups of SQLite: a database in one file, copied by SQLite itself."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection
from sqlalchemy.exc import DatabaseError, OperationalError

from app.backups.contents import Contents, NotDone, check_known
from app.backups.finishing import Finish, Restored
from app.backups.writing import put_in_place, working_folder
from app.core.console import PATIENCE, counted
from app.core.db.database import Database
from app.core.db.engines import sqlite_driver, sqlite_engine
from app.core.db.migrations import upgrade

MAGIC = b"SQLite format 3\0"
LOGS = ("-wal", "-shm", "-journal")  # what SQLite keeps beside a file that is in use


def copy(database: Database, into: Path) -> Contents:
    """In one step, which is one read transaction: it keeps no writer waiting (WAL), and no writer makes it begin anew,
    as one does with a copy in several steps.
    """
    if not _file_of(database.url).is_file():
        raise NotDone(f"There is no database at {database.url.database}.")
    try:
        with closing(sqlite_driver().connect(into)) as target, database.reading() as session:
            source: Any = session.connection.connection.driver_connection
            source.backup(target)
    except sqlite_driver().Error as error:
        raise NotDone(f"The copy couldn't be written: {error}.") from None
    return _checked(into, database.url.database)


def restore(url: URL, backup: Path, finish: Finish, *, replace: bool) -> tuple[Restored, Path | None]:
    """Made beside the database's place, and put there when all is done. The file that was there is kept, under the name
    that is returned.
    """
    place = _file_of(url)
    if backup.with_name(f"{backup.name}-wal").exists():
        raise NotDone(
            f"{backup} has a log beside it: it is a database in use, not a backup. Back it up, and restore that."
        )
    with working_folder(place) as folder:
        made = folder / place.name
        shutil.copyfile(backup, made)
        check_known(backup, _checked(made, backup).revision)
        with ExitStack() as stack:
            _hold(stack, place, replace=replace)
            restored = _finished(url.set(database=str(made)), finish)
            _checked(made, backup)
            kept = _set_aside(place)
            put_in_place(made, place)
    return restored, kept


def _finished(url: URL, finish: Finish) -> Restored:
    database = Database(url, pool_size=1, seconds=PATIENCE)
    try:
        upgrade(url)
        return finish(database)
    finally:
        database.close()


def _file_of(url: URL) -> Path:
    if not url.database or url.database == ":memory:":
        raise NotDone("The database is in memory only.")
    return Path(url.database)


@contextmanager
def _alone(path: Path) -> Iterator[Connection]:
    """Without a log, so that all is in one file; fails while somebody else has the database open."""
    url = URL.create("sqlite", database=str(path))
    engine = sqlite_engine(url, pool_size=1, patience=1, pragmas={"journal_mode": "DELETE"})
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _checked(path: Path, name: object) -> Contents:
    """Raises NotDone unless the file is whole, and one of ours."""
    try:
        with _alone(path) as connection:
            faults = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all()
            if faults != ["ok"]:
                raise NotDone(f"{name} is damaged: {'; '.join(map(str, faults[:3]))}.")
            return Contents.of(connection).check(name)
    except DatabaseError as error:
        raise NotDone(f"{name} is no SQLite database, or damaged: {error.orig}.") from None


def _hold(stack: ExitStack, place: Path, *, replace: bool) -> None:
    """Nobody opens the database that is there until the stack is left. Raises NotDone when somebody has it open, and
    when there is something in it that nobody said might go.
    """
    if not place.exists():
        return
    try:
        if not _looks_good(place):
            why = f"{place} is no SQLite database, or damaged"
        else:
            connection = stack.enter_context(_alone(place))
            connection.exec_driver_sql("BEGIN EXCLUSIVE")
            there = Contents.of(connection)
            why = "" if there.may_go else f"{place} isn't empty: it has {counted(there.members, 'member')}"
    except OperationalError as error:
        raise NotDone(f"{place} is in use ({error.orig}): stop what uses it, and run this again.") from None
    except DatabaseError as error:
        why = f"{place} is damaged ({error.orig})"
    if why and not replace:
        raise NotDone(f"{why}. --replace puts the backup there, and keeps what is there beside it.")


def _looks_good(place: Path) -> bool:
    """Asked before SQLite is, which takes away a log that it makes nothing of."""
    with place.open("rb") as file:
        return file.read(len(MAGIC)) in {b"", MAGIC}


def _set_aside(place: Path) -> Path | None:
    """The log goes first: SQLite would apply one that is left to whatever file has the name next."""
    kept = place.with_name(f"{place.name}.{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}")
    for end in (*LOGS, ""):
        part = place.with_name(place.name + end)
        if part.exists():
            part.rename(kept.with_name(kept.name + end))
    return kept if kept.exists() else None
