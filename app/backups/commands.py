"""`twentyone backup` and `twentyone restore`."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from app.backups import postgresql_archives, sqlite_files
from app.backups.contents import NotDone
from app.backups.finishing import Restored, finish
from app.backups.writing import put_in_place, working_folder
from app.core.console import counted, database_told, err, opened, out, read_settings
from app.core.crypto.key_ring import UnknownKey
from app.core.db.migrations import revisions
from app.core.errors import Unavailable
from app.privacy.erasure_commands import tell_unread

MEGABYTE = 10**6

Programs = Annotated[
    Path | None,
    typer.Option(
        "--programs",
        envvar="TWENTYONE_POSTGRESQL_PROGRAMS",
        help="The folder of PostgreSQL's pg_dump and pg_restore, unless they are on PATH.",
    ),
]


@contextmanager
def _told() -> Iterator[None]:
    """Says why it can't be done, and ends with exit code 1."""
    try:
        with database_told():
            yield
    except (NotDone, UnknownKey, Unavailable) as error:
        err.print(escape(str(error)))
        raise typer.Exit(1) from None
    except OSError as error:
        err.print(escape(f"{error.filename or 'The file'}: {error.strerror}."))
        raise typer.Exit(1) from None


def backup(
    path: Annotated[Path, typer.Argument(help="The file to write.")],
    *,
    programs: Programs = None,
    force: Annotated[bool, typer.Option("--force", help="In the place of a file that is there.")] = False,
) -> None:
    """Copy the database into a file, while the service goes on. The ring of secrets and the erasures aren't in it."""
    began = datetime.now(UTC)
    with _told(), opened() as database, working_folder(path) as folder:
        if path.is_dir() or (path.exists() and not force):
            raise NotDone(f"{path} is there already. --force puts the backup in its place.")
        made = folder / path.name
        if database.url.get_backend_name() == "sqlite":
            contents = sqlite_files.copy(database, made)
        else:
            contents = postgresql_archives.copy(database, made, programs)
        put_in_place(made, path)
        size = path.stat().st_size / MEGABYTE
    out.print(
        escape(
            f"{path}: {counted(contents.members, 'member')}, {size:.1f} MB, tables of {contents.revision}, "
            f"as of {began:%Y-%m-%d %H:%M:%S} UTC."
        )
    )


def restore(
    path: Annotated[Path, typer.Argument(help="What `twentyone backup` wrote.")],
    *,
    programs: Programs = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="On SQLite: in the place of a database with members, which is kept.")
    ] = False,
) -> None:
    """Bring a backup back, with the tables of this version, and erase again whoever was erased since. No server may run
    meanwhile.
    """
    settings = read_settings()
    kept = None
    finishing = partial(finish, settings=settings, now=datetime.now(UTC))
    with _told(), opened() as database:
        if not path.is_file():
            raise NotDone(f"There is no file {path}.")
        if database.url.get_backend_name() == "sqlite":
            settings.make_var_dir()
            restored, kept = sqlite_files.restore(database.url, path, finishing, replace=replace)
        else:
            restored = postgresql_archives.restore(database, path, finishing, programs)
    out.print(
        escape(
            f"{path} was restored: {counted(restored.members, 'member')}, tables of {revisions()[0]}; "
            f"{counted(restored.erased, 'member')} erased again."
        )
    )
    if kept:
        out.print(
            escape(f"What was there is kept as {kept}: delete it once you don't need it, for nobody is erased in it.")
        )
    if not settings.erasures.exists():
        err.print(escape(f"There are no erasures at {settings.erasures}. If there were any, put the file there; then:"))
        err.print("twentyone accounts reapply-erasures")
    _tell_missing(restored)


def _tell_missing(restored: Restored) -> None:
    if restored.unread_marks:
        tell_unread(restored.unread_marks)
    if restored.missing:
        err.print(
            f"Members are under {', '.join(sorted(restored.missing))}, which isn't on the ring: they can't be opened. "
            "Put it back, after the others."
        )
    if restored.unread_marks or restored.missing:
        raise typer.Exit(1)
