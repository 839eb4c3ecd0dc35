"""Fixture for tests of group commit: a SQLite database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL

from app.cli import migrate_database
from app.core.db.database import Database


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    database = Database(URL.create("sqlite", database=str(tmp_path / "shared.db")), request_timeout=10)
    migrate_database(database)
    yield database
    database.close()
