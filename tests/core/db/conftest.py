"""A SQLite database for the tests of group commit."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL

from app.cli import migrate_database
from app.core.db.database import Database


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Database]:
    """A request waits for ten seconds."""
    database = Database(URL.create("sqlite", database=str(tmp_path / "lake.db")), seconds=10)
    migrate_database(database)
    yield database
    database.close()
