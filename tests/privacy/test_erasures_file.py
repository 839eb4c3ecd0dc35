"""The file of erasures: what was erased is erased again after a restore."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from sqlmodel import col, select

from app.accounts.models import AuditEvent
from app.core.crypto.key_ring import KeyRing, new_entry
from app.core.db.database import Database
from app.core.timestamps import utc_now
from app.privacy.erasure import erase_member, reapply, write_down
from app.privacy.erasure_log import Erasures
from app.tables import metadata
from tests.conftest import MakeService
from tests.factories.rows import all_rows
from tests.factories.services import PASSWORD, Service

ME = "/v1/me"


def test_an_erasure_is_written_down_as_a_keyed_hash(service: Service) -> None:
    person = service.register()
    member_id = person.ask("GET", ME).json()["id"]

    person.erase()

    [line] = service.erasures()
    mark, moment = line.split()
    assert mark.startswith("test-1:")
    assert datetime.fromisoformat(moment).tzinfo is not None
    assert member_id not in line
    with service.database.loading() as session:
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
        service.register().erase()
    whole = {line.split()[0] for line in service.erasures()}
    service.settings.erasures.write_text(service.erasures()[0] + "\n")
    erasures = service.app.state.services.privacy.erasures

    assert write_down(service.database, erasures, now=utc_now()) == 1
    assert write_down(service.database, erasures, now=utc_now()) == 0

    assert {line.split()[0] for line in service.erasures()} == whole


def test_a_torn_line_costs_no_other(service: Service) -> None:
    service.settings.erasures.parent.mkdir(parents=True, exist_ok=True)
    service.settings.erasures.write_text("test-1:0123")
    service.register().erase()

    assert len(service.erasures()) == 2
    assert len(service.app.state.services.privacy.erasures.marks()) == 1


def test_a_member_whose_key_is_lost_can_be_erased_all_the_same(make_service: MakeService, service: Service) -> None:
    person = service.register()
    member_id = UUID(person.ask("GET", ME).json()["id"])
    after = make_service(service.settings.database, keys=new_entry()).app.state

    assert erase_member(
        service.database, after.services.accounts, after.services.privacy.erasures, member_id, now=utc_now()
    )

    assert str(member_id) not in str(all_rows(service.database))
    assert person.ask("GET", ME).status_code == 401


def test_a_restored_backup_is_made_to_forget_again(service: Service) -> None:
    """The database is taken back to before the erasure by giving the member's rows back."""
    stays, goes = service.register("stays@example.org"), service.register("goes@example.org")
    backup = copy_of(service)
    goes.erase()
    service.database.close()
    restored = restore(service, backup)
    assert goes.sign_in().status_code == 200
    app = service.app.state

    assert reapply(restored, app.services.accounts, app.services.privacy.erasures, now=utc_now()) == (1, set())
    assert reapply(restored, app.services.accounts, app.services.privacy.erasures, now=utc_now()) == (0, set())

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
    with database.loading() as session:
        for table in reversed(metadata.sorted_tables):
            session.execute(table.delete())
        for table in metadata.sorted_tables:
            if backup[table.name]:
                session.execute(table.insert(), backup[table.name])
    return database


def test_a_mark_of_a_secret_that_is_gone_is_told_and_the_others_count(service: Service) -> None:
    person, other = service.register(), service.register()
    app, gone = service.app.state, new_entry()
    old = Erasures(service.settings.erasures, KeyRing(gone))
    for erasures, each in ((old, other), (app.services.privacy.erasures, person)):
        erasures.add([erasures.mark(UUID(each.ask("GET", ME).json()["id"]))], now=utc_now())

    assert reapply(service.database, app.services.accounts, app.services.privacy.erasures, now=utc_now()) == (
        1,
        {gone.partition(":")[0]},
    )

    assert person.ask("GET", ME).status_code == 401
    assert other.ask("GET", ME).status_code == 200


def test_a_file_that_cannot_be_written_costs_nobody_a_try(make_service: MakeService, tmp_path: Path) -> None:
    service = make_service(erasures_file=tmp_path)
    person = service.register()

    assert {person.erase() for _ in range(7)} == {503}
