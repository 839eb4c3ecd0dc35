"""Erasure: everything is gone at once, one mark stays, and a restored backup can be made to forget again."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from app.accounts.models import AuditEvent
from app.core.database import Database
from app.core.keyring import UnknownKey, new_entry
from app.privacy.erasing import reapply, write_down
from app.tables import metadata
from tests.conftest import MakeService
from tests.factories.services import PASSWORD, Person, Service, post

ME = "/v1/me"


def erase(person: Person, password: str = PASSWORD) -> int:
    return person.ask("DELETE", ME, {"password": password}).status_code


def everything(service: Service) -> str:
    """All rows of all tables, as text."""
    with service.database.reads.connect() as connection:
        return "\n".join(
            str(row)
            for table in metadata.sorted_tables
            for row in connection.execute(text(f"SELECT * FROM {table.name}"))
        )


def rows(service: Service) -> dict[str, int]:
    with service.database.reads.connect() as connection:
        return {
            table.name: connection.scalar(text(f"SELECT count(*) FROM {table.name}")) or 0
            for table in metadata.sorted_tables
        }


def lines(service: Service) -> list[str]:
    path = service.settings.erasures
    return path.read_text().splitlines() if path.exists() else []


def test_nothing_of_an_erased_member_is_left_but_a_mark(service: Service) -> None:
    other = service.register_verified()
    before = rows(service)
    person = service.register_verified(
        "ana@example.org", consents=[{"purpose": "health_data", "granted": True, "version": "1"}]
    )
    person.on_another_device()
    post(service.client, "/v1/auth/login", {"email": "ana@example.org", "password": "wrong"})
    post(service.client, "/v1/auth/password/forgot", {"email": "ana@example.org"})
    member_id = person.ask("GET", ME).json()["id"]

    assert erase(person) == 204

    found = everything(service)
    assert member_id not in found
    assert member_id.replace("-", "") not in found
    gone = {name: many for name, many in rows(service).items() if many != before[name]}
    assert gone == {"audit_events": before["audit_events"] + 1}
    assert other.ask("GET", ME).status_code == 200


def test_an_erased_member_is_signed_out_everywhere_at_once(service: Service) -> None:
    person = service.register()
    phone = person.on_another_device()

    assert erase(person) == 204

    for each in (person, phone):
        assert each.ask("GET", ME).status_code == 401
        assert each.renew().status_code == 401
    assert person.sign_in().status_code == 401
    assert erase(person) == 401


def test_the_address_may_be_used_again_by_somebody_new(service: Service) -> None:
    person = service.register("ana@example.org", display_name="Ana")
    erase(person)

    again = service.register("ana@example.org")

    assert again.ask("GET", ME).json()["display_name"] is None


def test_a_wrong_password_erases_nothing(service: Service) -> None:
    person = service.register()

    reply = person.ask("DELETE", ME, {"password": "wrong"})

    assert (reply.status_code, reply.json()["code"]) == (403, "wrong_password")
    assert reply.json()["errors"][0]["pointer"] == "/password"
    assert person.ask("GET", ME).status_code == 200
    assert lines(service) == []


def test_an_erasure_is_written_down_as_a_keyed_hash(service: Service) -> None:
    person = service.register()
    member_id = person.ask("GET", ME).json()["id"]

    erase(person)

    [line] = lines(service)
    mark, moment = line.split()
    assert mark.startswith("test-1:")
    assert datetime.fromisoformat(moment).tzinfo is not None
    assert member_id not in line
    with service.database.transaction() as session:
        assert session.exec(select(AuditEvent.subject).where(col(AuditEvent.event) == "erased")).all() == [mark]


def test_a_file_that_cannot_be_written_stops_the_erasure(make_service: MakeService, tmp_path: Path) -> None:
    service = make_service(erasures_file=tmp_path)  # a folder
    person = service.register()

    reply = person.ask("DELETE", ME, {"password": PASSWORD})

    assert (reply.status_code, reply.json()["code"]) == (503, "erasure_unavailable")
    assert "Retry-After" in reply.headers
    assert person.ask("GET", ME).status_code == 200


def test_what_a_crash_kept_from_the_file_is_made_up_for(service: Service) -> None:
    for _ in range(2):
        erase(service.register())
    whole = {line.split()[0] for line in lines(service)}
    service.settings.erasures.write_text(lines(service)[0] + "\n")
    erasures = service.app.state.erasures

    with service.database.transaction() as session:
        assert write_down(session, erasures, now=datetime.now(UTC)) == 1
        assert write_down(session, erasures, now=datetime.now(UTC)) == 0

    assert {line.split()[0] for line in lines(service)} == whole


def test_a_restored_backup_is_made_to_forget_again(service: Service) -> None:
    """The database is taken back to before the erasure by giving the member's rows back."""
    stays, goes = service.register("stays@example.org"), service.register("goes@example.org")
    backup = copy_of(service)
    erase(goes)
    service.database.close()
    restored = restore(service, backup)
    assert goes.sign_in().status_code == 200
    app = service.app.state

    assert reapply(restored, app.tools, app.erasures, now=datetime.now(UTC)) == 1
    assert reapply(restored, app.tools, app.erasures, now=datetime.now(UTC)) == 0

    assert goes.sign_in().status_code == 401
    assert stays.sign_in().status_code == 200
    restored.close()


def copy_of(service: Service) -> dict[str, list[dict[str, object]]]:
    with service.database.reads.connect() as connection:
        return {
            table.name: [dict(row._mapping) for row in connection.execute(table.select())]  # noqa: SLF001
            for table in metadata.sorted_tables
        }


def restore(service: Service, backup: dict[str, list[dict[str, object]]]) -> Database:
    database = Database(service.settings.database)
    with database.transaction() as session:
        for table in reversed(metadata.sorted_tables):
            session.execute(table.delete())
        for table in metadata.sorted_tables:
            if backup[table.name]:
                session.execute(table.insert(), backup[table.name])
    return database


def test_a_line_of_a_secret_that_is_gone_erases_nobody_and_says_so(make_service: MakeService, service: Service) -> None:
    erase(service.register())
    person = service.register()
    after = make_service(service.settings.database, keys=new_entry())

    with pytest.raises(UnknownKey, match="test-1"):
        reapply(service.database, after.app.state.tools, after.app.state.erasures, now=datetime.now(UTC))

    assert person.ask("GET", ME).status_code == 200


def test_what_is_written_while_a_member_is_erased_is_written_before_or_not_at_all(service: Service) -> None:
    person = service.register()

    def ask(n: int) -> int:
        if n == 10:
            return erase(person)
        return person.ask("PUT", "/v1/me/consents/health_data", {"granted": n % 2 == 0, "version": "1"}).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(ask, range(30)))

    assert statuses[10] == 204
    assert set(statuses) <= {200, 204, 401}
    assert rows(service)["member_consents"] == 0
