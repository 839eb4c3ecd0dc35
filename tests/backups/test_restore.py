"""`twentyone restore`: everything is back but whoever was erased since, or nothing has changed."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import URL, text

from app.backups.contents import UNFINISHED
from app.core.crypto.key_ring import new_entry
from app.core.db.database import Database
from app.web.health import Readiness
from tests.backups.conftest import Operator
from tests.conftest import MakeService
from tests.factories.migrations import take_down
from tests.factories.results import agreed, keep, read
from tests.factories.rows import Rows, all_rows, rows_about
from tests.factories.services import Person, Service

ME = "/v1/me"


def same_person(person: Person, service: Service) -> Person:
    return Person(service.client, person.address, person.password)


def rows_of(url: URL) -> Rows:
    database = Database(url)
    try:
        return all_rows(database)
    finally:
        database.close()


def execute(service: Service, statement: str) -> None:
    with service.database.loading() as session:
        session.execute(text(statement))


def test_members_are_back_with_their_texts_but_for_those_erased_since(
    operator: Operator, make_service: MakeService
) -> None:
    stays, goes = agreed(operator.service), agreed(operator.service)
    result_id = keep(stays)
    kept, gone = read(stays, result_id), goes.ask("GET", ME).json()["id"]
    assert operator.back_up().exit_code == 0
    assert keep(goes)
    assert goes.erase() == 204

    result = operator.restore()

    assert result.exit_code == 0, result.stderr
    assert "1 member, " in result.stdout
    assert "1 member erased again" in result.stdout
    restored = make_service(operator.fresh)
    assert same_person(goes, restored).sign_in().status_code == 401
    assert not any(rows_about(restored.database, gone).values())
    assert len({line.split()[0] for line in operator.service.erasures()}) == 1
    back = same_person(stays, restored)
    assert back.sign_in().status_code == 200
    assert read(back, result_id) == kept
    assert all_rows(restored.database)["member_keys"] == all_rows(operator.service.database)["member_keys"]


def test_tables_of_an_older_version_come_to_this_one(operator: Operator, make_service: MakeService) -> None:
    person = operator.service.register()
    take_down(operator.service.settings.database, "20261124_assessments")
    assert "20261124_assessments" in operator.back_up().stdout

    assert operator.restore().exit_code == 0

    restored = make_service(operator.fresh)
    assert restored.client.get("/health/ready").status_code == 200
    assert same_person(person, restored).sign_in().status_code == 200


def test_without_a_secret_of_the_ring_it_says_so(operator: Operator) -> None:
    operator.service.register().erase()
    operator.service.register()
    operator.back_up()

    result = operator.restore(TWENTYONE_KEYS=new_entry())

    assert result.exit_code == 1
    assert "1 member" in result.stdout
    assert result.stderr.count("test-1") == 2
    assert "reapply-erasures" in result.stderr


def torn(backup: Path) -> None:
    backup.write_bytes(backup.read_bytes()[:-20_000])


def foreign(backup: Path) -> None:
    backup.write_bytes(b"Dear diary, " * 10_000)


def empty(backup: Path) -> None:
    backup.write_bytes(b"")


def missing(backup: Path) -> None:
    backup.unlink()


def test_what_is_no_backup_changes_nothing(operator: Operator) -> None:
    operator.service.register()
    operator.back_up()
    operator.restore()
    whole, there = operator.backup.read_bytes(), rows_of(operator.fresh)
    assert len(there["members"]) == 1

    for spoil in (torn, foreign, empty, missing):
        operator.backup.write_bytes(whole)
        spoil(operator.backup)

        refused = operator.restore("--replace")

        assert refused.exit_code == 1
        assert str(operator.backup) in refused.stderr
        assert rows_of(operator.fresh) == there


@pytest.mark.parametrize("revision", ["29991231_later", UNFINISHED])
def test_tables_that_this_version_does_not_know_are_left_alone(operator: Operator, revision: str) -> None:
    execute(operator.service, f"UPDATE alembic_version SET version_num = '{revision}'")

    told = operator.back_up().stderr + operator.restore().stderr

    assert ("doesn't know" if revision == "29991231_later" else "interrupted") in told
    assert operator.run("backup", operator.fresh, str(operator.backup.with_name("other"))).exit_code == 1


def test_nobody_may_use_the_database_meanwhile(operator: Operator, make_service: MakeService) -> None:
    operator.back_up()
    there = make_service()
    assert there.client.get("/v1/site").status_code == 200

    refused = operator.restore("--replace", into=there.settings.database)

    assert refused.exit_code == 1
    assert "stop what uses it" in refused.stderr
    assert there.client.get("/health/ready").status_code == 200


def test_members_are_not_overwritten(operator: Operator) -> None:
    operator.back_up()
    assert operator.restore().exit_code == 0
    operator.service.register()
    operator.back_up("--force")
    assert operator.restore().exit_code == 0, "nobody was there before"
    there = rows_of(operator.fresh)
    operator.service.register()
    operator.back_up("--force")

    refused = operator.restore()

    assert refused.exit_code == 1
    assert "1 member." in refused.stderr
    assert rows_of(operator.fresh) == there
    replaced = operator.restore("--replace")
    if operator.fresh.get_backend_name() == "postgresql":
        assert (replaced.exit_code, rows_of(operator.fresh)) == (1, there)
        assert "createdb" in replaced.stderr
    else:
        assert len(rows_of(operator.fresh)["members"]) == 2
        place = Path(str(operator.fresh.database))
        *_, kept = sorted(place.parent.glob(f"{place.name}.*"))
        assert str(kept) in replaced.stdout
        assert rows_of(operator.fresh.set(database=str(kept))) == there


def test_an_interrupted_restore_is_started_again(operator: Operator, make_service: MakeService, tmp_path: Path) -> None:
    """Until then no server is ready with the database, and nothing migrates it."""
    person = operator.service.register()
    operator.back_up()
    a_folder = str(tmp_path)  # so that nobody can tell whom to erase

    assert operator.restore(TWENTYONE_ERASURES_FILE=a_folder).exit_code == 1

    if operator.fresh.get_backend_name() == "sqlite":
        assert not Path(str(operator.fresh.database)).exists()
    else:
        assert operator.run("migrate", operator.fresh).exit_code == 1
        database = Database(operator.fresh)
        assert asyncio.run(Readiness(database, seconds=10).fault())
        database.close()
    assert operator.restore().exit_code == 0
    restored = make_service(operator.fresh)
    assert restored.client.get("/health/ready").status_code == 200
    assert same_person(person, restored).sign_in().status_code == 200
