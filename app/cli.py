"""The `twentyone` command."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from app.accounts.admin import account_commands as accounts
from app.accounts.admin import key_commands as keys
from app.assessments import commands as assessments
from app.backups import commands as backups
from app.content import commands as content
from app.content.commands import load_folder, told
from app.core.console import database_told, opened, read_settings
from app.core.db.database import Database
from app.core.db.migrations import upgrade
from app.core.settings import DatabaseSettings
from app.doctor.command import doctor
from app.main import create_app
from app.privacy import erasure_commands as erasures
from app.serving import become_server

app = typer.Typer(no_args_is_help=True, help="The backend of 21|Twenty One.", pretty_exceptions_show_locals=False)
app.add_typer(content.app, name="content")
app.add_typer(assessments.app, name="assessments")
accounts.app.add_typer(erasures.app)
app.add_typer(accounts.app, name="accounts")
app.add_typer(keys.app, name="keys")
app.command()(doctor)
app.command()(backups.backup)
app.command()(backups.restore)


def migrate_database(database: Database, revision: str = "head") -> None:
    """Bring the tables to a revision of migrations/."""
    upgrade(database.url, revision)


@app.command()
def migrate() -> None:
    """Bring the database's tables to this version."""
    settings = DatabaseSettings()
    settings.make_var_dir()
    with database_told(), opened() as database:
        migrate_database(database)
    typer.echo("The tables are those of this version.")


@app.command()
def serve(
    host: Annotated[str, typer.Option(envvar="HOST", help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="PORT", min=0, max=65535, help="The port to listen at.")] = 8000,
    workers: Annotated[int, typer.Option(min=1, help="How many processes.")] = 1,
    seed: Annotated[Path | None, typer.Option(help="Migrate, and load this folder of content, before serving.")] = None,
) -> None:
    """Serve the API."""
    settings = read_settings()
    if seed:
        settings.make_var_dir()
        with told(), opened() as database:
            migrate_database(database)
            load_folder(database, seed)
    typer.echo(f"Serving at http://{host}:{port}; the documentation is at http://{host}:{port}/docs", err=True)
    become_server(host, port, workers)


@app.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    document = create_app(read_settings()).openapi()
    json.dump(document, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    app()
