"""Migrations wait for each other, don't hold up requests, and take nothing away that wasn't meant."""

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
from app.core.console import database_told
from app.core.db.database import Database
from app.core.db.engines import sqlite_driver
from app.web.health import TABLES, revision_of
from tests.conftest import ROOT, Backend, PostgreSql, settings_for
from tests.factories.migrations import contents, take_up
from tests.factories.services import Service
from tests.security import belongings

MIGRATING = 21_2022
PATIENCE = 20.0


def wait_until_one_waits(connection: Connection) -> None:
    """For a table of this database."""
    waiting = text(
        "SELECT count(*) FROM pg_locks WHERE NOT granted "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    give_up = time.monotonic() + PATIENCE
    while not connection.scalar(waiting):
        assert time.monotonic() < give_up
        time.sleep(0.02)


@contextmanager
def another_migrates(database: Database) -> Iterator[Callable[[], object]]:
    """Holds what another migration holds while it runs, until the function that it hands out is called."""
    if database.url.get_backend_name() == "sqlite":
        other = sqlite_driver().connect(str(database.url.database), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield other.close
        other.close()
    else:
        with database.reads.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATING})
            yield lambda: connection.execute(text("SELECT pg_advisory_unlock_all()"))
            connection.execute(text("SELECT pg_advisory_unlock_all()"))


def revision(database: Database) -> str | None:
    with database.reads.connect() as connection:
        return revision_of(connection)


def test_of_two_at_once_one_waits_and_then_finds_nothing_to_do(backend: Backend) -> None:
    url = backend.create()
    database = Database(url, seconds=10)
    environment = os.environ | {"TWENTYONE_DATABASE_URL": url.render_as_string(hide_password=False)}
    command = [sys.executable, "-m", "alembic", "upgrade", "head"]
    with (
        ThreadPoolExecutor(1) as here,
        another_migrates(database) as let_go,
        subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as other,
    ):
        one = here.submit(migrate_database, database)
        with pytest.raises(TimeoutError):
            one.result(1)
        let_go()
        one.result(PATIENCE)
        _, said = other.communicate(timeout=PATIENCE)

    assert other.returncode == 0, said
    assert revision(database) == TABLES
    database.close()
    backend.drop(url)


def test_who_cannot_have_a_table_gives_up_before_requests_do(
    postgresql: URL, capsys: pytest.CaptureFixture[str]
) -> None:
    """On PostgreSQL, where requests stand in line behind a migration that waits."""
    backend = PostgreSql(postgresql)
    url = backend.create()
    take_up(url, "20261124_assessments")
    service = Service.of(settings_for(url))
    with service.client, service.database.reads.connect() as connection, ThreadPoolExecutor(1) as here:
        me = service.register()
        with service.database.transaction() as somebody_busy:
            somebody_busy.execute(text("LOCK TABLE members IN ROW EXCLUSIVE MODE"))
            migrating = here.submit(migrate_database, service.database)
            wait_until_one_waits(connection)
            name = me.ask("PATCH", "/v1/me", {"display_name": "Ana"})
            with pytest.raises(typer.Exit) as ended, database_told():
                migrating.result(PATIENCE)
        stayed = revision(service.database)
        migrate_database(service.database)

    assert name.status_code == 200
    assert ended.value.exit_code == 1
    assert "canceling statement due to lock timeout. It stays as it was; run this again." in capsys.readouterr().err
    assert (stayed, revision(service.database)) == ("20261124_assessments", TABLES)
    service.database.close()
    backend.drop(url)


ADDS = """
def upgrade():
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    with op.batch_alter_table("articles", recreate="always" if is_sqlite else "auto") as table:
        table.add_column(sa.Column("note", sa.String(), nullable=True))
"""
BREAKS = """
def upgrade():
    op.execute("DELETE FROM bookmarks")
    op.execute("INSERT INTO former_slugs (slug, article_id) VALUES ('nobodys', '00000000000000000000000000000000')")
"""


def write_revision(folder: Path, upgrade: str) -> Path:
    head = f'import sqlalchemy as sa\nfrom alembic import op\nrevision, down_revision = "next", "{TABLES}"\n'
    (folder / "next.py").write_text(head + upgrade)
    return folder


def test_a_table_that_is_made_anew_takes_nothing_with_it(service: Service, tmp_path: Path) -> None:
    belongings.a_bookmark(service, service.register())
    before = contents(service.database)

    take_up(service.settings.database, "next", write_revision(tmp_path, ADDS))

    after = contents(service.database)
    assert set(after["articles"].pop("note")) == {"None"}
    assert after == before
    assert after["bookmarks"]["member_id"]


def test_rows_that_lead_nowhere_undo_the_whole_migration(service: Service, tmp_path: Path) -> None:
    belongings.a_bookmark(service, service.register())
    before = contents(service.database)

    with pytest.raises((RuntimeError, IntegrityError)):
        take_up(service.settings.database, "next", write_revision(tmp_path, BREAKS))

    assert contents(service.database) == before
    assert revision(service.database) == TABLES
