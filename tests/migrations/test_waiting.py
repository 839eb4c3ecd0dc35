"""Tests for migrating a database in use: one migration at a time, without blocking requests."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import typer
from sqlalchemy import URL, Connection, text
from sqlalchemy.exc import IntegrityError

from app.cli import migrate_database
from app.core.console import reporting_database_errors
from app.core.db.database import Database
from app.core.db.engines import sqlite_driver
from app.web.health import MIN_REVISION, current_revision
from tests.conftest import ROOT, Backend
from tests.factories.migrations import table_contents, upgrade
from tests.factories.services import Service
from tests.security import member_requests

MIGRATION_LOCK = 21_2022
TIMEOUT_SECONDS = 20.0


def wait_for_blocked_statement(connection: Connection) -> None:
    blocked = text(
        "SELECT count(*) FROM pg_locks WHERE NOT granted "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not connection.scalar(blocked):
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def concurrent_migration(database: Database) -> Iterator[Callable[[], object]]:
    """Lock the database as a running migration does. Yield a function that releases the lock."""
    if database.url.get_backend_name() == "sqlite":
        connection_with_lock = sqlite_driver().connect(str(database.url.database), isolation_level=None)
        connection_with_lock.execute("BEGIN IMMEDIATE")
        yield connection_with_lock.close
        connection_with_lock.close()
    else:
        with database.reads.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
            yield lambda: connection.execute(text("SELECT pg_advisory_unlock_all()"))
            connection.execute(text("SELECT pg_advisory_unlock_all()"))


def revision(database: Database) -> str | None:
    with database.reads.connect() as connection:
        return current_revision(connection)


ADD_COLUMN = """
def upgrade():
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    with op.batch_alter_table("members", recreate="always" if is_sqlite else "auto") as table:
        table.add_column(sa.Column("note", sa.String(), nullable=True))
"""
BREAK_FOREIGN_KEY = """
def upgrade():
    op.execute("DELETE FROM bookmarks")
    op.execute("INSERT INTO former_slugs (slug, article_id) VALUES ('unknown', '00000000000000000000000000000000')")
"""


def write_revision(directory: Path, upgrade: str) -> Path:
    head = f'import sqlalchemy as sa\nfrom alembic import op\nrevision, down_revision = "next", "{MIN_REVISION}"\n'
    (directory / "next.py").write_text(head + upgrade)
    return directory


@pytest.fixture
def url(backend: Backend) -> Iterator[URL]:
    """Create a database without tables."""
    url = backend.create()
    yield url
    backend.drop(url)


def test_concurrent_migration_waits_for_the_other(url: URL) -> None:
    database = Database(url, request_timeout=10)
    environment = os.environ | {"TWENTYONE_DATABASE_URL": url.render_as_string(hide_password=False)}
    command = [sys.executable, "-m", "alembic", "upgrade", "head"]
    with (
        ThreadPoolExecutor(1) as executor,
        concurrent_migration(database) as release,
        subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process,
    ):
        migration = executor.submit(migrate_database, database)
        with pytest.raises(TimeoutError):
            migration.result(0.5)
        release()
        migration.result(TIMEOUT_SECONDS)
        _, stderr = process.communicate(timeout=TIMEOUT_SECONDS)

    assert process.returncode == 0, stderr
    assert revision(database) == MIN_REVISION
    database.close()


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_migration_of_a_locked_table_fails_before_requests_time_out(
    service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """While a migration waits for a locked table, PostgreSQL makes later requests wait too."""
    arguments = (service.settings.database, "next", write_revision(tmp_path, ADD_COLUMN))
    with service.database.reads.connect() as connection, ThreadPoolExecutor(1) as executor:
        member = service.register()
        with service.database.transaction() as session:
            session.execute(text("LOCK TABLE members IN ROW EXCLUSIVE MODE"))
            migration = executor.submit(upgrade, *arguments)
            wait_for_blocked_statement(connection)
            response = member.request("PATCH", "/v1/me", {"display_name": "Ana"})
            with pytest.raises(typer.Exit) as exit_info, reporting_database_errors():
                migration.result(TIMEOUT_SECONDS)
        revision_before = revision(service.database)
        upgrade(*arguments)

    assert response.status_code == 200
    assert exit_info.value.exit_code == 1
    message = "canceling statement due to lock timeout. Nothing was changed. Run this command again."
    assert message in capsys.readouterr().err
    assert (revision_before, revision(service.database)) == (MIN_REVISION, "next")


def test_recreated_table_preserves_the_rows_that_refer_to_it(service: Service, tmp_path: Path) -> None:
    member_requests.create_bookmark(service, service.register())
    before = table_contents(service.database)

    upgrade(service.settings.database, "next", write_revision(tmp_path, ADD_COLUMN))

    after = table_contents(service.database)
    assert set(after["members"].pop("note")) == {"None"}
    assert after == before
    assert after["bookmarks"]["member_id"]


def test_broken_foreign_key_rolls_back_the_whole_migration(service: Service, tmp_path: Path) -> None:
    member_requests.create_bookmark(service, service.register())
    before = table_contents(service.database)

    with pytest.raises((RuntimeError, IntegrityError)):
        upgrade(service.settings.database, "next", write_revision(tmp_path, BREAK_FOREIGN_KEY))

    assert table_contents(service.database) == before
    assert revision(service.database) == MIN_REVISION
