from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from fastapi import APIRouter
from sqlalchemy import URL

from app.cli import migrate_database
from app.core.db.database import Database
from tests.conftest import settings_for
from tests.factories.processes.servers import running_server
from tests.factories.services import Service

RunSqliteServer = Callable[..., AbstractContextManager[Service]]


@pytest.fixture
def run_sqlite_server(tmp_path: Path) -> RunSqliteServer:
    """Return a function that runs a server on a new SQLite database."""
    database = Database(URL.create("sqlite", database=str(tmp_path / "lake.db")), request_timeout=10)
    migrate_database(database)
    database.close()

    def run(*routers: APIRouter, seconds: float) -> AbstractContextManager[Service]:
        return running_server(settings_for(database.url, database_seconds=seconds), *routers)

    return run
