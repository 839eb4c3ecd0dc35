"""Tests for deleting expired rows, such as old sessions, links and sent emails."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import col, select
from time_machine import Traveller

from app.accounts.models import AttemptCounter, AuditEvent
from app.core.timestamps import utc_now
from tests.conftest import MakeService
from tests.factories.services import PASSWORD, Service, post


def run_clean_up(service: Service) -> None:
    service.clean_up(now=utc_now())


def count_rows(service: Service, table: str) -> int:
    with service.database.reads.connect() as connection:
        return connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0


def test_clean_up_deletes_expired_sessions(service: Service, clock: Traveller) -> None:
    service.register()
    for days, count in ((59, 1), (1, 0)):
        clock.shift(timedelta(days=days))
        run_clean_up(service)
        assert count_rows(service, "sessions") == count


def test_clean_up_deletes_expired_links(service: Service, clock: Traveller) -> None:
    post(service.client, "/v1/auth/password/forgot", {"email": service.register().email})
    for hours, count in ((0, 2), (1, 1), (23, 0)):
        clock.shift(timedelta(hours=hours))
        run_clean_up(service)
        assert count_rows(service, "mailed_tokens") == count


def test_clean_up_deletes_expired_codes_and_mail_budgets(service: Service, clock: Traveller) -> None:
    post(service.client, "/v1/auth/code", {"email": "nobody@example.org"})
    for minutes, counts in ((9, [1, 1]), (1, [0, 1]), (24 * 60 - 11, [0, 1]), (1, [0, 0])):
        clock.shift(timedelta(minutes=minutes))
        run_clean_up(service)
        assert [count_rows(service, table) for table in ("sign_in_codes", "mail_budgets")] == counts


def test_clean_up_deletes_sent_emails_after_30_days(service: Service, clock: Traveller) -> None:
    service.register()
    service.sent_emails()
    clock.shift(timedelta(days=30))
    service.register()
    run_clean_up(service)
    assert count_rows(service, "outbox") == 2
    clock.shift(timedelta(seconds=1))
    run_clean_up(service)
    assert count_rows(service, "outbox") == 1


def test_clean_up_deletes_attempts_and_known_networks(service: Service, clock: Traveller) -> None:
    post(service.client, "/v1/auth/login", {"email": service.register().email, "password": "wrong"})
    post(service.client, "/v1/auth/login", {"email": "nobody@example.org", "password": "wrong"})
    clock.shift(timedelta(days=1, seconds=1))
    run_clean_up(service)
    with service.database.content_load() as session:
        assert session.exec(select(col(AttemptCounter.kind))).all() == ["known"]
    clock.shift(timedelta(days=180))
    run_clean_up(service)
    assert count_rows(service, "attempts") == 0


def test_clean_up_deletes_old_events_except_erasure_marks(service: Service, clock: Traveller) -> None:
    service.register().request("DELETE", "/v1/me", {"password": PASSWORD})
    service.register()
    clock.shift(timedelta(days=365, seconds=1))
    run_clean_up(service)
    with service.database.content_load() as session:
        assert session.exec(select(col(AuditEvent.event))).all() == ["erased"]


def test_clean_up_logs_missing_erasures(service: Service) -> None:
    service.register().request("DELETE", "/v1/me", {"password": PASSWORD})
    path: Path = service.settings.erasures
    mark = path.read_text().split()[0]
    path.unlink()

    run_clean_up(service)

    assert path.read_text().split()[0] == mark


def test_clean_up_truncates_sqlite_wal(service: Service) -> None:
    service.register()
    log = Path(f"{service.settings.database.database}-wal")
    is_sqlite = service.settings.database.get_backend_name() == "sqlite"
    assert (log.exists() and log.stat().st_size > 0) == is_sqlite

    run_clean_up(service)

    assert not log.exists() or log.stat().st_size == 0


def test_clean_up_when_erasure_log_is_not_writable_deletes_rows(make_service: MakeService, clock: Traveller) -> None:
    service = make_service()
    service.register().request("DELETE", "/v1/me", {"password": PASSWORD})
    service.register()
    service.settings.erasures.unlink()
    service.settings.erasures.mkdir()
    clock.shift(timedelta(days=60))
    with pytest.raises(IsADirectoryError):
        run_clean_up(service)

    assert count_rows(service, "sessions") == 0


def test_clean_up_deletes_many_rows_in_batches(
    service: Service, clock: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.core.db.database.DELETE_BATCH_SIZE", 2)
    member = service.register()
    for _ in range(6):
        member.sign_in()
    clock.shift(timedelta(days=60))
    run_clean_up(service)

    assert count_rows(service, "sessions") == 0
