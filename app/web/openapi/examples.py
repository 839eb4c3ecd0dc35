"""Example responses for the OpenAPI document, built from the examples of individual fields."""

from collections.abc import Mapping
from typing import Any

BY_FORMAT = {"date": "2026-11-23", "date-time": "2026-11-23T09:30:00Z"}
BY_TYPE: Mapping[str, Any] = {"boolean": True, "integer": 1, "number": 1.0}


def text_example_response(media_type: str, example: str) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI `responses` of an endpoint that returns text."""
    return {200: {"content": {media_type: {"example": example}}}}


class MissingExample(Exception):
    """A string field has no example, so documentation tools would only show `string`."""


def example_of(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str = "") -> Any:
    """Build an example of a JSON schema from the examples of its fields.

    Raise MissingExample with the field's name if a string field has no example.
    """
    match schema:
        case {"$ref": str(reference)}:
            return example_of(schemas[reference.rpartition("/")[2]], schemas, name)
        case {"examples": [example, *_]} | {"const": example} | {"enum": [example, *_]}:
            return example
        case {"oneOf": [first, *_]} | {"anyOf": [first, *_]}:
            return example_of(first, schemas, name)
        case {"items": items}:
            return [example_of(items, schemas, name)]
        case {"properties": fields}:
            return {key: example_of(field, schemas, key) for key, field in fields.items()}
    example = BY_FORMAT.get(schema.get("format", "")) or BY_TYPE.get(schema["type"])
    if example is None:
        raise MissingExample(name)
    return example
