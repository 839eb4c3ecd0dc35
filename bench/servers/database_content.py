"""Create the tables in benchmark databases, and load the shipped content."""

from contextlib import redirect_stdout
from io import StringIO

from app.cli import migrate_database
from app.content.commands import load_directory
from bench.client.journey_members import open_database
from bench.servers.processes import ROOT


def migrate(database_url: str) -> str:
    with open_database(database_url) as database:
        migrate_database(database)
    return database_url


def load_content(database_url: str) -> str:
    with open_database(migrate(database_url)) as database, redirect_stdout(StringIO()):
        load_directory(database, ROOT / "seed_content")
    return database_url
