"""The operations of the OpenAPI document, and requests made from its examples."""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from httpx2 import Response

from app.web.openapi.examples import example_of

# The committed document: tests/web/openapi/test_document.py shows that it is the current one.
DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parents[2] / "docs" / "openapi.json").read_text())
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
RAW = "@raw@"

Pointer = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path, as the document describes it."""

    method: str
    path: str
    described: Mapping[str, Any]

    def __str__(self) -> str:
        return str(self.described["operationId"])

    @property
    def asks_for_a_token(self) -> bool:
        return "security" in self.described

    @property
    def parameters(self) -> list[dict[str, Any]]:
        return list(self.described.get("parameters", []))

    @property
    def body(self) -> dict[str, Any]:
        """The schema of what is sent."""
        schema: dict[str, Any] = self.described["requestBody"]["content"]["application/json"]["schema"]
        return schema

    @property
    def body_example(self) -> Any:
        """A body that has every field; None where none is sent."""
        return example_of(self.body, SCHEMAS) if "requestBody" in self.described else None

    def address(self, **values: str) -> str:
        """Its path, with the document's examples for what isn't given."""
        examples = {each["name"]: str(each["example"]) for each in self.parameters if each["in"] == "path"}
        return self.path.format_map(examples | values)

    def success(self) -> dict[str, Any] | None:
        """The schema of its JSON when all goes well; None where there is none."""
        replies = [reply for status, reply in self.described["responses"].items() if status.startswith("2")]
        first: dict[str, Any] | None
        first, *others = (
            reply.get("content", {}).get("application/json", {}).get("schema") for reply in replies
        )  # fmt: skip
        assert all(other == first for other in others)
        return first


OPERATIONS = tuple(
    Operation(method.upper(), path, described)
    for path, methods in DOCUMENT["paths"].items()
    for method, described in methods.items()
)
BY_NAME = {str(operation): operation for operation in OPERATIONS}
WITH_BODY = tuple(operation for operation in OPERATIONS if "requestBody" in operation.described)


def fields(schema: Mapping[str, Any], example: Any, at: Pointer = ()) -> Iterator[tuple[Pointer, Mapping[str, Any]]]:
    """Every field that an example has, also inside objects and lists, with its schema; the outermost first."""
    match schema:
        case {"$ref": str(reference)}:
            yield from fields(SCHEMAS[reference.rpartition("/")[2]], example, at)
        case {"properties": parts}:
            yield at, schema
            for name, part in parts.items():
                yield from fields(part, example[name], (*at, name))
        case {"items": part}:
            yield at, schema
            yield from fields(part, example[0], (*at, 0))
        case {"additionalProperties": dict(part)}:
            yield at, schema
            for name, value in example.items():
                yield from fields(part, value, (*at, name))
        case _:
            yield at, schema


def is_text(schema: Mapping[str, Any]) -> bool:
    return "string" in types(schema)


def types(schema: Mapping[str, Any]) -> list[str]:
    kind = schema.get("type", [])
    return [kind] if isinstance(kind, str) else list(kind)


def placed(body: Any, at: Pointer, value: Any) -> Any:
    """A copy with another value at one place."""
    if not at:
        return value
    body = deepcopy(body)
    parent = body
    for step in at[:-1]:
        parent = parent[step]
    parent[at[-1]] = value
    return body


def placed_raw(body: Any, at: Pointer, text: str) -> str:
    """JSON with any text at one place, be it JSON or not."""
    return json.dumps(placed(body, at, RAW)).replace(f'"{RAW}"', text)


def pointer(at: Pointer) -> str:
    return "".join(f"/{step}" for step in at)


def told(reply: Response) -> tuple[int, list[tuple[str, str]], bytes]:
    """All of a reply but the id of its request."""
    headers = sorted((name, value) for name, value in reply.headers.items() if name != "x-request-id")
    return reply.status_code, headers, reply.content
