"""What is stored is looked at on both databases: tables, content, keys, clock, mails that wait."""

from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import URL, text

from app.core.crypto.key_ring import KeyRing, new_entry
from app.core.db.database import Database
from app.core.timestamps import utc_now
from app.doctor.database import look_at_clock
from app.web.health import TABLES
from tests.conftest import KEYS, Backend, PostgreSql
from tests.doctor.conftest import Examine
from tests.factories.content import write_article
from tests.factories.migrations import take_down
from tests.factories.processes.outbox import put
from tests.factories.processes.postgresql import durable
from tests.factories.services import Service


def well_kept(backend: Backend, request: pytest.FixtureRequest) -> AbstractContextManager[None]:
    """PostgreSQL as it is to be run, and not as the suite runs it."""
    return durable(request.getfixturevalue("postgresql")) if isinstance(backend, PostgreSql) else nullcontext()


def change(url: URL, statement: str) -> None:
    database = Database(url, seconds=10)
    with database.transaction() as session:
        session.execute(text(statement))
    database.close()


def test_a_good_deployment_is_good(
    examine: Examine, service: Service, backend: Backend, request: pytest.FixtureRequest
) -> None:
    service.register_verified(consents=[{"purpose": "health_data", "granted": True, "version": "1"}])

    with well_kept(backend, request):
        report = examine(service.settings.database)

    assert (report.durability, report.wrong, report.exit_code) == ([], {}, 0)
    looked = {"database", "tables", "clock", "outbox", "integrity", "content", "consents", "support", "content folder"}
    assert report.those("good").keys() >= looked | {"settings", "keys", "passwords", "mail", "erasures", "var folder"}
    assert report.those("good")["sealed rows"] == "1 row under test-1"
    # the suite is the superuser of its PostgreSQL
    assert report.to_look_at.keys() <= {"PostgreSQL"}
    assert "@example.org" not in report.text


def test_tables_of_an_earlier_version_are_wrong_and_those_of_a_later_one_said(examine: Examine, loaded: URL) -> None:
    change(loaded, "UPDATE alembic_version SET version_num = '20991231_later'")
    newer = examine(loaded)
    change(loaded, f"UPDATE alembic_version SET version_num = '{TABLES}'")
    take_down(loaded, "-1")
    older = examine(loaded)
    change(loaded, "DROP TABLE alembic_version")
    none = examine(loaded)

    assert older.wrong == {"tables": "at 20261124_assessments"}
    assert (newer.wrong, newer.to_look_at["tables"]) == ({}, "at 20991231_later, a later version's")
    assert none.wrong == {"tables": "at none"}
    assert "migrate" in next(each["right"] for each in older.findings if each["what"] == "tables")


def test_missing_content_is_wrong(examine: Examine, database_url: URL, loaded: URL) -> None:
    assert examine(database_url).wrong == {"content": "none"}

    change(loaded, "UPDATE consent_texts SET is_current = false")
    change(loaded, "UPDATE support_lines SET is_listed = false")

    assert examine(loaded).wrong.keys() == {"consents", "support"}


def test_content_that_differs_from_its_folder_is_said(examine: Examine, loaded: URL, folder: Path) -> None:
    write_article(folder, "tomorrow")
    differs = examine(loaded)
    (folder / "articles" / "tomorrow.md").write_text("no front matter")
    faulty = examine(loaded)

    assert differs.to_look_at["content folder"] == f"{folder} differs by 1 change"
    assert faulty.to_look_at["content folder"] == "1 fault"
    assert (differs.wrong, faulty.wrong) == ({}, {})


def test_keys_that_do_not_open_what_is_sealed_are_wrong(examine: Examine, service: Service, var: Path) -> None:
    service.register()
    service.mails()
    url = service.settings.database
    other = new_entry().partition(":")[2]

    assert examine(url, keys=f"test-1:{other}").wrong == {
        "sealed rows": "1 row under test-1, but the ring's test-1 doesn't open them"
    }
    assert examine(url, keys=new_entry()).wrong == {"sealed rows": "1 row under test-1, which isn't on the ring"}
    assert examine(url, keys=None).wrong == {"sealed rows": "1 row under test-1, which isn't on the ring"}
    rotating = examine(url, keys=f"{new_entry()},{KEYS}")
    assert (rotating.wrong, rotating.to_look_at["sealed rows"]) == ({}, "1 row under test-1")


def test_mails_that_wait_or_were_given_up_are_said(examine: Examine, loaded: URL) -> None:
    ring = KeyRing(KEYS)
    late = Database(loaded, seconds=10)
    put(late, ring, times=2, now=utc_now() - timedelta(hours=1))
    put(late, ring, now=utc_now())
    late.close()
    waiting = examine(loaded)
    change(loaded, "UPDATE outbox SET sealed = NULL, given_up_at = CURRENT_TIMESTAMP")
    lost = examine(loaded)

    assert waiting.to_look_at["outbox"] == "2 mails waiting for more than 15 minutes"
    assert lost.to_look_at["outbox"] == "3 mails given up in 7 days"
    assert (waiting.wrong, lost.wrong) == ({}, {})


@pytest.mark.parametrize(("seconds", "state"), [(0, "good"), (-5, "look"), (5, "look"), (-60, "wrong"), (60, "wrong")])
def test_a_clock_that_is_off_is_noticed(database: Database, seconds: int, state: str) -> None:
    with database.reads.connect() as connection:
        [found] = look_at_clock(connection, clock=lambda: utc_now() + timedelta(seconds=seconds))

    assert (found.what, found.state) == ("clock", state)


def test_a_clock_that_was_turned_back_is_noticed(examine: Examine, loaded: URL) -> None:
    ahead = f"{utc_now() + timedelta(days=1):%Y-%m-%d %H:%M:%S.000000}"
    change(loaded, f"UPDATE content_releases SET released_at = '{ahead}'")

    assert "which is yet to come" in examine(loaded).wrong["clock"]


def test_a_database_that_refuses_ends_nothing_else(examine: Examine, loaded: URL) -> None:
    if loaded.get_backend_name() == "sqlite":
        Path(str(loaded.database)).write_bytes(b"no database" * 1000)
        report = examine(loaded)
        assert report.wrong == {"database": "file is not a database"}
    else:
        report = examine(loaded.set(database="nowhere"))
        assert 'database "nowhere" does not exist' in report.wrong["database"]
    assert report.exit_code == 1
    assert report.those("good").keys() >= {"keys", "mail", "passwords", "erasures"}
