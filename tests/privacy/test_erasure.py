"""Tests for erasing an account: all data of the member is deleted, except one record of the erasure."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlmodel import col, select

from app.accounts.models import AuditEvent
from app.core.mail.outbox import OutboxMail
from tests.factories.rows import all_rows, row_counts
from tests.factories.services import PASSWORD, Service, post

ME = "/v1/me"


def test_erase_account_leaves_only_erasure_mark(service: Service) -> None:
    other = service.register_verified()
    before = row_counts(service.database)
    member = service.register_verified(
        "ana@example.org", consents=[{"purpose": "health_data", "granted": True, "version": "1"}]
    )
    member.sign_in_on_new_device()
    post(service.client, "/v1/auth/login", {"email": "ana@example.org", "password": "wrong"})
    post(service.client, "/v1/auth/password/forgot", {"email": "ana@example.org"})
    member_id = member.request("GET", ME).json()["id"]

    assert member.erase() == 204

    rows = str(all_rows(service.database))
    assert member_id not in rows
    assert member_id.replace("-", "") not in rows
    changed = {name: count for name, count in row_counts(service.database).items() if count != before[name]}
    # the budget of the address for emails remains, so that an erasure doesn't renew it
    assert changed == {"audit_events": before["audit_events"] + 1, "mail_budgets": before["mail_budgets"] + 1}
    assert other.request("GET", ME).status_code == 200


def test_erase_account_ends_all_sessions(service: Service) -> None:
    member = service.register()
    phone = member.sign_in_on_new_device()

    assert member.erase() == 204

    for device in (member, phone):
        assert device.request("GET", ME).status_code == 401
        assert device.refresh_session().status_code == 401
    assert member.sign_in().status_code == 401
    assert member.erase() == 401


def test_register_after_erasure_creates_new_account(service: Service) -> None:
    member = service.register("ana@example.org", display_name="Ana")
    member.erase()

    new_member = service.register("ana@example.org")

    assert new_member.request("GET", ME).json()["display_name"] is None


def test_erase_account_with_wrong_password_returns_403(service: Service) -> None:
    member = service.register()

    response = member.request("DELETE", ME, {"password": "wrong"})

    assert (response.status_code, response.json()["code"]) == (403, "wrong_password")
    assert response.json()["errors"][0]["pointer"] == "/password"
    assert member.request("GET", ME).status_code == 200
    assert service.erasure_log_lines() == []


@pytest.mark.parametrize("path", ["/v1/auth/register", "/v1/auth/password/forgot"])
def test_erase_account_with_concurrent_emails_leaves_no_rows(service: Service, path: str) -> None:
    """A concurrent request can find the member before the erasure, and then wait for the lock on the member's row."""
    for n in range(6):
        member = service.register(f"ana-{n}@example.org")
        member_id = member.request("GET", ME).json()["id"]
        body = {"email": member.email} | ({"password": PASSWORD} if path.endswith("register") else {})
        with ThreadPoolExecutor(5) as pool:
            erasure = pool.submit(member.erase)
            requests = [pool.submit(post, service.client, path, body) for _ in range(4)]
            statuses = [request.result().status_code for request in requests]

        assert (erasure.result(), set(statuses)) == (204, {202})
        with service.database.content_load() as session:
            assert not session.scalars(select(AuditEvent.id).where(col(AuditEvent.subject) == member_id)).all()
            assert not session.scalars(select(OutboxMail.id).where(col(OutboxMail.member_id) == UUID(member_id))).all()


def test_erase_account_with_concurrent_writes_leaves_no_rows(service: Service) -> None:
    member = service.register()

    def send_request(n: int) -> int:
        if n == 10:
            return member.erase()
        return member.request("PUT", "/v1/me/consents/health_data", {"granted": n % 2 == 0, "version": "1"}).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(send_request, range(30)))

    assert statuses[10] == 204
    assert set(statuses) <= {200, 204, 401}
    assert row_counts(service.database)["member_consents"] == 0
