"""The API describes itself completely, and the committed document is the current one."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from openapi_spec_validator import validate

from app.main import create_app
from tests.conftest import settings_for
from tests.factories.addresses import closed_address

ROOT = Path(__file__).parents[3]
MADE_BY_CLIENTS = {
    "put /v1/me/results/{result_id}",
    "put /v1/me/journeys/{run_id}",
}  # no id is unknown there: it becomes one


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    app: FastAPI = create_app(settings_for(closed_address()))
    return app.openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def schemas(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for child in node.values():
            yield from schemas(child)
    elif isinstance(node, list):
        for child in node:
            yield from schemas(child)


def request_schemas(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    components = document["components"]["schemas"]
    for _, operation in operations(document):
        if "requestBody" in operation:
            [content] = operation["requestBody"]["content"].values()
            yield content["schema"]
            yield from (components[name] for name in named(content["schema"]))


def named(schema: dict[str, Any]) -> set[str]:
    """The components that a schema refers to."""
    return {each["$ref"].rpartition("/")[2] for each in schemas(schema) if "$ref" in each}


def test_bodies_refuse_what_they_do_not_know(document: dict[str, Any]) -> None:
    components = document["components"]["schemas"]
    sent = {name for schema in request_schemas(document) for name in named(schema)}

    assert len(sent) > 10
    objects = {name for name in sent if components[name]["type"] == "object"}
    assert {name for name in objects if components[name].get("additionalProperties") is not False} == set()


@pytest.mark.parametrize(
    ("schema", "field"),
    [
        ("ProfileChange", "language"),
        ("Registration", "language"),
        ("PurposeDecision", "purpose"),
        ("RunChange", "reminder_time"),
        ("NewRun", "journey"),
        ("NewResult", "assessment"),
    ],
)
def test_the_form_that_a_text_must_have_is_in_the_document(document: dict[str, Any], schema: str, field: str) -> None:
    said = document["components"]["schemas"][schema]["properties"][field]

    assert re.search(said["pattern"], said["examples"][0])
    assert not re.search(said["pattern"], "07:30:00Z 0")
    assert "format" not in said


def test_numbers_in_addresses_have_bounds_in_the_document(document: dict[str, Any]) -> None:
    numbers = {
        f"{name} {parameter['name']}": parameter["schema"]
        for name, operation in operations(document)
        for parameter in operation.get("parameters", [])
        if parameter["schema"].get("type") == "integer"
    }

    assert len(numbers) > 5
    assert [name for name, schema in numbers.items() if not {"minimum", "maximum"} <= set(schema)] == []


def test_names_that_must_have_a_form_have_no_others_beside_them(document: dict[str, Any]) -> None:
    found = [each for each in schemas(document["components"]) if "patternProperties" in each]

    assert found
    assert [each for each in found if each.get("additionalProperties") is not False] == []


def test_the_committed_document_is_current(document: dict[str, Any]) -> None:
    assert json.loads((ROOT / "docs" / "openapi.json").read_text()) == document, "run `make openapi`"


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    validate(document)


def test_every_operation_is_described(document: dict[str, Any]) -> None:
    found = dict(operations(document))

    assert len(found) > 10
    for name, operation in found.items():
        assert operation["summary"], name
        assert operation["description"], name
        assert len(operation["tags"]) == 1, name
    tags = {tag["name"]: tag["description"] for tag in document["tags"]}
    assert {operation["tags"][0] for operation in found.values()} <= set(tags)


def test_operation_ids_are_function_names_and_unique(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in operations(document)]

    assert len(names) == len(set(names))
    assert all(name.isidentifier() and name.islower() for name in names)


def test_every_operation_has_an_example(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        success = next(reply for status, reply in operation["responses"].items() if status.startswith("2"))
        for content in success.get("content", {}).values():
            assert "example" in content, name
        for parameter in operation.get("parameters", []):
            if parameter["name"] != "cursor":
                assert parameter["schema"].get("examples"), f"{name} {parameter['name']}"


def test_every_operation_says_its_errors_as_problems(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        assert {"422", "500", "503"} <= set(operation["responses"]), name
        assert ("429" in operation["responses"]) == ("/v1/" in name), name
        if "{" in name and name not in MADE_BY_CLIENTS:
            assert "404" in operation["responses"], name
        if "requestBody" in operation:
            assert {"400", "413", "415"} <= set(operation["responses"]), name
        if "security" in operation:
            assert "401" in operation["responses"], name
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                [(media_type, content)] = response["content"].items()
                assert media_type == "application/problem+json", name
                assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
                assert all(example["value"]["status"] == int(status) for example in content["examples"].values())


def test_shapes_suit_client_generators(document: dict[str, Any]) -> None:
    components = document["components"]["schemas"]

    assert "HTTPValidationError" not in components
    assert [name for name in components if "-Input" in name or "-Output" in name or name.startswith("Body_")] == []
    for schema in schemas(components):
        assert {"type": "null"} not in schema.get("anyOf", []), schema
    sent = {name for schema in request_schemas(document) for name in named(schema)}
    for name, schema in components.items():
        if "properties" in schema and name not in sent:
            assert set(schema.get("required", [])) == set(schema["properties"]), f"{name} has defaults"


def test_every_code_of_an_error_is_explained_to_client_developers(document: dict[str, Any]) -> None:
    guide = (ROOT / "docs" / "api.md").read_text()
    codes = {
        code
        for _, operation in operations(document)
        for response in operation["responses"].values()
        for content in response.get("content", {}).values()
        for code in content.get("examples", {})
    }

    assert {"not_signed_in", "session_ended", "too_many_attempts"} <= codes
    assert {code for code in codes if f"`{code}`" not in guide} == set()
