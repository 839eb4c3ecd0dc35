"""What the document doesn't allow is refused, in every body and in every field of it."""

import json
from typing import Any

import pytest
from httpx2 import Response

from tests.factories.operations import (
    OPERATIONS,
    WITH_BODY,
    Operation,
    Pointer,
    fields,
    is_text,
    placed,
    placed_raw,
    pointer,
    types,
)
from tests.factories.rows import all_rows
from tests.factories.services import Person, Service
from tests.security import belongings

CANARY = "canary"
JSON = {"Content-Type": "application/json"}
NOT_ASKED_FOR = ("id", "user_id", "member_id", "role", "is_admin", "created_at", "verified_at")
BOUND = 1_000_000  # characters
TOO_LONG = CANARY * (BOUND // len(CANARY))
NO_TEXTS = (
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
NO_OBJECTS = ("null", "7", "NaN", "[]", f'"{CANARY}"', f'["{CANARY}"]', "", " ", "{", '{"a": 1,}')
NO_UTF_8_JSON = (
    ("", "utf-8", 415),
    ("text/plain", "utf-8", 415),
    ("application/x-www-form-urlencoded", "utf-8", 415),
    ("multipart/form-data; boundary=x", "utf-8", 415),
    ("application/json; charset=utf-16", "utf-16", 415),
    ("application/json", "utf-16", 400),
    ("application/json", "utf-16-le", 400),
    ("application/json", "utf-32", 400),
)
NO_ADDRESS = ("%00", "a%00", "%ED%A0%80", "%FF", "%0A", "..%2F..%2Fetc", CANARY + "x" * 5000)

Place = tuple[Operation, Pointer]
KNOWN = [(each, at, schema) for each in WITH_BODY for at, schema in fields(each.body, each.body_example)]
PATTERNED = [
    (each, (*at, name), schema["patternProperties"][pattern])
    for each, at, schema in KNOWN
    for pattern in schema.get("patternProperties", ())
    for name in schema["examples"][0]
]
FIELDS = KNOWN + PATTERNED
TEXTS: list[Place] = [(each, at) for each, at, schema in FIELDS if is_text(schema)]
OBJECTS: list[Place] = [(each, at) for each, at, schema in FIELDS if "properties" in schema]
NAMED_BY_CLIENTS: list[Place] = [
    (each, at)
    for each, at, schema in FIELDS
    if "patternProperties" in schema or isinstance(schema.get("additionalProperties"), dict)
]
NO_NAMES = (f"{CANARY}\0", f"\ud800{CANARY}", f"{CANARY} {CANARY}", "-".join([CANARY] * 17), TOO_LONG)


def named(place: Any) -> str:
    """A test's name for an operation, or for a place in its body."""
    match place:
        case (operation, at):
            return f"{operation}{pointer(at)}"
    return str(place)


@pytest.fixture(scope="module")
def member(crowded: Service) -> Person:
    """Somebody on the way, so that what is sent gets as far as it can."""
    person = crowded.register_verified()
    belongings.run(crowded, person)
    return person


def send(person: Person, operation: Operation, content: str | bytes, headers: dict[str, str] = JSON) -> Response:
    return person.client.request(
        operation.method, operation.address(), content=content, headers=person.headers | headers
    )


def part(body: Any, at: Pointer) -> Any:
    for step in at:
        body = body[step]
    return body


def refusal(reply: Response) -> Any:
    """The problem, which in a batch may be that of its one change."""
    if reply.status_code != 200:
        return reply.json()
    [result] = reply.json()["results"]
    assert result["status"] == "refused"
    return result["problem"]


def pointers(problem: Any) -> list[str]:
    return [error["pointer"] for error in problem["errors"]]


def test_the_document_has_bodies_to_look_at() -> None:
    assert len(WITH_BODY) > 10
    assert len(TEXTS) > 20
    assert sorted(at[-1] for _, at in NAMED_BY_CLIENTS) == [*["answers"] * 3, "tasks", "tasks"]
    assert {"erase_me", "register", "change_me"} <= {str(operation) for operation in WITH_BODY}


@pytest.mark.parametrize("place", OBJECTS, ids=named)
def test_fields_that_are_not_asked_for_are_refused_and_change_nothing(
    crowded: Service, member: Person, place: Place
) -> None:
    operation, at = place
    before = all_rows(crowded.database)

    for name in NOT_ASKED_FOR:
        problem = refusal(send(member, operation, json.dumps(placed(operation.body_example, (*at, name), "1"))))

        assert problem["status"] == 422, name
        assert pointer((*at, name)) in pointers(problem)
    assert all_rows(crowded.database) == before


@pytest.mark.parametrize("place", TEXTS, ids=named)
def test_a_text_that_cannot_be_kept_is_refused_by_its_name(member: Person, place: Place) -> None:
    operation, at = place

    for text in (f"{CANARY}\0", f"\ud800{CANARY}", TOO_LONG):
        reply = send(member, operation, json.dumps(placed(operation.body_example, at, text)))

        problem = refusal(reply)
        assert (problem["status"], problem["code"]) == (422, "invalid_input"), text[:20]
        assert pointer(at) in pointers(problem)
        assert CANARY not in reply.text


@pytest.mark.parametrize("place", NAMED_BY_CLIENTS, ids=named)
def test_a_name_that_nobody_gave_is_refused_and_not_repeated(member: Person, place: Place) -> None:
    operation, at = place
    value = next(iter(part(operation.body_example, at).values()))

    for name in NO_NAMES:
        reply = send(member, operation, json.dumps(placed(operation.body_example, at, {name: value})))

        assert refusal(reply)["status"] == 422, name[:20]
        assert CANARY not in reply.text, name[:20]


def test_a_megabyte_is_refused_before_it_is_read(service: Service) -> None:
    somebody = Person(service.client, "somebody@example.org")

    for operation in WITH_BODY:
        reply = send(somebody, operation, json.dumps({"text": TOO_LONG}))

        assert (reply.status_code, reply.json()["code"]) == (413, "body_too_large"), str(operation)


@pytest.mark.parametrize("place", TEXTS, ids=named)
def test_what_is_no_text_is_not_taken_for_one(member: Person, place: Place) -> None:
    operation, at = place

    for text in NO_TEXTS:
        reply = send(member, operation, placed_raw(operation.body_example, at, text))

        problem = refusal(reply)
        assert problem["status"] == 422, text[:20]
        assert pointer(at) in pointers(problem)
        assert CANARY not in reply.text
    assert send(member, operation, placed_raw(operation.body_example, at, "1" * 5000)).status_code == 400


@pytest.mark.parametrize("kind", ["boolean", "integer", "number"])
def test_numbers_and_booleans_are_taken_as_such_only(member: Person, kind: str) -> None:
    wrong = {
        "boolean": ("0", "1", "1.0", '"true"', '"yes"', "null", "NaN"),
        "integer": ('"1"', "1.0", "1.5", "true", "NaN", "Infinity", "1e400", "9" * 30, "9" * 5000),
        "number": ('"1"', "true", "NaN", "Infinity", "-Infinity", "1e400"),
    }[kind]
    for operation, at, schema in FIELDS:
        for text in wrong if kind in types(schema) else ():
            reply = send(member, operation, placed_raw(operation.body_example, at, text))

            assert refusal(reply)["status"] in {400, 422}, (str(operation), at, text)


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
def test_json_that_never_ends_is_refused(member: Person, operation: Operation) -> None:
    for text in ("[" * 100_000, "[" * 100_000 + "]" * 100_000, '{"a":' * 100_000 + "1" + "}" * 100_000):
        for content in (text, f'{{"x": {text}}}', placed_raw(operation.body_example, ("password",), text)):
            assert send(member, operation, content).status_code == 400


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
def test_a_body_that_is_no_object_is_refused(member: Person, operation: Operation) -> None:
    for text in NO_OBJECTS:
        reply = send(member, operation, text)

        assert reply.status_code in {400, 422}, text
        assert CANARY not in reply.text


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
def test_a_body_is_json_in_utf_8_or_refused(member: Person, operation: Operation) -> None:
    for content_type, encoding, status in NO_UTF_8_JSON:
        headers = {"Content-Type": content_type} if content_type else {}

        reply = send(member, operation, json.dumps(operation.body_example).encode(encoding), headers)

        assert reply.status_code == status, (content_type, encoding)


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if "{" in each.path], ids=str)
def test_an_address_that_cannot_be_meant_is_refused(member: Person, operation: Operation) -> None:
    for parameter in (each["name"] for each in operation.parameters if each["in"] == "path"):
        for text in NO_ADDRESS:
            address = operation.address(**{parameter: text})

            reply = member.ask(operation.method, address, operation.body_example)

            assert reply.status_code in {404, 422}, address
            assert CANARY not in reply.text
