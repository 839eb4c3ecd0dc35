"""Tests for `twentyone doctor`: checks that apply only to SQLite."""

from pathlib import Path

import pytest
from sqlalchemy import URL

from app.core.db.engines import sqlite_driver, sqlite_engine
from app.doctor.sqlite import check_library, check_pragmas
from tests.doctor.conftest import RunDoctor


@pytest.mark.parametrize("version", ["3.7.0", "3.44.5", "3.45.0", "3.50.6", "3.51.2"])
def test_library_when_affected_by_wal_reset_bug_reports_problem(version: str) -> None:
    [production], [development] = (check_library(version, in_production=value) for value in (True, False))

    assert (production.state, development.state) == ("error", "warning")
    assert production.detail.startswith(f"version {version} can corrupt")


@pytest.mark.parametrize("version", ["3.6.23", "3.44.6", "3.50.7", "3.51.3", "4.0.0"])
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


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_integrity_when_damaged_reports_error(run_doctor: RunDoctor, loaded: URL) -> None:
    with sqlite_driver().connect(str(loaded.database)) as connection:
        connection.execute("UPDATE articles SET author_slug = 'nobody'")
    connection.close()
    orphaned = run_doctor(loaded)
    with Path(str(loaded.database)).open("r+b") as file:
        file.seek(10 * 4096)
        file.write(b"\xff" * 4096)
    damaged = run_doctor(loaded)

    assert orphaned.errors == {"integrity": "1 foreign key violation"}
    assert damaged.exit_code == 1
    assert "integrity" in damaged.errors
