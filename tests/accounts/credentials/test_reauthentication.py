"""Tests for step-up: sensitive requests need a proof of identity within the last five minutes."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from tests.factories.accounts import (
    NEW_ADDRESS,
    NEW_PASSWORD,
    NOON,
    reauthenticate,
    request_code,
    sign_in_with_code,
    wrong_code,
)
from tests.factories.services import PASSWORD, MemberClient, Service

EXPORT = ("GET", "/v1/me/export")
OPERATIONS: list[tuple[str, str, dict[str, str], str, int]] = [
    (*EXPORT, {}, "", 200),
    ("DELETE", "/v1/me", {}, "password", 204),
    ("POST", "/v1/me/erase", {}, "password", 204),
    ("PUT", "/v1/me/password", {"new_password": NEW_PASSWORD}, "current_password", 200),
    ("PUT", "/v1/me/email", {"email": NEW_ADDRESS}, "current_password", 202),
    ("DELETE", "/v1/me/health-data", {}, "password", 204),
]
FIVE_MINUTES = timedelta(minutes=5)
operations = pytest.mark.parametrize(("method", "path", "body", "field", "status"), OPERATIONS)


def refusal(member: MemberClient, method: str, path: str, body: Any = None) -> tuple[int, str, list[str]]:
    response = member.request(method, path, body or None)
    return response.status_code, response.json()["code"], response.json()["methods"]


@operations
def test_operation_within_five_minutes_of_sign_in_succeeds(
    service: Service, method: str, path: str, body: dict[str, str], field: str, status: int
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        member = service.register()
        clock.shift(FIVE_MINUTES - timedelta(seconds=1))

        assert member.request(method, path, body or None).status_code == status


@pytest.mark.parametrize("proof", ["password", "code"])
@operations
def test_operation_later_needs_reauthentication(
    service: Service, method: str, path: str, body: dict[str, str], field: str, status: int, proof: str
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        member = service.register_verified()
        clock.shift(FIVE_MINUTES)
        assert member.refresh_session().status_code == 200  # is not a proof
        required = (403, "reauthentication_required", ["password", "code"])
        assert refusal(member, method, path, body) == required
        value = PASSWORD if proof == "password" else request_code(service, member.email)
        wrong = reauthenticate(member, **{proof: "wrong" if proof == "password" else wrong_code(value)})
        assert (wrong.status_code, wrong.json()["code"]) == (403, f"wrong_{proof}")
        assert refusal(member, method, path, body) == required

        assert reauthenticate(member, **{proof: value}).status_code == 204

        clock.shift(FIVE_MINUTES - timedelta(seconds=1))
        assert member.request(method, path, body or None).status_code == status


@pytest.mark.parametrize(("method", "path", "body", "field", "status"), OPERATIONS[1:])
def test_operation_with_password_field_needs_no_reauthentication(
    service: Service, method: str, path: str, body: dict[str, str], field: str, status: int
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        member = service.register()
        for wait in (timedelta(0), FIVE_MINUTES):  # a recent proof does not make a wrong password right
            clock.shift(wait)
            wrong = member.request(method, path, body | {field: "wrong"})
            assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_password")

        assert member.request(method, path, body | {field: PASSWORD}).status_code == status


def test_reauthentication_counts_only_for_its_session(service: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        member, other = service.register(), service.register()
        phone = member.sign_in_on_new_device()
        clock.shift(FIVE_MINUTES)
        code = request_code(service, other.email)

        assert reauthenticate(member, password=PASSWORD).status_code == 204
        assert reauthenticate(member, code=code).json()["code"] == "wrong_code"  # for another member

        assert member.request(*EXPORT).status_code == 200
        for device in (phone, other):
            assert refusal(device, *EXPORT)[:2] == (403, "reauthentication_required")
        clock.shift(FIVE_MINUTES)
        member.refresh_session()
        assert refusal(member, *EXPORT)[:2] == (403, "reauthentication_required")


def test_reauthentication_methods_of_account_without_password(service: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        member = MemberClient(service.client, "nobody@example.org")
        member.store_tokens(sign_in_with_code(service.client, member.email, request_code(service, member.email)))
        assert member.request(*EXPORT).status_code == 200
        clock.shift(FIVE_MINUTES)

        assert refusal(member, *EXPORT) == (403, "reauthentication_required", ["code"])
        assert reauthenticate(member, password="").json()["code"] == "wrong_password"
        assert reauthenticate(member, code=request_code(service, member.email)).status_code == 204
        assert '"reauthenticated"' in member.request(*EXPORT).text
        assert member.request("POST", "/v1/me/erase").status_code == 204


def test_reauthentication_without_valid_session_returns_401(service: Service) -> None:
    member = service.register()
    code = request_code(service, member.email)
    assert reauthenticate(MemberClient(service.client, member.email), code=code).status_code == 401
    phone = member.sign_in_on_new_device()
    assert member.request("DELETE", "/v1/me/sessions?which=others").status_code == 204

    for proof in ({"code": code}, {"password": PASSWORD}):
        assert reauthenticate(phone, **proof).status_code == 401

    assert reauthenticate(member, code=code).status_code == 204
