"""Example replies, put together from the examples of their fields."""

from collections.abc import Mapping
from typing import Any

BY_FORMAT = {"date": "2026-11-23", "date-time": "2026-11-23T09:30:00Z"}
BY_TYPE: Mapping[str, Any] = {"boolean": True, "integer": 1, "number": 1.0}


def text_example(media_type: str, example: str) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI `responses` of a route that answers with a text."""
    return {200: {"content": {media_type: {"example": example}}}}


class NoExample(Exception):
    """A text without an example would be shown as `string`, which helps nobody."""


def example_of(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str = "") -> Any:
    """An example of a schema; those of its fields where they have one.

    Raises NoExample with the field's name where a text has none.
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
        raise NoExample(name)
    return example
