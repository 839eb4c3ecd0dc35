"""How the API describes itself: names, tags and shapes that client generators read well."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema
from starlette.types import ASGIApp
from typing_extensions import override

from app.core.problems import Problem
from app.web.openapi.examples import example_of
from app.web.problems import OF_BODIES

REFERENCE = "#/components/schemas/{model}"
VERSION = "0.1.0"
TITLE = "21|Twenty One API"
DESCRIPTION = """
What the site and app of 21|Twenty One show: articles and topics for adults who want to build healthier
relationships, and what stands around them. It diagnoses nothing and promises no healing. Who needs help now finds it
under `/v1/support`.

* **Bodies** are JSON in UTF-8 with snake_case names. Unknown fields and parameters are refused, never ignored.
* **Lists** answer `{items, total, next}`. Send `next` back as `cursor` for the following page; the `Link` header says
  the same.
* **Errors** are [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) problems. Branch on `code`; `errors` names the
  fields.
* **Signing in**: `/v1/auth/login` gives an access token for the `Authorization` header, good for minutes, and a
  refresh token for the next pair. Everything under `/v1/me` belongs to the member whose token is sent, and is never
  stored on the way (`no-store`).
* **Moments** are RFC 3339 in UTC, dates `YYYY-MM-DD`.
* **Caching**: public replies carry a strong `ETag`; ask again with `If-None-Match` and a 304 costs next to nothing.
  Every GET also answers HEAD.
* Enumerations may grow: treat a value you don't know as you would treat none.
"""


class DescribedApi(FastAPI):
    """A FastAPI whose document is mended for client generators, and which has layers outside all others."""

    def __init__(self, *, outermost: Callable[[ASGIApp], ASGIApp], **options: Any) -> None:
        self._outermost = outermost
        super().__init__(**options)

    @override
    def build_middleware_stack(self) -> ASGIApp:
        return self._outermost(super().build_middleware_stack())

    @override
    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            document = super().openapi()
            schemas = document["components"]["schemas"]
            schemas |= models_json_schema([(Problem, "serialization")], ref_template=REFERENCE)[1]["$defs"]
            for operation in _operations(document):
                if "requestBody" in operation:
                    operation["responses"] |= {str(status): reply for status, reply in OF_BODIES.items()}
            for parameter in _parameters(document):
                _mend_parameter(parameter)
            for schema in _schemas(document):
                _flatten_null(schema, schemas)
            for reply in _replies(document):
                if "example" not in reply:
                    reply["example"] = example_of(reply["schema"], schemas)
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


def _replies(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for operation in _operations(document):
        for status, reply in operation["responses"].items():
            if status.startswith("2"):
                yield from reply.get("content", {}).values()


def _mend_parameter(parameter: dict[str, Any]) -> None:
    """A parameter may be left out but is never null; and `example` is all that Swagger UI fills in."""
    schema = parameter["schema"]
    match schema.get("anyOf"):
        case [dict(given), {"type": "null"}]:
            del schema["anyOf"]
            schema.update(given)
    if "examples" in schema:
        parameter["example"] = schema["examples"][0]


def _flatten_null(schema: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Write `anyOf: [X, null]` as `type: [X, "null"]`: Swift's generator leaves the former out. An object that may be
    null is written out where it stands.
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
