"""The commands `twentyone backup` and `twentyone restore`, which save and restore the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from app.backups import postgresql_archives, sqlite_files
from app.backups.atomic_write import move_into_place, working_directory
from app.backups.database_contents import BackupError
from app.backups.finish_restore import RestoreResult, finish_restore
from app.core.console import err, load_settings, open_database, out, pluralize, reporting_database_errors
from app.core.crypto.key_ring import UnknownKey
from app.core.db.migrations import revisions
from app.core.errors import Unavailable
from app.privacy.erasure_commands import report_missing_keys

MEGABYTE = 10**6

Programs = Annotated[
    Path | None,
    typer.Option(
        "--programs",
        envvar="TWENTYONE_POSTGRESQL_PROGRAMS",
        help="The directory of PostgreSQL's pg_dump and pg_restore, if they aren't on PATH.",
    ),
]


@contextmanager
def _reporting_errors() -> Iterator[None]:
    """Print expected errors without a traceback, and exit with code 1."""
    try:
        with reporting_database_errors():
            yield
    except (BackupError, UnknownKey, Unavailable) as error:
        err.print(escape(str(error)))
        raise typer.Exit(1) from None
    except OSError as error:
        err.print(escape(f"{error.filename or 'The file'}: {error.strerror}."))
        raise typer.Exit(1) from None


def backup(
    path: Annotated[Path, typer.Argument(help="The file to write.")],
    *,
    programs: Programs = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
) -> None:
    """Write a backup of the database to a file, while the service runs.

    The secrets (key ring) and the log of erased members are not included; back them up separately.
    """
    started_at = datetime.now(UTC)
    with _reporting_errors(), open_database() as database, working_directory(path) as directory:
        if path.is_dir() or (path.exists() and not force):
            raise BackupError(f"{path} already exists. Use --force to overwrite it.")
        temporary = directory / path.name
        if database.url.get_backend_name() == "sqlite":
            contents = sqlite_files.write_backup(database, temporary)
        else:
            contents = postgresql_archives.write_backup(database, temporary, programs)
        move_into_place(temporary, path)
        size = path.stat().st_size / MEGABYTE
    out.print(
        escape(
            f"{path}: {pluralize(contents.members, 'member')}, {size:.1f} MB, revision {contents.revision}, "
            f"as of {started_at:%Y-%m-%d %H:%M:%S} UTC."
        )
    )


def restore(
    path: Annotated[Path, typer.Argument(help="A file written by `twentyone backup`.")],
    *,
    programs: Programs = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="SQLite only: replace a database with members, and rename the old file.")
    ] = False,
) -> None:
    """Restore a backup, after all servers have been stopped.

    The database is then migrated to this version, and members who were erased after the backup are erased again.
    """
    settings = load_settings()
    previous_file = None
    finish = partial(finish_restore, settings=settings, now=datetime.now(UTC))
    with _reporting_errors(), open_database() as database:
        if not path.is_file():
            raise BackupError(f"{path} doesn't exist or isn't a file.")
        if database.url.get_backend_name() == "sqlite":
            settings.create_var_dir()
            result, previous_file = sqlite_files.restore(database.url, path, finish, replace=replace)
        else:
            result = postgresql_archives.restore(database, path, finish, programs)
    out.print(
        escape(
            f"Restored {path}: {pluralize(result.members, 'member')}, revision {revisions()[0]}, "
            f"{pluralize(result.erased, 'erasure')} repeated."
        )
    )
    if previous_file:
        out.print(
            escape(
                f"The previous database is now {previous_file}. Delete it when you no longer need it: "
                "it may contain erased members."
            )
        )
    if not settings.erasures.exists():
        err.print(
            escape(
                f"There is no erasure log at {settings.erasures}. If members were erased, restore the file and run "
                "`twentyone accounts reapply-erasures`."
            )
        )
    _report_missing_keys(result)


def _report_missing_keys(result: RestoreResult) -> None:
    if result.missing_erasure_keys:
        report_missing_keys(result.missing_erasure_keys)
    if result.missing_member_keys:
        key_ids = ", ".join(sorted(result.missing_member_keys))
        err.print(
            f"Members' data is encrypted with {key_ids}, which isn't in the key ring. "
            "Append it to the key ring, after the other secrets."
        )
    if result.missing_erasure_keys or result.missing_member_keys:
        raise typer.Exit(1)
