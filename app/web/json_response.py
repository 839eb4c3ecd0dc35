"""Replies that are made where the endpoint runs. FastAPI would hand a plain value to another thread, to check it
against its shape and to write it as JSON; that costs a member's request as much as its SQL (docs/decisions/threads.md).
"""

from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from typing import Any

from fastapi.responses import Response
from pydantic import BaseModel, TypeAdapter


def answer(
    shape: type[BaseModel], value: Any, *, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> Response:
    """A value in its shape, as JSON. The route names the shape too, as its `response_model`."""
    adapter = _adapter(shape)
    content = adapter.dump_json(adapter.validate_python(value, from_attributes=True), by_alias=True)
    return Response(content, status, headers, media_type="application/json")


@cache
def _adapter(shape: type[BaseModel]) -> TypeAdapter[Any]:
    return TypeAdapter(shape)
