"""Databases with this version's tables and the content that is shipped: made as commands make them, in this process."""

from contextlib import redirect_stdout
from io import StringIO

from app.cli import migrate_database
from app.content.commands import load_folder
from bench.client.walkers import opened
from bench.servers.processes import ROOT


def migrated(address: str) -> str:
    with opened(address) as database:
        migrate_database(database)
    return address


def loaded(address: str) -> str:
    with opened(migrated(address)) as database, redirect_stdout(StringIO()):
        load_folder(database, ROOT / "seed_content")
    return address
