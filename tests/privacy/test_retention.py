"""What isn't needed any longer is removed, and what is needed stays."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import text
from sqlmodel import col, select

from app.accounts.models import Attempts, AuditEvent
from app.core.timestamps import utc_now
from app.privacy.retention import clean_up
from tests.conftest import MakeService
from tests.factories.services import PASSWORD, Service, post

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def cleaned(service: Service) -> None:
    clean_up(service.database, service.app.state.services.privacy.erasures, now=utc_now())


def many(service: Service, table: str) -> int:
    with service.database.reads.connect() as connection:
        return connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0


def test_sessions_go_when_they_ran_out(service: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        service.register()
        for days, left in ((59, 1), (1, 0)):
            clock.shift(timedelta(days=days))
            cleaned(service)
            assert many(service, "sessions") == left


def test_links_go_when_they_ran_out(service: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        post(service.client, "/v1/auth/password/forgot", {"email": service.register().address})
        for hours, left in ((0, 2), (1, 1), (23, 0)):
            clock.shift(timedelta(hours=hours))
            cleaned(service)
            assert many(service, "mailed_tokens") == left


def test_mails_that_were_sent_go_after_a_month_and_waiting_ones_stay(service: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        service.register()
        service.mails()
        clock.shift(timedelta(days=30))
        service.register()
        cleaned(service)
        assert many(service, "outbox") == 2
        clock.shift(timedelta(seconds=1))
        cleaned(service)
        assert many(service, "outbox") == 1


def test_tries_go_after_a_day_and_known_networks_after_half_a_year(service: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        post(service.client, "/v1/auth/login", {"email": service.register().address, "password": "wrong"})
        post(service.client, "/v1/auth/login", {"email": "nobody@example.org", "password": "wrong"})
        clock.shift(timedelta(days=1, seconds=1))
        cleaned(service)
        with service.database.loading() as session:
            assert session.exec(select(col(Attempts.kind))).all() == ["known"]
        clock.shift(timedelta(days=180))
        cleaned(service)
        assert many(service, "attempts") == 0


def test_events_go_after_a_year_but_for_the_marks_of_erased_members(service: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        service.register().ask("DELETE", "/v1/me", {"password": PASSWORD})
        service.register()
        clock.shift(timedelta(days=365, seconds=1))
        cleaned(service)
        with service.database.loading() as session:
            assert session.exec(select(col(AuditEvent.event))).all() == ["erased"]


def test_a_lost_line_of_the_erasures_is_written_again(service: Service) -> None:
    service.register().ask("DELETE", "/v1/me", {"password": PASSWORD})
    path: Path = service.settings.erasures
    mark = path.read_text().split()[0]
    path.unlink()

    cleaned(service)

    assert path.read_text().split()[0] == mark


def test_on_sqlite_the_log_is_emptied_of_what_was_deleted(service: Service) -> None:
    service.register()
    log = Path(f"{service.settings.database.database}-wal")
    is_sqlite = service.settings.database.get_backend_name() == "sqlite"
    assert (log.exists() and log.stat().st_size > 0) == is_sqlite

    cleaned(service)

    assert not log.exists() or log.stat().st_size == 0


def test_a_file_of_erasures_that_cannot_be_written_holds_up_nothing_else(make_service: MakeService) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        service = make_service()
        service.register().ask("DELETE", "/v1/me", {"password": PASSWORD})
        service.register()
        service.settings.erasures.unlink()
        service.settings.erasures.mkdir()
        clock.shift(timedelta(days=60))
        with pytest.raises(IsADirectoryError):
            cleaned(service)

        assert many(service, "sessions") == 0


def test_very_many_rows_are_removed_a_few_at_a_time(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.db.database.BATCH", 2)
    with time_machine.travel(NOON, tick=False) as clock:
        person = service.register()
        for _ in range(6):
            person.sign_in()
        clock.shift(timedelta(days=60))
        cleaned(service)

        assert many(service, "sessions") == 0
