"""Test helpers: the operations of the OpenAPI document, and requests built from its examples."""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from httpx2 import Response

from app.web.openapi.examples import example_of

# The committed OpenAPI document. tests/web/openapi/test_document.py verifies that it is current.
DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parents[2] / "docs" / "openapi.json").read_text())
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
RAW_MARKER = "@raw@"

Pointer = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the OpenAPI document: an HTTP method on a path."""

    method: str
    path: str
    specification: Mapping[str, Any]

    def __str__(self) -> str:
        return str(self.specification["operationId"])

    @property
    def accepts_token(self) -> bool:
        return "security" in self.specification

    @property
    def parameters(self) -> list[dict[str, Any]]:
        return list(self.specification.get("parameters", []))

    @property
    def body_schema(self) -> dict[str, Any]:
        """Return the schema of the request body."""
        schema: dict[str, Any] = self.specification["requestBody"]["content"]["application/json"]["schema"]
        return schema

    @property
    def body_example(self) -> Any:
        """Return an example body with every field, or None if the operation has no body."""
        return example_of(self.body_schema, SCHEMAS) if "requestBody" in self.specification else None

    def example_path(self, **values: str) -> str:
        """Return the path, filled with `values` and otherwise with the document's examples."""
        examples = {
            parameter["name"]: str(parameter["example"]) for parameter in self.parameters if parameter["in"] == "path"
        }
        return self.path.format_map(examples | values)

    def success_schema(self) -> dict[str, Any] | None:
        """Return the JSON schema of the successful response, or None if it has no JSON body."""
        responses = [response for status, response in self.specification["responses"].items() if status.startswith("2")]
        first: dict[str, Any] | None
        first, *other_schemas = (
            response.get("content", {}).get("application/json", {}).get("schema") for response in responses
        )  # fmt: skip
        assert all(schema == first for schema in other_schemas)
        return first


OPERATIONS = tuple(
    Operation(method.upper(), path, specification)
    for path, methods in DOCUMENT["paths"].items()
    for method, specification in methods.items()
)
OPERATIONS_BY_ID = {str(operation): operation for operation in OPERATIONS}
OPERATIONS_WITH_BODY = tuple(operation for operation in OPERATIONS if "requestBody" in operation.specification)


def iterate_fields(
    schema: Mapping[str, Any], example: Any, at: Pointer = ()
) -> Iterator[tuple[Pointer, Mapping[str, Any]]]:
    """Yield the JSON pointer and the schema of every field of an example, parents before children."""
    match schema:
        case {"$ref": str(reference)}:
            yield from iterate_fields(SCHEMAS[reference.rpartition("/")[2]], example, at)
        case {"properties": parts}:
            yield at, schema
            for name, part in parts.items():
                yield from iterate_fields(part, example[name], (*at, name))
        case {"items": part}:
            yield at, schema
            yield from iterate_fields(part, example[0], (*at, 0))
        case {"additionalProperties": dict(part)}:
            yield at, schema
            for name, value in example.items():
                yield from iterate_fields(part, value, (*at, name))
        case _:
            yield at, schema


def is_string(schema: Mapping[str, Any]) -> bool:
    return "string" in json_types(schema)


def json_types(schema: Mapping[str, Any]) -> list[str]:
    kind = schema.get("type", [])
    return [kind] if isinstance(kind, str) else list(kind)


def replace_at(body: Any, at: Pointer, value: Any) -> Any:
    """Return a copy of the body with another value at a JSON pointer."""
    if not at:
        return value
    body = deepcopy(body)
    parent = body
    for step in at[:-1]:
        parent = parent[step]
    parent[at[-1]] = value
    return body


def replace_raw_at(body: Any, at: Pointer, text: str) -> str:
    """Return the body as JSON, with a raw text at a JSON pointer. The text need not be valid JSON."""
    return json.dumps(replace_at(body, at, RAW_MARKER)).replace(f'"{RAW_MARKER}"', text)


def json_pointer(at: Pointer) -> str:
    return "".join(f"/{step}" for step in at)


def comparable_response(response: Response) -> tuple[int, list[tuple[str, str]], bytes]:
    """Return the status, headers and body of a response, without its request id."""
    headers = sorted((name, value) for name, value in response.headers.items() if name != "x-request-id")
    return response.status_code, headers, response.content
