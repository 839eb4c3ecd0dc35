"""Tests for `twentyone restore`: it restores all data, except that of members erased since the backup."""

import asyncio
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, text

from app.backups.database_contents import UNFINISHED_RESTORE
from app.core.crypto.key_ring import generate_entry
from app.core.db.database import Database
from app.web.health import Readiness
from tests.backups.conftest import Operator
from tests.conftest import MakeService
from tests.factories.migrations import downgrade
from tests.factories.results import consenting_member, read_result, save_result
from tests.factories.rows import Rows, all_rows, rows_of_member
from tests.factories.services import MemberClient, Service

ME = "/v1/me"


def same_member(member: MemberClient, service: Service) -> MemberClient:
    return MemberClient(service.client, member.email, member.password)


def rows_of(url: URL) -> Rows:
    with closing(Database(url)) as database:
        return all_rows(database)


def execute(service: Service, statement: str) -> None:
    with service.database.content_load() as session:
        session.execute(text(statement))


def test_restore_restores_data_and_repeats_erasures(operator: Operator, make_service: MakeService) -> None:
    member, erased = consenting_member(operator.service), consenting_member(operator.service)
    result_id = save_result(member)
    saved, erased_id = read_result(member, result_id), erased.request("GET", ME).json()["id"]
    assert operator.create_backup().exit_code == 0
    assert save_result(erased)
    assert erased.erase() == 204

    result = operator.restore()

    assert result.exit_code == 0, result.stderr
    assert "1 member, " in result.stdout
    assert "1 erasure repeated" in result.stdout
    restored = make_service(operator.empty_database)
    assert same_member(erased, restored).sign_in().status_code == 401
    assert not any(rows_of_member(restored.database, erased_id).values())
    assert len({line.split()[0] for line in operator.service.erasure_log_lines()}) == 1
    restored_member = same_member(member, restored)
    assert restored_member.sign_in().status_code == 200
    assert read_result(restored_member, result_id) == saved
    assert all_rows(restored.database)["member_keys"] == all_rows(operator.service.database)["member_keys"]


def test_restore_when_backup_is_older_migrates_it(operator: Operator, make_service: MakeService) -> None:
    member = operator.service.register()
    downgrade(operator.service.settings.database, "20261124_assessments")
    assert "20261124_assessments" in operator.create_backup().stdout

    assert operator.restore().exit_code == 0

    restored = make_service(operator.empty_database)
    assert restored.client.get("/health/ready").status_code == 200
    assert same_member(member, restored).sign_in().status_code == 200


def test_restore_when_secret_is_missing_names_it(operator: Operator) -> None:
    operator.service.register().erase()
    operator.service.register()
    operator.create_backup()

    result = operator.restore(TWENTYONE_KEYS=generate_entry())

    assert result.exit_code == 1
    assert "1 member" in result.stdout
    assert result.stderr.count("test-1") == 2
    assert "reapply-erasures" in result.stderr


def test_restore_when_backup_is_invalid_changes_nothing(operator: Operator) -> None:
    operator.service.register()
    operator.create_backup()
    operator.restore()
    valid_backup, rows = operator.backup.read_bytes(), rows_of(operator.empty_database)
    assert len(rows["members"]) == 1

    for content in (valid_backup[:-20_000], b"Dear diary, " * 10_000, b"", None):
        operator.backup.unlink()
        if content is not None:
            operator.backup.write_bytes(content)

        rejected = operator.restore("--replace")

        assert rejected.exit_code == 1
        assert str(operator.backup) in rejected.stderr
        assert rows_of(operator.empty_database) == rows


def test_restore_when_revision_is_unknown_fails(operator: Operator) -> None:
    for revision, message in (("29991231_later", "doesn't support"), (UNFINISHED_RESTORE, "interrupted")):
        execute(operator.service, f"UPDATE alembic_version SET version_num = '{revision}'")

        assert message in operator.create_backup("--force").stderr + operator.restore().stderr


def test_restore_when_database_is_in_use_fails(operator: Operator, make_service: MakeService) -> None:
    operator.create_backup()
    running = make_service()
    assert running.client.get("/v1/site").status_code == 200

    rejected = operator.restore("--replace", into=running.settings.database)

    assert rejected.exit_code == 1
    assert "Stop all programs that use it" in rejected.stderr
    assert running.client.get("/health/ready").status_code == 200


def test_restore_when_database_has_members_requires_replace(operator: Operator) -> None:
    operator.create_backup()
    assert operator.restore().exit_code == 0
    operator.service.register()
    operator.create_backup("--force")
    assert operator.restore().exit_code == 0, "the database had no members"
    rows = rows_of(operator.empty_database)
    operator.service.register()
    operator.create_backup("--force")

    rejected = operator.restore()

    assert rejected.exit_code == 1
    assert "1 member." in rejected.stderr
    assert rows_of(operator.empty_database) == rows
    replaced = operator.restore("--replace")
    if operator.empty_database.get_backend_name() == "postgresql":
        assert (replaced.exit_code, rows_of(operator.empty_database)) == (1, rows)
        assert "createdb" in replaced.stderr
    else:
        assert len(rows_of(operator.empty_database)["members"]) == 2
        target = Path(str(operator.empty_database.database))
        *_, previous_file = sorted(target.parent.glob(f"{target.name}.*"))
        assert str(previous_file) in replaced.stdout
        assert rows_of(operator.empty_database.set(database=str(previous_file))) == rows


def test_restore_when_interrupted_can_be_repeated(
    operator: Operator, make_service: MakeService, tmp_path: Path
) -> None:
    """After an interrupted restore, servers aren't ready and migrations fail until a restore succeeds."""
    member = operator.service.register()
    operator.create_backup()
    directory = str(tmp_path)  # reading the erasure log fails, because it is a directory

    assert operator.restore(TWENTYONE_ERASURES_FILE=directory).exit_code == 1

    if operator.empty_database.get_backend_name() == "sqlite":
        assert not Path(str(operator.empty_database.database)).exists()
    else:
        assert operator.run("migrate", operator.empty_database).exit_code == 1
        with closing(Database(operator.empty_database)) as database:
            assert asyncio.run(Readiness(database, timeout_seconds=10).check())
    assert operator.restore().exit_code == 0
    restored = make_service(operator.empty_database)
    assert restored.client.get("/health/ready").status_code == 200
    assert same_member(member, restored).sign_in().status_code == 200
