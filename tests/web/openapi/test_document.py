"""Tests for the OpenAPI document: it is complete, valid and equal to the committed file."""

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
from tests.factories.addresses import unreachable_database_url

ROOT = Path(__file__).parents[3]
CLIENT_GENERATED_IDS = {
    "put /v1/me/results/{result_id}",
    "put /v1/me/journeys/{run_id}",
}  # a PUT request with a new id creates the resource


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    app: FastAPI = create_app(settings_for(unreachable_database_url()))
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
            yield from (components[name] for name in referenced_names(content["schema"]))


def referenced_names(schema: dict[str, Any]) -> set[str]:
    """Return the names of all components that a schema references."""
    return {node["$ref"].rpartition("/")[2] for node in schemas(schema) if "$ref" in node}


def test_request_schemas_forbid_additional_properties(document: dict[str, Any]) -> None:
    components = document["components"]["schemas"]
    request_names = {name for schema in request_schemas(document) for name in referenced_names(schema)}

    assert len(request_names) > 10
    objects = {name for name in request_names if components[name]["type"] == "object"}
    assert {name for name in objects if components[name].get("additionalProperties") is not False} == set()


def test_string_fields_declare_their_pattern(document: dict[str, Any]) -> None:
    for schema, field in (("Registration", "language"), ("RunChange", "reminder_time"), ("NewRun", "journey")):
        field_schema = document["components"]["schemas"][schema]["properties"][field]

        assert re.search(field_schema["pattern"], field_schema["examples"][0]), field
        assert not re.search(field_schema["pattern"], "07:30:00Z 0"), field
        assert "format" not in field_schema, field


def test_integer_parameters_declare_bounds(document: dict[str, Any]) -> None:
    integer_parameters = {
        f"{name} {parameter['name']}": parameter["schema"]
        for name, operation in operations(document)
        for parameter in operation.get("parameters", [])
        if parameter["schema"].get("type") == "integer"
    }

    assert len(integer_parameters) > 5
    assert [name for name, schema in integer_parameters.items() if not {"minimum", "maximum"} <= set(schema)] == []


def test_pattern_properties_forbid_additional_properties(document: dict[str, Any]) -> None:
    matching = [node for node in schemas(document["components"]) if "patternProperties" in node]

    assert matching
    assert [node for node in matching if node.get("additionalProperties") is not False] == []


def test_committed_document_is_current(document: dict[str, Any]) -> None:
    assert json.loads((ROOT / "docs" / "openapi.json").read_text()) == document, "run `make openapi`"


def test_document_is_valid_openapi(document: dict[str, Any]) -> None:
    validate(document)


def test_operations_have_summary_description_and_tag(document: dict[str, Any]) -> None:
    matching = dict(operations(document))

    assert len(matching) > 10
    for name, operation in matching.items():
        assert operation["summary"], name
        assert operation["description"], name
        assert len(operation["tags"]) == 1, name
    tags = {tag["name"]: tag["description"] for tag in document["tags"]}
    assert {operation["tags"][0] for operation in matching.values()} <= set(tags)


def test_operation_ids_are_unique_function_names(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in operations(document)]

    assert len(names) == len(set(names))
    assert all(name.isidentifier() and name.islower() for name in names)


def test_operations_have_examples(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        success = next(response for status, response in operation["responses"].items() if status.startswith("2"))
        for content in success.get("content", {}).values():
            assert "example" in content, name
        for parameter in operation.get("parameters", []):
            if parameter["name"] != "cursor":
                assert parameter["schema"].get("examples"), f"{name} {parameter['name']}"


def test_operations_declare_their_problem_responses(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        assert {"422", "500", "503"} <= set(operation["responses"]), name
        assert ("429" in operation["responses"]) == ("/v1/" in name), name
        if "{" in name and name not in CLIENT_GENERATED_IDS:
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


def test_schemas_suit_client_generators(document: dict[str, Any]) -> None:
    components = document["components"]["schemas"]

    assert "HTTPValidationError" not in components
    assert [name for name in components if "-Input" in name or "-Output" in name or name.startswith("Body_")] == []
    for schema in schemas(components):
        assert {"type": "null"} not in schema.get("anyOf", []), schema
    request_names = {name for schema in request_schemas(document) for name in referenced_names(schema)}
    for name, schema in components.items():
        if "properties" in schema and name not in request_names:
            assert set(schema.get("required", [])) == set(schema["properties"]), f"{name} has defaults"


def test_problem_codes_are_explained_in_api_guide(document: dict[str, Any]) -> None:
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
