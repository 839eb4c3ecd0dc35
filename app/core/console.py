"""What the commands share: where they print, their settings, their database."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError
from rich.console import Console
from rich.markup import escape
from sqlalchemy.exc import OperationalError, ProgrammingError

from app.core.db.database import Database
from app.core.settings import DatabaseSettings, Settings

PATIENCE = 600.0  # seconds that a command waits for another writer, and may take on PostgreSQL

UNREADABLE = (ValidationError, SettingsError)  # what is raised for settings that can't be used
LOCKED = "55P03"  # what PostgreSQL says of a lock that wasn't to be had in time
FIELD = re.compile(r'field "(\w+)"')  # in what a SettingsError says

WIDE = 200  # characters of a table that goes to a file or another command

out = Console(  # line :100: is no emoji
    soft_wrap=True, highlight=False, emoji=False, width=None if sys.stdout.isatty() else WIDE
)
err = Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)


def read_settings() -> Settings:
    """The settings, or what is wrong with them and exit code 2."""
    try:
        return Settings()
    except UNREADABLE as error:
        for fault in faults_of(error):
            typer.echo(fault, err=True)
        raise typer.Exit(2) from None


def faults_of(error: ValidationError | SettingsError) -> list[str]:
    """What is wrong with settings, by name and without their values."""
    if isinstance(error, SettingsError):
        return [f"TWENTYONE_{name.upper()}: must be JSON" for name in FIELD.findall(str(error))]
    return [
        "".join(f"TWENTYONE_{part}: ".upper() for part in each["loc"][:1]) + each["msg"].removeprefix("Value error, ")
        for each in error.errors()
    ]


@contextmanager
def opened() -> Iterator[Database]:
    database = Database(DatabaseSettings().database, pool_size=1, seconds=PATIENCE)
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
        if getattr(error.orig, "sqlstate", None) == LOCKED:
            err.print(escape(f"Others use what is to be changed: {error.orig}. It stays as it was; run this again."))
            raise typer.Exit(1) from None
        err.print(escape(f"The database can't be used: {error.orig}. Is it there, and migrated (twentyone migrate)?"))
        raise typer.Exit(1) from None


def counted(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"
