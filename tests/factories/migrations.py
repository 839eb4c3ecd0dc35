"""Test helpers: Alembic upgrades and downgrades of test databases, and their table contents."""

import os
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, MetaData

from app.core.db.database import Database
from tests.conftest import ROOT
from tests.factories.rows import as_text


def alembic_config(url: URL, *extra_directories: Path) -> Config:
    """Return an Alembic configuration for a database. `extra_directories` contain additional revisions."""
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = url
    config.set_main_option(
        "version_locations", os.pathsep.join(map(str, (ROOT / "migrations" / "versions", *extra_directories)))
    )
    return config


def downgrade(url: URL, revision: str) -> None:
    command.downgrade(alembic_config(url), revision)


def upgrade(url: URL, revision: str = "head", *extra_directories: Path) -> None:
    command.upgrade(alembic_config(url, *extra_directories), revision)


def table_contents(database: Database) -> dict[str, dict[str, list[str]]]:
    """Return the stored values by table and column, in primary key order.

    The tables are read from the database, because an older revision differs from the models.
    """
    reflected = MetaData()
    with database.reads.connect() as connection:
        reflected.reflect(connection)
        return {
            table.name: {
                column.name: [as_text(row[index]) for row in rows] for index, column in enumerate(table.columns)
            }
            for table in reflected.sorted_tables
            if table.name != "alembic_version"
            for rows in [connection.execute(table.select().order_by(*table.primary_key.columns)).all()]
        }
