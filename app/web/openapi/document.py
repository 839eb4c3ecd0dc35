"""FastAPI application class whose OpenAPI document is adapted to client generators."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema
from starlette.types import ASGIApp
from typing_extensions import override

from app.core.problems import Problem
from app.web.openapi.examples import example_of
from app.web.problems import BODY_RESPONSES

REF_TEMPLATE = "#/components/schemas/{model}"
VERSION = "0.1.0"
TITLE = "21|Twenty One API"
DESCRIPTION = """
The API of 21|Twenty One, a site and app that helps adults build healthier relationships: articles, self-assessments
and a guided 21-day journey. It does not diagnose or treat any condition. Crisis and help lines are available at
`/v1/support` without signing in.

* **Bodies** are UTF-8 JSON with snake_case names. Unknown fields and query parameters are rejected with 422.
* **Lists** return `{items, total, next}`. Send `next` as `cursor` to fetch the following page. The `Link` header
  contains the same page's address.
* **Errors** are [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) problem details. Branch on `code`. `errors` lists
  the invalid fields.
* **Authentication**: `/v1/auth/login` returns a short-lived access token for the `Authorization` header, and a refresh
  token. Exchange the refresh token at `/v1/auth/refresh` for a new pair. All data under `/v1/me` belongs to the member
  who is signed in; its responses are never cached (`no-store`).
* **Timestamps** use RFC 3339 in UTC. Dates use `YYYY-MM-DD`.
* **Caching**: public responses have a strong `ETag`. Send it as `If-None-Match` to receive 304 if nothing has changed.
  Every GET endpoint also supports HEAD.
* **Compatibility**: enumerations may get new values. Treat an unknown value as missing.
"""


class DocumentedApi(FastAPI):
    """FastAPI application with an extra outermost middleware, and an OpenAPI document for client generators."""

    def __init__(self, *, outer_middleware: Callable[[ASGIApp], ASGIApp], **options: Any) -> None:
        self._outer_middleware = outer_middleware
        super().__init__(**options)

    @override
    def build_middleware_stack(self) -> ASGIApp:
        return self._outer_middleware(super().build_middleware_stack())

    @override
    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            document = super().openapi()
            schemas = document["components"]["schemas"]
            schemas |= models_json_schema([(Problem, "serialization")], ref_template=REF_TEMPLATE)[1]["$defs"]
            for operation in _operations(document):
                if "requestBody" in operation:
                    operation["responses"] |= {str(status): response for status, response in BODY_RESPONSES.items()}
            for parameter in _parameters(document):
                _simplify_parameter(parameter)
            for schema in _schemas(document):
                _flatten_null(schema, schemas)
            for content in _success_contents(document):
                if "example" not in content:
                    content["example"] = example_of(content["schema"], schemas)
            self.openapi_schema = document
        return self.openapi_schema


def _schemas(node: object) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for child in node.values():
            yield from _schemas(child)
    elif isinstance(node, list):
        for child in node:
            yield from _schemas(child)


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (operation for path in document["paths"].values() for operation in path.values())


def _parameters(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for operation in _operations(document):
        yield from operation.get("parameters", [])


def _success_contents(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for operation in _operations(document):
        for status, response in operation["responses"].items():
            if status.startswith("2"):
                yield from response.get("content", {}).values()


def _simplify_parameter(parameter: dict[str, Any]) -> None:
    """Remove `null` from a parameter's schema, because clients can't send it. Add an `example` for Swagger UI."""
    schema = parameter["schema"]
    match schema.get("anyOf"):
        case [dict(non_null), {"type": "null"}]:
            del schema["anyOf"]
            schema.update(non_null)
    if "examples" in schema:
        parameter["example"] = schema["examples"][0]


def _flatten_null(schema: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Replace `anyOf: [X, null]` with `type: [X, "null"]`.

    Swift's client generator skips fields of the first form. If X is a reference, it is replaced with a copy of its
    schema.
    """
    match schema.get("anyOf"):
        case [{"$ref": str(reference)}, {"type": "null"}]:
            named = deepcopy(schemas[reference.rpartition("/")[2]])
        case [{"type": str()} as named, {"type": "null"}]:
            pass
        case _:
            return
    del schema["anyOf"]
    schema.update(named | schema, type=[named["type"], "null"])
