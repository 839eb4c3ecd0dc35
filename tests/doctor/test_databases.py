"""Tests for `twentyone doctor`: checks of stored data on SQLite and PostgreSQL."""

from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import URL, insert, text

from app.core.crypto.key_ring import KeyRing, generate_entry
from app.core.db.database import Database
from app.core.timestamps import utc_now
from app.doctor.database import check_clock
from app.web.cache.releases import ContentRelease
from app.web.health import MIN_REVISION
from tests.conftest import TEST_KEYS
from tests.doctor.conftest import RunDoctor
from tests.factories.content import write_article
from tests.factories.migrations import downgrade
from tests.factories.processes.outbox import queue_emails
from tests.factories.services import Service


def execute(url: URL, statement: str) -> None:
    database = Database(url, request_timeout=10)
    with database.transaction() as session:
        session.execute(text(statement))
    database.close()


def test_doctor_without_problems_reports_only_ok(run_doctor: RunDoctor, service: Service) -> None:
    service.register_verified(consents=[{"purpose": "health_data", "granted": True, "version": "1"}])

    report = run_doctor(service.settings.database)

    assert report.errors == {}
    assert report.exit_code == bool(report.details("error"))
    database_checks = {"database", "tables", "clock", "outbox", "integrity", "encrypted rows"}
    content_checks = {"content", "consents", "support", "content directory"}
    service_checks = {"settings", "keys", "passwords", "mail", "erasures", "var directory"}
    assert report.details("ok").keys() >= database_checks | content_checks | service_checks
    assert report.details("ok")["encrypted rows"] == "1 row under test-1"
    # a warning, because the tests connect to PostgreSQL as a superuser
    assert report.warnings.keys() <= {"PostgreSQL"}
    assert "@example.org" not in report.text


def test_tables_when_revision_differs_reports_error_or_warning(run_doctor: RunDoctor, loaded: URL) -> None:
    execute(loaded, "UPDATE alembic_version SET version_num = '20991231_later'")
    newer = run_doctor(loaded)
    execute(loaded, f"UPDATE alembic_version SET version_num = '{MIN_REVISION}'")
    downgrade(loaded, "-1")
    older = run_doctor(loaded)
    execute(loaded, "DROP TABLE alembic_version")
    none = run_doctor(loaded)

    assert older.errors == {"tables": f"revision 20261124_journey, but this version needs {MIN_REVISION}"}
    assert (newer.errors, newer.warnings["tables"]) == (
        {},
        f"revision 20991231_later is newer than this version's {MIN_REVISION}",
    )
    assert none.errors == {"tables": f"revision none, but this version needs {MIN_REVISION}"}
    assert "migrate" in next(finding["fix"] for finding in older.findings if finding["check"] == "tables")


def test_content_when_missing_reports_errors(run_doctor: RunDoctor, database_url: URL, loaded: URL) -> None:
    assert run_doctor(database_url).errors == {"content": "no content is loaded"}

    execute(loaded, "UPDATE consent_texts SET is_current = false")
    execute(loaded, "UPDATE support_lines SET is_listed = false")

    assert run_doctor(loaded).errors.keys() == {"consents", "support"}


def test_content_directory_when_changed_reports_warning(run_doctor: RunDoctor, loaded: URL, content_dir: Path) -> None:
    write_article(content_dir, "tomorrow")
    changed = run_doctor(loaded)
    (content_dir / "articles" / "tomorrow.md").write_text("no front matter")
    invalid = run_doctor(loaded)

    assert changed.warnings["content directory"] == f"1 change in {content_dir} not loaded"
    assert invalid.warnings["content directory"] == f"1 error in {content_dir}"
    assert (changed.errors, invalid.errors) == ({}, {})


def test_encrypted_rows_when_keys_differ_report_error(run_doctor: RunDoctor, service: Service, var: Path) -> None:
    service.register()
    service.sent_emails()
    url = service.settings.database
    other_secret = generate_entry().partition(":")[2]

    expected = {
        f"test-1:{other_secret}": "1 row under test-1, which the key ring's secret test-1 doesn't decrypt",
        generate_entry(): "1 row under test-1, which isn't in the key ring",
        None: "1 row under test-1, which isn't in the key ring",
    }
    for ring, detail in expected.items():
        assert run_doctor(url, keys=ring).errors == {"encrypted rows": detail}
    rotating = run_doctor(url, keys=f"{generate_entry()},{TEST_KEYS}")
    assert (rotating.errors, rotating.warnings["encrypted rows"]) == ({}, "1 row under test-1")


def test_outbox_when_emails_are_delayed_or_failed_reports_warning(run_doctor: RunDoctor, loaded: URL) -> None:
    ring = KeyRing(TEST_KEYS)
    database = Database(loaded, request_timeout=10)
    queue_emails(database, ring, count=2, now=utc_now() - timedelta(hours=1))
    queue_emails(database, ring, now=utc_now())
    database.close()
    delayed = run_doctor(loaded)
    execute(loaded, "UPDATE outbox SET sealed = NULL, given_up_at = CURRENT_TIMESTAMP")
    failed = run_doctor(loaded)

    assert delayed.warnings["outbox"] == "2 emails delayed for more than 15 minutes"
    assert failed.warnings["outbox"] == "3 emails not delivered in the last 7 days"
    assert (delayed.errors, failed.errors) == ({}, {})


def shift_clock(seconds: int) -> datetime:
    return utc_now() + timedelta(seconds=seconds)


def test_clock_when_skewed_reports_state_by_size(database: Database) -> None:
    expected_states = {0: "ok", -5: "warning", 5: "warning", -60: "error", 60: "error"}
    with database.reads.connect() as connection:
        for seconds, state in expected_states.items():
            [finding] = check_clock(connection, clock=partial(shift_clock, seconds))

            assert (seconds, finding.check, finding.state) == (seconds, "clock", state)


def test_clock_when_release_is_in_the_future_reports_error(database: Database) -> None:
    with database.transaction() as session:
        release = {"released_at": utc_now() + timedelta(days=1), "falls_due": []}
        session.execute(insert(ContentRelease), release)
    with database.reads.connect() as connection:
        findings = list(check_clock(connection, clock=utc_now))

    assert [finding.state for finding in findings] == ["error", "ok"]
    assert "dated in the future" in findings[0].detail


def test_doctor_when_database_fails_runs_other_checks(run_doctor: RunDoctor, loaded: URL) -> None:
    if loaded.get_backend_name() == "sqlite":
        Path(str(loaded.database)).write_bytes(b"no database" * 1000)
        report = run_doctor(loaded)
        assert report.errors == {"database": "file is not a database"}
    else:
        report = run_doctor(loaded.set(database="nowhere"))
        assert 'database "nowhere" does not exist' in report.errors["database"]
    assert report.exit_code == 1
    assert report.details("ok").keys() >= {"keys", "mail", "passwords", "erasures"}
