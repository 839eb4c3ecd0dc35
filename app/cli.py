"""The command-line interface `twentyone`."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from app.accounts.admin import account_changes
from app.accounts.admin import account_commands as accounts
from app.accounts.admin import key_commands as keys
from app.assessments import commands as assessments
from app.backups import commands as backups
from app.content import commands as content
from app.content.commands import load_directory, reporting_content_errors
from app.core.console import load_settings, open_database, reporting_database_errors
from app.core.db.database import Database
from app.core.db.migrations import upgrade
from app.core.settings import DatabaseSettings
from app.doctor.command import doctor
from app.main import create_app
from app.privacy import erasure_commands as erasures
from app.serving import exec_server

app = typer.Typer(no_args_is_help=True, help="The backend of 21|Twenty One.", pretty_exceptions_show_locals=False)
app.add_typer(content.app, name="content")
app.add_typer(assessments.app, name="assessments")
accounts.app.add_typer(account_changes.app)
accounts.app.add_typer(erasures.app)
app.add_typer(accounts.app, name="accounts")
app.add_typer(keys.app, name="keys")
app.command()(doctor)
app.command()(backups.backup)
app.command()(backups.restore)


def migrate_database(database: Database, revision: str = "head") -> None:
    """Upgrade the database schema to a revision, by default the newest."""
    upgrade(database.url, revision)


@app.command()
def migrate() -> None:
    """Upgrade the database schema to the newest revision."""
    settings = DatabaseSettings()
    settings.create_var_dir()
    with reporting_database_errors(), open_database() as database:
        migrate_database(database)
    typer.echo("The database schema is up to date.")


@app.command()
def serve(
    host: Annotated[str, typer.Option(envvar="HOST", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="PORT", min=0, max=65535, help="Port to listen on.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="Number of worker processes.")] = 1,
    seed: Annotated[
        Path | None, typer.Option(help="Migrate the database and load this content directory before serving.")
    ] = None,
) -> None:
    """Start the API server."""
    settings = load_settings()
    if seed:
        settings.create_var_dir()
        with reporting_content_errors(), open_database() as database:
            migrate_database(database)
            load_directory(database, seed)
    typer.echo(f"Serving at http://{host}:{port}; the documentation is at http://{host}:{port}/docs", err=True)
    exec_server(host, port, workers)


@app.command()
def openapi() -> None:
    """Print the OpenAPI document as JSON."""
    document = create_app(load_settings()).openapi()
    json.dump(document, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    app()
