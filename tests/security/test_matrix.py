"""Tests for access control of every route, and for the isolation of members' data."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

import pytest
import time_machine
from fastapi.routing import iter_route_contexts

from app.core.errors import CHALLENGE, INVALID_TOKEN_CHALLENGE
from app.main import create_app
from tests.conftest import settings_for
from tests.factories.addresses import unreachable_database_url
from tests.factories.operations import OPERATIONS, OPERATIONS_BY_ID, comparable_response
from tests.factories.rows import rows_of_member
from tests.factories.services import MemberClient, Service, request
from tests.security.expectations import (
    MEMBER_OPERATIONS,
    OPTIONAL_TOKEN_OPERATIONS,
    PUBLIC_OPERATIONS,
    PreparedRequest,
    run_operation,
)

ALL_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
UUID_PATTERN = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MEMBER_SPECIFIC = re.compile(
    rf"{UUID_PATTERN.pattern}|person-\d+@example\.org|\d{{4}}-\d\d-\d\dT[\d:.]+Z"
)  # values that differ between members
ROW_OPERATIONS = {name: expected for name, expected in MEMBER_OPERATIONS.items() if expected.create_row}
READ_OPERATIONS = [
    name for name in MEMBER_OPERATIONS if OPERATIONS_BY_ID[name].method == "GET" and name not in ROW_OPERATIONS
]
WRITE_OPERATIONS = [name for name in MEMBER_OPERATIONS if OPERATIONS_BY_ID[name].method in {"PUT", "PATCH"}]


@dataclass(frozen=True, slots=True)
class MatrixScenario:
    """A member with data, and clients of a signed-out member and an erased member."""

    service: Service
    baseline: dict[str, str]
    owner: MemberClient
    owner_id: str
    signed_out: MemberClient
    erased: MemberClient

    def owner_rows(self) -> dict[str, list[str]]:
        return rows_of_member(self.service.database, self.owner_id)


@pytest.fixture(scope="module")
def scenario(unlimited_service: Service) -> MatrixScenario:
    baseline = read_as_new_member(unlimited_service)
    owner, signed_out, erased = (unlimited_service.register_verified() for _ in range(3))
    for name in WRITE_OPERATIONS:
        assert run_operation(name, unlimited_service, owner).status_code == MEMBER_OPERATIONS[name].status
    unlimited_service.sent_emails()  # otherwise, later tests would change the rows of pending emails
    assert signed_out.request("POST", "/v1/auth/logout").status_code == 204
    assert erased.request("DELETE", "/v1/me", {"password": erased.password}).status_code == 204
    return MatrixScenario(
        unlimited_service, baseline, owner, owner.request("GET", "/v1/me").json()["id"], signed_out, erased
    )


def read_as_new_member(service: Service) -> dict[str, str]:
    """Return the responses to a new member, without ids, timestamps and the email address."""
    member = service.register_verified()
    return {
        name: MEMBER_SPECIFIC.sub("...", PreparedRequest.for_operation(name, service, member).send_as(member).text)
        for name in READ_OPERATIONS
    }


def route_names() -> Iterator[str]:
    app = create_app(settings_for(unreachable_database_url()))
    for context in iter_route_contexts(app.routes):
        yield context.name or str(context.path)


def test_every_route_has_an_expectation() -> None:
    routes = list(route_names())

    assert len(routes) == len(set(routes)) > 30
    assert PUBLIC_OPERATIONS & set(MEMBER_OPERATIONS) == set()
    assert set(routes) == PUBLIC_OPERATIONS | set(MEMBER_OPERATIONS)


def test_only_public_operations_require_no_token() -> None:
    assert {
        str(item) for item in OPERATIONS if item.accepts_token
    } == MEMBER_OPERATIONS.keys() | OPTIONAL_TOKEN_OPERATIONS
    assert [item.path for item in OPERATIONS if item.path.startswith("/v1/me") and str(item) in PUBLIC_OPERATIONS] == []


def test_operations_with_row_id_declare_row_factory() -> None:
    for name, expected in MEMBER_OPERATIONS.items():
        parameters = [item for item in OPERATIONS_BY_ID[name].parameters if item["in"] == "path"]
        has_id = any(item["schema"].get("format") == "uuid" or item["name"] == "run_id" for item in parameters)
        assert bool(expected.create_row) == has_id, name
        assert bool(expected.create_row or expected.path) == bool(parameters), name


def test_operations_without_session_return_alike_401(scenario: MatrixScenario) -> None:
    requests = {
        name: PreparedRequest.for_operation(name, scenario.service, scenario.owner) for name in MEMBER_OPERATIONS
    }
    rows_before = scenario.owner_rows()

    for name, prepared in requests.items():
        anonymous = request(scenario.service.client, prepared.method, prepared.path, prepared.body)

        assert (anonymous.status_code, anonymous.json()["code"]) == (401, "not_signed_in"), name
        assert anonymous.headers.pop("www-authenticate") == CHALLENGE
        for client in (scenario.signed_out, scenario.erased):
            response = prepared.send_as(client)
            assert response.headers.pop("www-authenticate") == INVALID_TOKEN_CHALLENGE
            assert comparable_response(response) == comparable_response(anonymous), name
    assert scenario.owner_rows() == rows_before


def test_operations_do_not_change_other_members_rows(scenario: MatrixScenario) -> None:
    rows_before = scenario.owner_rows()

    for name in MEMBER_OPERATIONS.keys() - ROW_OPERATIONS.keys():
        other_member = scenario.service.register_verified()

        response = PreparedRequest.for_operation(name, scenario.service, other_member).send_as(other_member)

        assert response.status_code == MEMBER_OPERATIONS[name].status, name
        assert scenario.owner_rows() == rows_before, name


def test_new_member_reads_no_data_of_other_members(scenario: MatrixScenario) -> None:
    assert len(scenario.baseline) > 3
    assert read_as_new_member(scenario.service) == scenario.baseline


def test_row_of_other_member_responds_like_unknown_id(scenario: MatrixScenario) -> None:
    first, second = (scenario.service.register_verified() for _ in range(2))

    for name, expected in ROW_OPERATIONS.items():
        with time_machine.travel(datetime.now(UTC), tick=False):
            owner_request = PreparedRequest.for_operation(name, scenario.service, scenario.owner)
            unknown_path = UUID_PATTERN.sub(lambda _: str(uuid4()), owner_request.path)
            unknown_request = PreparedRequest(owner_request.method, unknown_path, owner_request.body)
            rows_before = scenario.owner_rows()

            results = [responses_by_method(owner_request, first), responses_by_method(unknown_request, second)]

            assert owner_request.path != unknown_path
            assert results[0] == results[1], name
            assert results[0][owner_request.method][0] == expected.foreign_status, name
            assert scenario.owner_rows() == rows_before, name
            assert owner_request.send_as(scenario.owner).status_code == expected.status, name


def responses_by_method(prepared: PreparedRequest, client: MemberClient) -> dict[str, tuple[int, str]]:
    """Return the response to each HTTP method, without ids. The operation's own method is sent first."""
    results = {prepared.method: prepared.send_as(client)}
    for method in ALL_METHODS:
        if method not in results:
            results[method] = client.request(method, prepared.path)
    return {
        method: (response.status_code, UUID_PATTERN.sub("id", repr(comparable_response(response))))
        for method, response in results.items()
    }
