"""Tests for input validation of all request bodies, fields and path parameters."""

import json
from typing import Any

import pytest
from httpx2 import Response

from app.main import create_app
from tests.conftest import settings_for
from tests.factories.addresses import unreachable_database_url
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
from tests.factories.services import MemberClient, Service, make_client, request
from tests.security import member_requests
from tests.security.conftest import ON_SQLITE_ONLY

CANARY = "canary"
JSON_HEADERS = {"Content-Type": "application/json"}
UNKNOWN_FIELDS = ("id", "member_id", "is_admin")
LONG_TEXT_LENGTH = 1_000_000  # characters
TOO_LONG_TEXT = CANARY * (LONG_TEXT_LENGTH // len(CANARY))
INVALID_STRINGS = (
    f'"{CANARY}\\u0000"',
    f'"\\ud800{CANARY}"',
    f'"{TOO_LONG_TEXT}"',
    "7",
    "NaN",
    "true",
    "{}",
    f'["{CANARY}"]',
    "[" * 200 + "]" * 200,
)
CLEANED_STRINGS = INVALID_STRINGS[0], INVALID_STRINGS[2]  # NUL is dropped from device names, and long ones are cut
INVALID_NUMBERS = {
    "boolean": ("1", '"true"', "null", "NaN"),
    "integer": ('"1"', "1.0", "true", "Infinity", "1e400", "9" * 30, "9" * 5000),
    "number": ('"1"', "true", "NaN", "-Infinity", "1e400"),
}
OMITTED_BODIES = {"", "null"}
NON_OBJECTS = OMITTED_BODIES | {"NaN", f'["{CANARY}"]', "{", '{"a": 1,}'}
NON_UTF_8_JSON = (
    ("", "utf-8", 415),
    ("application/x-www-form-urlencoded", "utf-8", 415),
    ("application/json; charset=utf-16", "utf-16", 415),
    ("application/json", "utf-16", 400),
    ("application/json", "utf-32", 400),
)
INVALID_PATH_VALUES = ("%00", "%ED%A0%80", "%FF", "%0A", "..%2F..%2Fetc", CANARY + "x" * 5000)

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


def problem_of(response: Response) -> dict[str, Any]:
    """Return the problem in a response, or in the only result of a sync response."""
    body: dict[str, Any] = response.json() if response.content else {}
    match body:
        case {"results": [{"status": "refused", "problem": dict(problem)}]}:
            return problem
    return body


def is_refused(response: Response, at: Pointer = ()) -> bool:
    """Return whether a value is refused without repeating it."""
    problem = problem_of(response)
    pointers = [error["pointer"] for error in problem.get("errors", [])]
    is_named = not at or (problem.get("code") == "invalid_input" and json_pointer(at) in pointers)
    return problem.get("status") == 422 and is_named and CANARY not in response.text


def test_document_has_request_bodies_and_fields() -> None:
    assert len(OPERATIONS_WITH_BODY) > 10
    assert len(STRING_FIELDS) > 20
    assert sorted(at[-1] for _, at in OPEN_OBJECTS) == [*["answers"] * 3, "tasks", "tasks"]
    assert {"erase_me", "register", "change_me"} <= {str(operation) for operation in OPERATIONS_WITH_BODY}


def test_unknown_field_returns_422_and_changes_no_rows(unlimited_service: Service, member: MemberClient) -> None:
    rows_before = all_rows(unlimited_service.database)

    for operation, at in OBJECT_FIELDS:
        for name in UNKNOWN_FIELDS:
            response = send(member, operation, json.dumps(replace_at(operation.body_example, (*at, name), "1")))

            assert is_refused(response, (*at, name)), (str(operation), at, name)
    assert all_rows(unlimited_service.database) == rows_before


@ON_SQLITE_ONLY
def test_invalid_string_returns_422_with_pointer_and_no_echo(member: MemberClient) -> None:
    for operation, at in STRING_FIELDS:
        for text in INVALID_STRINGS:
            if at[-1] == "device_name" and text in CLEANED_STRINGS:
                continue
            response = send(member, operation, replace_raw_at(operation.body_example, at, text))

            assert is_refused(response, at), (str(operation), at, text[:20])
        too_many_digits = send(member, operation, replace_raw_at(operation.body_example, at, "1" * 5000))
        assert too_many_digits.status_code == 400, (str(operation), at)


@ON_SQLITE_ONLY
def test_too_long_string_returns_message_about_characters(member: MemberClient) -> None:
    fields = [(operation, at, schema["maxLength"]) for operation, at, schema in FIELDS if "maxLength" in schema]
    assert len(fields) > 20

    for operation, at, max_length in fields:
        response = send(member, operation, json.dumps(replace_at(operation.body_example, at, "a" * (max_length + 1))))

        details = {error["pointer"]: error["detail"] for error in problem_of(response)["errors"]}
        assert f"at most {max_length} characters" in details[json_pointer(at)], (str(operation), at)


@ON_SQLITE_ONLY
def test_invalid_name_returns_422_without_echo(member: MemberClient) -> None:
    for operation, at in OPEN_OBJECTS:
        value = next(iter(value_at(operation.body_example, at).values()))
        for name in INVALID_NAMES:
            response = send(member, operation, json.dumps(replace_at(operation.body_example, at, {name: value})))

            assert is_refused(response), (str(operation), at, name[:20])


def test_megabyte_body_returns_413() -> None:
    client = make_client(create_app(settings_for(unreachable_database_url())))

    for operation in OPERATIONS_WITH_BODY:
        response = request(client, operation.method, operation.example_path(), {"text": TOO_LONG_TEXT})

        assert (response.status_code, response.json()["code"]) == (413, "body_too_large"), str(operation)


@ON_SQLITE_ONLY
def test_numbers_and_booleans_are_strict(member: MemberClient) -> None:
    for operation, at, schema in FIELDS:
        for text in (text for kind in json_types(schema) for text in INVALID_NUMBERS.get(kind, ())):
            response = send(member, operation, replace_raw_at(operation.body_example, at, text))

            assert problem_of(response).get("status") in {400, 422}, (str(operation), at, text)


@ON_SQLITE_ONLY
def test_deeply_nested_json_returns_400(member: MemberClient) -> None:
    for operation in OPERATIONS_WITH_BODY:
        for text in ("[" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000):
            for content in (text, replace_raw_at(operation.body_example, ("password",), text)):
                assert send(member, operation, content).status_code == 400, str(operation)


@ON_SQLITE_ONLY
def test_body_other_than_json_object_in_utf_8_is_rejected(member: MemberClient) -> None:
    for operation in OPERATIONS_WITH_BODY:
        is_required = operation.specification["requestBody"].get("required", False)
        for text in NON_OBJECTS if is_required else NON_OBJECTS - OMITTED_BODIES:
            response = send(member, operation, text)

            assert response.status_code in {400, 422}, (str(operation), text)
            assert CANARY not in response.text, (str(operation), text)
        for content_type, encoding, status in NON_UTF_8_JSON:
            headers = {"Content-Type": content_type} if content_type else {}

            response = send(member, operation, json.dumps(operation.body_example).encode(encoding), headers)

            assert response.status_code == status, (str(operation), content_type, encoding)


def test_invalid_path_parameter_is_rejected(member: MemberClient) -> None:
    for operation in OPERATIONS:
        for parameter in (item["name"] for item in operation.parameters if item["in"] == "path"):
            for text in INVALID_PATH_VALUES:
                path = operation.example_path(**{parameter: text})

                response = member.request(operation.method, path, operation.body_example)

                assert response.status_code in {404, 422}, path
                assert CANARY not in response.text, path
