"""Tests for restoring SQLite databases that have a write-ahead log (WAL) file."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from tests.conftest import TEST_KEYS


@pytest.fixture
def database_path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "twentyone.db"


@pytest.fixture
def backup(database_path: Path, tmp_path: Path) -> Path:
    path = tmp_path / "backup"
    assert run(database_path, "migrate").exit_code == 0
    assert run(database_path, "backup", str(path)).exit_code == 0
    return path


def run(database_path: Path, *arguments: str) -> Result:
    settings = {"TWENTYONE_VAR_DIR": str(database_path.parent), "TWENTYONE_KEYS": TEST_KEYS}
    return CliRunner().invoke(app, arguments, env=settings)


def test_restore_when_database_is_damaged_renames_it_with_its_log(backup: Path, database_path: Path) -> None:
    log = database_path.with_name("twentyone.db-wal")
    database_path.write_bytes(b"damaged " * 1000)
    log.write_bytes(b"log " * 1000)

    rejected = run(database_path, "restore", str(backup))

    assert rejected.exit_code == 1
    assert "damaged" in rejected.stderr
    assert database_path.read_bytes() == b"damaged " * 1000
    assert run(database_path, "restore", str(backup), "--replace").exit_code == 0
    renamed = {path.name[-4:]: path.read_bytes() for path in database_path.parent.glob("twentyone.db.*")}
    assert sorted(renamed.values()) == [b"damaged " * 1000, b"log " * 1000]
    assert renamed["-wal"] == b"log " * 1000
    assert not log.exists()
    assert run(database_path, "backup", str(backup), "--force").exit_code == 0


def test_restore_when_backup_has_log_fails(backup: Path, database_path: Path) -> None:
    before = database_path.read_bytes()
    backup.with_name("backup-wal").touch()

    rejected = run(database_path, "restore", str(backup))

    assert rejected.exit_code == 1
    assert "not a backup" in rejected.stderr
    assert database_path.read_bytes() == before
