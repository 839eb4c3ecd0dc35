"""Tests for `twentyone doctor`: checks that apply only to SQLite."""

from pathlib import Path

import pytest
from sqlalchemy import URL

from app.cli import migrate_database
from app.content.commands import load_directory
from app.core.db.database import Database
from app.core.db.engines import sqlite_driver, sqlite_engine
from app.doctor.sqlite import check_library, check_pragmas, has_wal_reset_bug
from tests.doctor.conftest import RunDoctor


@pytest.mark.parametrize("version", ["3.7.0", "3.40.1", "3.44.5", "3.45.0", "3.49.2", "3.50.6", "3.51.0", "3.51.2"])
def test_library_when_affected_by_wal_reset_bug_reports_problem(version: str) -> None:
    assert has_wal_reset_bug(tuple(map(int, version.split("."))))
    [production], [development] = (check_library(version, in_production=value) for value in (True, False))
    assert (production.state, development.state) == ("error", "warning")
    assert production.detail.startswith(f"version {version} can corrupt")


@pytest.mark.parametrize("version", ["3.6.23", "3.44.6", "3.44.9", "3.50.7", "3.51.3", "3.52.0", "3.53.4", "4.0.0"])
def test_library_when_fixed_reports_ok(version: str) -> None:
    [finding] = check_library(version, in_production=True)

    assert (finding.state, finding.detail) == ("ok", f"version {version}")


def test_pragmas_when_different_report_errors(tmp_path: Path) -> None:
    url = URL.create("sqlite", database=str(tmp_path / "any.db"))
    engine = sqlite_engine(url, pool_size=1, timeout=1, pragmas={"synchronous": "NORMAL", "secure_delete": "OFF"})
    with engine.connect() as connection:
        findings = list(check_pragmas(connection, "writing"))
    engine.dispose()

    assert [finding.detail for finding in findings if finding.state == "error"] == [
        "synchronous is 1",
        "secure_delete is 0",
    ]


def test_integrity_when_damaged_reports_error(run_doctor: RunDoctor, tmp_path: Path, content_dir: Path) -> None:
    url = URL.create("sqlite", database=str(tmp_path / "any.db"))
    database = Database(url, request_timeout=10)
    migrate_database(database)
    load_directory(database, content_dir)
    database.close()
    with sqlite_driver().connect(str(url.database)) as connection:
        connection.execute("UPDATE articles SET author_slug = 'nobody'")
    connection.close()
    orphaned = run_doctor(url)
    with Path(str(url.database)).open("r+b") as file:
        file.seek(10 * 4096)
        file.write(b"\xff" * 4096)
    damaged = run_doctor(url)

    assert orphaned.errors == {"integrity": "1 foreign key violation"}
    assert damaged.exit_code == 1
    assert "integrity" in damaged.errors
