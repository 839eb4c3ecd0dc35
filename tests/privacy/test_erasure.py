"""Erasure: everything is gone at once, one mark stays, and a restored backup can be made to forget again."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlmodel import col, select

from app.accounts.models import AuditEvent
from app.core.mail.outbox import OutboxMail
from tests.factories.rows import all_rows, counts
from tests.factories.services import PASSWORD, Service, post

ME = "/v1/me"


def test_nothing_of_an_erased_member_is_left_but_a_mark(service: Service) -> None:
    other = service.register_verified()
    before = counts(service.database)
    person = service.register_verified(
        "ana@example.org", consents=[{"purpose": "health_data", "granted": True, "version": "1"}]
    )
    person.on_another_device()
    post(service.client, "/v1/auth/login", {"email": "ana@example.org", "password": "wrong"})
    post(service.client, "/v1/auth/password/forgot", {"email": "ana@example.org"})
    member_id = person.ask("GET", ME).json()["id"]

    assert person.erase() == 204

    found = str(all_rows(service.database))
    assert member_id not in found
    assert member_id.replace("-", "") not in found
    gone = {name: many for name, many in counts(service.database).items() if many != before[name]}
    assert gone == {"audit_events": before["audit_events"] + 1}
    assert other.ask("GET", ME).status_code == 200


def test_an_erased_member_is_signed_out_everywhere_at_once(service: Service) -> None:
    person = service.register()
    phone = person.on_another_device()

    assert person.erase() == 204

    for each in (person, phone):
        assert each.ask("GET", ME).status_code == 401
        assert each.renew().status_code == 401
    assert person.sign_in().status_code == 401
    assert person.erase() == 401


def test_the_address_may_be_used_again_by_somebody_new(service: Service) -> None:
    person = service.register("ana@example.org", display_name="Ana")
    person.erase()

    again = service.register("ana@example.org")

    assert again.ask("GET", ME).json()["display_name"] is None


def test_a_wrong_password_erases_nothing(service: Service) -> None:
    person = service.register()

    reply = person.ask("DELETE", ME, {"password": "wrong"})

    assert (reply.status_code, reply.json()["code"]) == (403, "wrong_password")
    assert reply.json()["errors"][0]["pointer"] == "/password"
    assert person.ask("GET", ME).status_code == 200
    assert service.erasures() == []


@pytest.mark.parametrize("path", ["/v1/auth/register", "/v1/auth/password/forgot"])
def test_nothing_is_written_to_a_member_who_is_erased_at_the_same_moment(service: Service, path: str) -> None:
    """Whoever asks for an address found its member, and then waits for the erasure."""
    for n in range(6):
        person = service.register(f"ana-{n}@example.org")
        member_id = person.ask("GET", ME).json()["id"]
        body = {"email": person.address} | ({"password": PASSWORD} if path.endswith("register") else {})
        with ThreadPoolExecutor(5) as pool:
            erasing = pool.submit(person.erase)
            statuses = [
                each.result().status_code for each in [pool.submit(post, service.client, path, body) for _ in range(4)]
            ]

        assert (erasing.result(), set(statuses)) == (204, {202})
        with service.database.loading() as session:
            assert not session.scalars(select(AuditEvent.id).where(col(AuditEvent.subject) == member_id)).all()
            assert not session.scalars(select(OutboxMail.id).where(col(OutboxMail.member_id) == UUID(member_id))).all()


def test_what_is_written_while_a_member_is_erased_is_written_before_or_not_at_all(service: Service) -> None:
    person = service.register()

    def ask(n: int) -> int:
        if n == 10:
            return person.erase()
        return person.ask("PUT", "/v1/me/consents/health_data", {"granted": n % 2 == 0, "version": "1"}).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(ask, range(30)))

    assert statuses[10] == 204
    assert set(statuses) <= {200, 204, 401}
    assert counts(service.database)["member_consents"] == 0
