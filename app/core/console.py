"""Helpers for command-line commands: output, settings and database access."""

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

COMMAND_TIMEOUT_SECONDS = 600.0  # maximum wait for a lock; on PostgreSQL also the maximum time of a statement

SETTINGS_ERRORS = (ValidationError, SettingsError)
LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL error code (SQLSTATE) of a lock timeout
FIELD_PATTERN = re.compile(r'field "(\w+)"')  # finds the setting's name in the message of a SettingsError

REDIRECTED_WIDTH = 200  # characters per line if the output is a file or a pipe

out = Console(  # emoji=False: otherwise rich would turn texts such as `:100:` into emoji
    soft_wrap=True, highlight=False, emoji=False, width=None if sys.stdout.isatty() else REDIRECTED_WIDTH
)
err = Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)


def load_settings() -> Settings:
    """Return the settings. If any are invalid, print the errors and exit with code 2."""
    try:
        return Settings()
    except SETTINGS_ERRORS as error:
        for message in settings_errors(error):
            typer.echo(message, err=True)
        raise typer.Exit(2) from None


def settings_errors(error: ValidationError | SettingsError) -> list[str]:
    """Return one message per invalid setting. It contains the setting's name but not its value."""
    if isinstance(error, SettingsError):
        return [f"TWENTYONE_{name.upper()}: must be JSON" for name in FIELD_PATTERN.findall(str(error))]
    return [
        "".join(f"TWENTYONE_{part}: ".upper() for part in item["loc"][:1]) + item["msg"].removeprefix("Value error, ")
        for item in error.errors()
    ]


@contextmanager
def open_database() -> Iterator[Database]:
    database = Database(DatabaseSettings().database, pool_size=1, request_timeout=COMMAND_TIMEOUT_SECONDS)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def reporting_database_errors() -> Iterator[None]:
    """If the database can't be used in this block, print the reason and exit with code 1."""
    try:
        yield
    except (OperationalError, ProgrammingError) as error:
        if getattr(error.orig, "sqlstate", None) == LOCK_NOT_AVAILABLE:
            err.print(escape(f"A table is in use: {error.orig}. Nothing was changed. Run this command again."))
            raise typer.Exit(1) from None
        hint = "Check TWENTYONE_DATABASE_URL and run `twentyone migrate`."
        err.print(escape(f"The database can't be used: {error.orig}. {hint}"))
        raise typer.Exit(1) from None


def pluralize(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
