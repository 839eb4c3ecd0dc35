"""What the commands share: where they print, their settings, their database."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from sqlalchemy.exc import OperationalError, ProgrammingError

from app.core.database import Database
from app.core.settings import DatabaseSettings, Settings

PATIENCE = 600.0  # seconds that a command waits for another writer, and may take on PostgreSQL

WIDE = 200  # characters of a table that goes to a file or another command

out = Console(  # line :100: is no emoji
    soft_wrap=True, highlight=False, emoji=False, width=None if sys.stdout.isatty() else WIDE
)
err = Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)


def read_settings() -> Settings:
    """The settings, or what is wrong with them and exit code 2."""
    try:
        return Settings()
    except ValidationError as error:
        for each in error.errors():
            name = "".join(f"TWENTYONE_{part}: ".upper() for part in each["loc"][:1])
            typer.echo(name + each["msg"].removeprefix("Value error, "), err=True)
        raise typer.Exit(2) from None


@contextmanager
def opened() -> Iterator[Database]:
    database = Database(DatabaseSettings().database, pool_size=1, patience=PATIENCE)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def database_told() -> Iterator[None]:
    """Says why the database can't be used, and ends with exit code 1."""
    try:
        yield
    except (OperationalError, ProgrammingError) as error:
        err.print(escape(f"The database can't be used: {error.orig}. Is it there, and migrated (twentyone migrate)?"))
        raise typer.Exit(1) from None


def counted(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"
