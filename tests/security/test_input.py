"""Tests for input validation of all request bodies, fields and path parameters."""

import json
from typing import Any

import pytest
from httpx2 import Response

from tests.factories.operations import (
    OPERATIONS,
    OPERATIONS_WITH_BODY,
    Operation,
    Pointer,
    is_string,
    iterate_fields,
    json_pointer,
    json_types,
    replace_at,
    replace_raw_at,
)
from tests.factories.rows import all_rows
from tests.factories.services import MemberClient, Service
from tests.security import member_requests

CANARY = "canary"
JSON_HEADERS = {"Content-Type": "application/json"}
UNKNOWN_FIELDS = ("id", "user_id", "member_id", "role", "is_admin", "created_at", "verified_at")
LONG_TEXT_LENGTH = 1_000_000  # characters
TOO_LONG_TEXT = CANARY * (LONG_TEXT_LENGTH // len(CANARY))
NON_STRINGS = (
    "7",
    "-1.5",
    "1e400",
    "NaN",
    "-Infinity",
    "9" * 30,
    "true",
    "[]",
    "{}",
    f'["{CANARY}"]',
    "[" * 200 + "]" * 200,
)
NON_OBJECTS = ("null", "7", "NaN", "[]", f'"{CANARY}"', f'["{CANARY}"]', "", " ", "{", '{"a": 1,}')
NON_UTF_8_JSON = (
    ("", "utf-8", 415),
    ("text/plain", "utf-8", 415),
    ("application/x-www-form-urlencoded", "utf-8", 415),
    ("multipart/form-data; boundary=x", "utf-8", 415),
    ("application/json; charset=utf-16", "utf-16", 415),
    ("application/json", "utf-16", 400),
    ("application/json", "utf-16-le", 400),
    ("application/json", "utf-32", 400),
)
INVALID_PATH_VALUES = ("%00", "a%00", "%ED%A0%80", "%FF", "%0A", "..%2F..%2Fetc", CANARY + "x" * 5000)

Location = tuple[Operation, Pointer]
DECLARED_FIELDS = [
    (operation, at, schema)
    for operation in OPERATIONS_WITH_BODY
    for at, schema in iterate_fields(operation.body_schema, operation.body_example)
]
PATTERN_FIELDS = [
    (operation, (*at, name), schema["patternProperties"][pattern])
    for operation, at, schema in DECLARED_FIELDS
    for pattern in schema.get("patternProperties", ())
    for name in schema["examples"][0]
]
FIELDS = DECLARED_FIELDS + PATTERN_FIELDS
STRING_FIELDS: list[Location] = [(operation, at) for operation, at, schema in FIELDS if is_string(schema)]
OBJECT_FIELDS: list[Location] = [(operation, at) for operation, at, schema in FIELDS if "properties" in schema]
OPEN_OBJECTS: list[Location] = [
    (operation, at)
    for operation, at, schema in FIELDS
    if "patternProperties" in schema or isinstance(schema.get("additionalProperties"), dict)
]
INVALID_NAMES = (f"{CANARY}\0", f"\ud800{CANARY}", f"{CANARY} {CANARY}", "-".join([CANARY] * 17), TOO_LONG_TEXT)


def location_id(location: Any) -> str:
    """Return a readable test id for an operation, or for a field of its request body."""
    match location:
        case (operation, at):
            return f"{operation}{json_pointer(at)}"
    return str(location)


@pytest.fixture(scope="module")
def member(unlimited_service: Service) -> MemberClient:
    """Return a member with a current journey, so that requests are rejected only for invalid fields."""
    client = unlimited_service.register_verified()
    member_requests.create_run(unlimited_service, client)
    return client


def send(
    client: MemberClient, operation: Operation, content: str | bytes, headers: dict[str, str] = JSON_HEADERS
) -> Response:
    return client.client.request(
        operation.method, operation.example_path(), content=content, headers=client.headers | headers
    )


def value_at(body: Any, at: Pointer) -> Any:
    for step in at:
        body = body[step]
    return body


def problem_of(response: Response) -> Any:
    """Return the problem in a response, or in the only result of a sync response."""
    if response.status_code != 200:
        return response.json()
    [result] = response.json()["results"]
    assert result["status"] == "refused"
    return result["problem"]


def pointers(problem: Any) -> list[str]:
    return [error["pointer"] for error in problem["errors"]]


def test_document_has_request_bodies_and_fields() -> None:
    assert len(OPERATIONS_WITH_BODY) > 10
    assert len(STRING_FIELDS) > 20
    assert sorted(at[-1] for _, at in OPEN_OBJECTS) == [*["answers"] * 3, "tasks", "tasks"]
    assert {"erase_me", "register", "change_me"} <= {str(operation) for operation in OPERATIONS_WITH_BODY}


@pytest.mark.parametrize("location", OBJECT_FIELDS, ids=location_id)
def test_unknown_field_returns_422_and_changes_no_rows(
    unlimited_service: Service, member: MemberClient, location: Location
) -> None:
    operation, at = location
    rows_before = all_rows(unlimited_service.database)

    for name in UNKNOWN_FIELDS:
        problem = problem_of(send(member, operation, json.dumps(replace_at(operation.body_example, (*at, name), "1"))))

        assert problem["status"] == 422, name
        assert json_pointer((*at, name)) in pointers(problem)
    assert all_rows(unlimited_service.database) == rows_before


@pytest.mark.parametrize("location", STRING_FIELDS, ids=location_id)
def test_invalid_string_returns_422_with_pointer(member: MemberClient, location: Location) -> None:
    operation, at = location

    for text in (f"{CANARY}\0", f"\ud800{CANARY}", TOO_LONG_TEXT):
        response = send(member, operation, json.dumps(replace_at(operation.body_example, at, text)))

        problem = problem_of(response)
        assert (problem["status"], problem["code"]) == (422, "invalid_input"), text[:20]
        assert json_pointer(at) in pointers(problem)
        assert CANARY not in response.text


@pytest.mark.parametrize("location", OPEN_OBJECTS, ids=location_id)
def test_invalid_name_returns_422_without_echo(member: MemberClient, location: Location) -> None:
    operation, at = location
    value = next(iter(value_at(operation.body_example, at).values()))

    for name in INVALID_NAMES:
        response = send(member, operation, json.dumps(replace_at(operation.body_example, at, {name: value})))

        assert problem_of(response)["status"] == 422, name[:20]
        assert CANARY not in response.text, name[:20]


def test_megabyte_body_returns_413(service: Service) -> None:
    unauthenticated = MemberClient(service.client, "somebody@example.org")

    for operation in OPERATIONS_WITH_BODY:
        response = send(unauthenticated, operation, json.dumps({"text": TOO_LONG_TEXT}))

        assert (response.status_code, response.json()["code"]) == (413, "body_too_large"), str(operation)


@pytest.mark.parametrize("location", STRING_FIELDS, ids=location_id)
def test_non_string_value_for_string_field_returns_422(member: MemberClient, location: Location) -> None:
    operation, at = location

    for text in NON_STRINGS:
        response = send(member, operation, replace_raw_at(operation.body_example, at, text))

        problem = problem_of(response)
        assert problem["status"] == 422, text[:20]
        assert json_pointer(at) in pointers(problem)
        assert CANARY not in response.text
    assert send(member, operation, replace_raw_at(operation.body_example, at, "1" * 5000)).status_code == 400


@pytest.mark.parametrize("kind", ["boolean", "integer", "number"])
def test_numbers_and_booleans_are_strict(member: MemberClient, kind: str) -> None:
    invalid_values = {
        "boolean": ("0", "1", "1.0", '"true"', '"yes"', "null", "NaN"),
        "integer": ('"1"', "1.0", "1.5", "true", "NaN", "Infinity", "1e400", "9" * 30, "9" * 5000),
        "number": ('"1"', "true", "NaN", "Infinity", "-Infinity", "1e400"),
    }[kind]
    for operation, at, schema in FIELDS:
        for text in invalid_values if kind in json_types(schema) else ():
            response = send(member, operation, replace_raw_at(operation.body_example, at, text))

            assert problem_of(response)["status"] in {400, 422}, (str(operation), at, text)


@pytest.mark.parametrize("operation", OPERATIONS_WITH_BODY, ids=str)
def test_deeply_nested_json_returns_400(member: MemberClient, operation: Operation) -> None:
    for text in ("[" * 100_000, "[" * 100_000 + "]" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000):
        for content in (text, f'{{"x": {text}}}', replace_raw_at(operation.body_example, ("password",), text)):
            assert send(member, operation, content).status_code == 400


@pytest.mark.parametrize("operation", OPERATIONS_WITH_BODY, ids=str)
def test_non_object_body_is_rejected(member: MemberClient, operation: Operation) -> None:
    for text in NON_OBJECTS:
        response = send(member, operation, text)

        assert response.status_code in {400, 422}, text
        assert CANARY not in response.text


@pytest.mark.parametrize("operation", OPERATIONS_WITH_BODY, ids=str)
def test_body_other_than_utf_8_json_is_rejected(member: MemberClient, operation: Operation) -> None:
    for content_type, encoding, status in NON_UTF_8_JSON:
        headers = {"Content-Type": content_type} if content_type else {}

        response = send(member, operation, json.dumps(operation.body_example).encode(encoding), headers)

        assert response.status_code == status, (content_type, encoding)


@pytest.mark.parametrize("operation", [operation for operation in OPERATIONS if "{" in operation.path], ids=str)
def test_invalid_path_parameter_is_rejected(member: MemberClient, operation: Operation) -> None:
    for parameter in (operation["name"] for operation in operation.parameters if operation["in"] == "path"):
        for text in INVALID_PATH_VALUES:
            path = operation.example_path(**{parameter: text})

            response = member.request(operation.method, path, operation.body_example)

            assert response.status_code in {404, 422}, path
            assert CANARY not in response.text
