"""What is SQLite's alone: a log beside a file, which belongs to it and to no other."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from tests.conftest import KEYS


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "var" / "twentyone.db"


@pytest.fixture
def backup(place: Path, tmp_path: Path) -> Path:
    path = tmp_path / "backup"
    assert run(place, "migrate").exit_code == 0
    assert run(place, "backup", str(path)).exit_code == 0
    return path


def run(place: Path, *arguments: str) -> Result:
    settings = {"TWENTYONE_VAR_DIR": str(place.parent), "TWENTYONE_KEYS": KEYS}
    return CliRunner().invoke(app, arguments, env=settings)


def test_a_damaged_database_makes_room_with_its_log(backup: Path, place: Path) -> None:
    log = place.with_name("twentyone.db-wal")
    place.write_bytes(b"damaged " * 1000)
    log.write_bytes(b"log " * 1000)

    refused = run(place, "restore", str(backup))

    assert refused.exit_code == 1
    assert "damaged" in refused.stderr
    assert place.read_bytes() == b"damaged " * 1000
    assert run(place, "restore", str(backup), "--replace").exit_code == 0
    kept = {path.name[-4:]: path.read_bytes() for path in place.parent.glob("twentyone.db.*")}
    assert sorted(kept.values()) == [b"damaged " * 1000, b"log " * 1000]
    assert kept["-wal"] == b"log " * 1000
    assert not log.exists()
    assert run(place, "backup", str(backup), "--force").exit_code == 0


def test_a_file_with_a_log_beside_it_is_no_backup(backup: Path, place: Path) -> None:
    before = place.read_bytes()
    backup.with_name("backup-wal").touch()

    refused = run(place, "restore", str(backup))

    assert refused.exit_code == 1
    assert "not a backup" in refused.stderr
    assert place.read_bytes() == before
