"""Problem details (RFC 9457), the body of every error response."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.core.errors import AppError, FieldError
from app.core.text_fields import safe_name

KEY_MARKER = "[key]"  # pydantic appends it to the location of an invalid dictionary key
TITLES = {413: "Content Too Large", 422: "Invalid input"}  # Python versions have different names for status 413


class ProblemField(BaseModel):
    """An invalid part of the request."""

    location: Literal["body", "query", "path", "header"] = Field(alias="in")
    pointer: str = Field(description="A JSON Pointer (RFC 6901) into the body, or `/` and the parameter's name.")
    detail: str


class Problem(BaseModel):
    """Problem details (RFC 9457), the body of every error response.

    Distinguish errors by `code`; the texts may change. Some codes add members: `draft_newer` adds the stored `draft`,
    `in_future` adds `server_time`, and `day_locked` and `before_opening` add `opens_at`, the time at which the day
    opens.
    """

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:problem-type:twentyone:not_found"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["No article has this slug."])
    code: str = Field(description="A stable, machine-readable error code.", examples=["not_found"])
    errors: list[ProblemField] = Field(description="The invalid fields; empty if the error is not about fields.")


def json_pointer(path: Iterable[str | int]) -> str:
    """Convert the location of a pydantic error to a JSON Pointer (RFC 6901)."""
    return "".join(f"/{safe_name(str(step))}" for step in path if step != KEY_MARKER)


def nested_problem(pointer: str, error: AppError) -> dict[str, Any]:
    """Return the problem details for one item of a request body. `pointer` locates the item in the body."""
    errors = [FieldError("body", pointer + field_error.pointer, field_error.detail) for field_error in error.errors]
    return problem_body(error.status, error.code, error.detail, errors, error.extensions)


def problem_body(
    status: int,
    code: str,
    detail: str,
    errors: Sequence[FieldError] = (),
    extensions: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "type": f"urn:problem-type:twentyone:{code}",
        "title": TITLES.get(status) or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": [{"in": error.location, "pointer": error.pointer, "detail": error.detail} for error in errors],
        **(extensions or {}),
    }
