"""Tests for the erasure log, from which erasures are repeated after an older backup is restored."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlmodel import col, select

from app.accounts.models import AuditEvent
from app.core.crypto.key_ring import KeyRing, generate_entry
from app.core.db.database import Database
from app.core.timestamps import utc_now
from app.privacy.erasure import erase_member, log_missing_erasures, reapply_erasures
from app.privacy.erasure_log import ErasureLog
from app.tables import metadata
from tests.conftest import MakeService
from tests.factories.rows import all_rows
from tests.factories.services import PASSWORD, Service

ME = "/v1/me"


def test_erasure_is_logged_as_keyed_hash(service: Service) -> None:
    member = service.register()
    member_id = member.request("GET", ME).json()["id"]

    member.erase()

    [line] = service.erasure_log_lines()
    mark, erased_at = line.split()
    assert mark.startswith("test-1:")
    assert datetime.fromisoformat(erased_at).tzinfo is not None
    assert member_id not in line
    with service.database.content_load() as session:
        assert session.exec(select(AuditEvent.subject).where(col(AuditEvent.event) == "erased")).all() == [mark]


def test_erase_account_when_log_is_not_writable_returns_503(make_service: MakeService, tmp_path: Path) -> None:
    service = make_service(erasures_file=tmp_path)  # a directory, so it can't be written as a file
    member = service.register()

    response = member.request("DELETE", ME, {"password": PASSWORD})

    assert (response.status_code, response.json()["code"]) == (503, "erasure_unavailable")
    assert "Retry-After" in response.headers
    assert member.request("GET", ME).status_code == 200


def test_log_missing_erasures_adds_lost_marks(service: Service) -> None:
    for _ in range(2):
        service.register().erase()
    marks = {line.split()[0] for line in service.erasure_log_lines()}
    service.settings.erasures.write_text(service.erasure_log_lines()[0] + "\n")
    erasure_log = service.app.state.services.privacy.erasure_log

    assert log_missing_erasures(service.database, erasure_log, now=utc_now()) == 1
    assert log_missing_erasures(service.database, erasure_log, now=utc_now()) == 0

    assert {line.split()[0] for line in service.erasure_log_lines()} == marks


def test_read_marks_skips_incomplete_line(service: Service) -> None:
    service.settings.erasures.parent.mkdir(parents=True, exist_ok=True)
    service.settings.erasures.write_text("test-1:0123")
    service.register().erase()

    assert len(service.erasure_log_lines()) == 2
    assert len(service.app.state.services.privacy.erasure_log.read_marks()) == 1


def test_erase_member_when_key_is_lost_succeeds(make_service: MakeService, service: Service) -> None:
    member = service.register()
    member_id = UUID(member.request("GET", ME).json()["id"])
    services = make_service(service.settings.database, keys=generate_entry()).app.state.services

    assert erase_member(service.database, services.accounts, services.privacy.erasure_log, member_id, now=utc_now())

    assert str(member_id) not in str(all_rows(service.database))
    assert member.request("GET", ME).status_code == 401


def test_reapply_erasures_after_restore_erases_members_again(service: Service) -> None:
    member, erased = service.register("member@example.org"), service.register("erased@example.org")
    backup = copy_rows(service)
    erased.erase()
    service.database.close()
    restored = restore_rows(service, backup)
    assert erased.sign_in().status_code == 200
    services = service.app.state.services

    for count in (1, 0):
        result = reapply_erasures(restored, services.accounts, services.privacy.erasure_log, now=utc_now())
        assert result == (count, set())

    assert erased.sign_in().status_code == 401
    assert member.sign_in().status_code == 200
    restored.close()


def copy_rows(service: Service) -> dict[str, list[dict[str, object]]]:
    with service.database.reads.connect() as connection:
        return {
            table.name: [dict(row._mapping) for row in connection.execute(table.select())]  # noqa: SLF001
            for table in metadata.sorted_tables
        }


def restore_rows(service: Service, backup: dict[str, list[dict[str, object]]]) -> Database:
    database = Database(service.settings.database)
    with database.content_load() as session:
        for table in reversed(metadata.sorted_tables):
            session.execute(table.delete())
        for table in metadata.sorted_tables:
            if backup[table.name]:
                session.execute(table.insert(), backup[table.name])
    return database


def test_reapply_erasures_when_secret_is_missing_returns_its_id(service: Service) -> None:
    member, other = service.register(), service.register()
    services, removed_entry = service.app.state.services, generate_entry()
    old_log = ErasureLog(service.settings.erasures, KeyRing(removed_entry))
    for erasure_log, erased in ((old_log, other), (services.privacy.erasure_log, member)):
        mark = erasure_log.compute_mark(UUID(erased.request("GET", ME).json()["id"]))
        erasure_log.append([mark], now=utc_now())

    result = reapply_erasures(service.database, services.accounts, services.privacy.erasure_log, now=utc_now())
    assert result == (1, {removed_entry.partition(":")[0]})

    assert member.request("GET", ME).status_code == 401
    assert other.request("GET", ME).status_code == 200


def test_erase_account_when_log_is_not_writable_counts_no_attempt(make_service: MakeService, tmp_path: Path) -> None:
    service = make_service(erasures_file=tmp_path)
    member = service.register()

    assert {member.erase() for _ in range(7)} == {503}
