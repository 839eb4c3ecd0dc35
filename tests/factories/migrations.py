"""Tables taken back and forth, and what they hold meanwhile."""

import os
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, MetaData

from app.core.db.database import Database
from tests.conftest import ROOT


def config_for(url: URL, *more: Path) -> Config:
    """`more` are folders with revisions beside the product's own."""
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = url
    config.set_main_option("version_locations", os.pathsep.join(map(str, (ROOT / "migrations" / "versions", *more))))
    return config


def take_down(url: URL, revision: str) -> None:
    command.downgrade(config_for(url), revision)


def take_up(url: URL, revision: str = "head", *more: Path) -> None:
    command.upgrade(config_for(url, *more), revision)


def contents(database: Database) -> dict[str, dict[str, list[str]]]:
    """By table and column what is stored, in one order: of the tables that are there, whatever the models say."""
    found = MetaData()
    with database.reads.connect() as connection:
        found.reflect(connection)
        return {
            table.name: {column.name: [_shown(row[n]) for row in rows] for n, column in enumerate(table.columns)}
            for table in found.sorted_tables
            if table.name != "alembic_version"
            for rows in [connection.execute(table.select().order_by(*table.primary_key.columns)).all()]
        }


def _shown(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
