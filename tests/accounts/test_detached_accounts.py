"""Tests for accounts that lost their unconfirmed address: they continue, and can add a new address."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from tests.conftest import MakeService
from tests.factories.accounts import (
    NEW_ADDRESS,
    NOON,
    change_address,
    change_password,
    newest_code,
    newest_email_token,
    reauthenticate,
    sign_in_by_code,
    sign_in_status,
    verify_email,
)
from tests.factories.services import MemberClient, Service

ADDRESS = "ana@example.org"


def register_detached(service: Service, address: str = ADDRESS) -> MemberClient:
    """Register a member with an unused second device. The address is then proven by someone else."""
    member = service.register(address)
    member.sign_in_on_new_device()
    sign_in_by_code(service, address).open_account(service, address)
    return member


@pytest.mark.parametrize("field", ["token", "code"])
@pytest.mark.parametrize("is_pending", [True, False], ids=["requested before", "requested after"])
def test_detached_account_with_new_address_is_confirmed(service: Service, field: str, *, is_pending: bool) -> None:
    member = service.register(ADDRESS)
    if is_pending:
        assert change_address(member).status_code == 202
    sign_in_by_code(service, ADDRESS).open_account(service, ADDRESS)
    if not is_pending:
        assert change_address(member).status_code == 202
    proof = {"token": newest_email_token(service, NEW_ADDRESS), "code": newest_code(service, NEW_ADDRESS)}[field]

    assert member.request("POST", "/v1/auth/verify-email", {field: proof}).status_code == 204

    account = member.request("GET", "/v1/me").json()
    assert (account["email"], account["email_verified"], account["address_lost"]) == (NEW_ADDRESS, True, False)
    assert [sign_in_status(service, address) for address in (NEW_ADDRESS, ADDRESS)] == [200, 401]
    assert member.request("DELETE", "/v1/me/sessions").status_code == 204


@pytest.mark.parametrize(
    ("method", "path", "confirmed_path", "confirmed_body"),
    [
        ("POST", "/v1/auth/logout", "/v1/auth/logout", {"confirm": True}),
        ("DELETE", "/v1/me/sessions", "/v1/me/sessions?confirm=true", None),
        ("DELETE", "/v1/me/sessions/{id}", "/v1/me/sessions/{id}?confirm=true", None),
    ],
)
def test_sign_out_of_last_session_of_detached_account_needs_confirm(
    service: Service, method: str, path: str, confirmed_path: str, confirmed_body: Any
) -> None:
    member = service.register(ADDRESS)
    phone = member.sign_in_on_new_device()
    sign_in_by_code(service, ADDRESS).open_account(service, ADDRESS)
    assert phone.request("POST", "/v1/auth/logout").status_code == 204  # the first session remains
    session_id = member.request("GET", "/v1/me/sessions").json()["items"][0]["id"]

    response = member.request(method, path.format(id=session_id))

    assert (response.status_code, response.json()["code"]) == (409, "guest_would_be_lost")
    assert member.request("DELETE", "/v1/me/sessions?which=others").status_code == 204
    assert member.refresh_session().status_code == 200
    assert member.request(method, confirmed_path.format(id=session_id), confirmed_body).status_code == 204
    assert member.request("GET", "/v1/me").status_code == 401
    assert member.refresh_session().status_code == 401


@pytest.mark.parametrize("new_session", [False, True], ids=["same session", "session of a new password"])
def test_detached_account_session_has_no_absolute_end(make_service: MakeService, *, new_session: bool) -> None:
    service = make_service(session_days=100, session_idle_days=60)
    with time_machine.travel(NOON, tick=False) as clock:
        regular, member = service.register(), register_detached(service)
        if new_session:
            member.store_tokens(change_password(member))
        statuses = []
        for _ in range(8):
            clock.shift(timedelta(days=50))
            statuses.append((member.refresh_session().status_code, regular.refresh_session().status_code))

        assert statuses == [(200, 200)] + [(200, 401)] * 7
        assert member.request("GET", "/v1/me").json()["address_lost"] is True
        assert member.request("POST", "/v1/auth/logout").status_code == 409  # the other device's session has expired


def test_session_of_detached_account_is_limited_after_new_address(make_service: MakeService) -> None:
    service = make_service(session_days=100, session_idle_days=60)
    with time_machine.travel(NOON, tick=False) as clock:
        member, other = register_detached(service), register_detached(service, "ben@example.org")
        change_address(member)
        assert verify_email(member, newest_email_token(service, NEW_ADDRESS)).status_code == 204

        for status in (200, 401):
            clock.shift(timedelta(days=50))
            assert (member.refresh_session().status_code, other.refresh_session().status_code) == (status, 200)


def test_detached_account_reauthenticates_with_password_only(service: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        member = register_detached(service)
        clock.shift(timedelta(minutes=5))

        response = member.request("GET", "/v1/me/export")

        assert (response.status_code, response.json()["methods"]) == (403, ["password"])
        assert reauthenticate(member, code="12345678").json()["code"] == "wrong_code"
        assert reauthenticate(member, password=member.password).status_code == 204
        assert member.request("GET", "/v1/me/export").json()["account"]["email"] is None
