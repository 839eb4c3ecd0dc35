"""RFC 9457 problem details: the one shape of every refusal, alone or as a part of a reply."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.core.errors import AppError, FieldError
from app.core.text_fields import shown_name

OF_A_KEY = "[key]"  # what pydantic adds to the place of a key that doesn't fit
TITLES = {413: "Content Too Large", 422: "Invalid input"}  # where versions of Python differ, or we do


class ProblemField(BaseModel):
    """One thing that was wrong with what was sent."""

    where: Literal["body", "query", "path", "header"] = Field(alias="in")
    pointer: str = Field(description="A JSON Pointer (RFC 6901) into the body, or `/` and the parameter's name.")
    detail: str


class Problem(BaseModel):
    """RFC 9457 problem details. Branch on `code`, never on the texts. Some codes bring members of their own:
    `draft_newer` what is stored, as `draft`; `in_future` the `server_time`; `day_locked` and `before_opening` when the
    day opens, as `opens_at`.
    """

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:problem-type:twentyone:not_found"])
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["No article has this slug."])
    code: str = Field(description="Stable, for programs.", examples=["not_found"])
    errors: list[ProblemField] = Field(description="What was wrong, field by field; empty where that doesn't apply.")


def pointer_of(path: Iterable[str | int]) -> str:
    """The JSON Pointer of a place as pydantic tells it."""
    return "".join(f"/{shown_name(str(step))}" for step in path if step != OF_A_KEY)


def problem_within(place: str, error: AppError) -> dict[str, Any]:
    """The problem of one part of a body, of which `place` is the pointer."""
    errors = [FieldError("body", place + each.pointer, each.detail) for each in error.errors]
    return content(error.status, error.code, error.detail, errors, error.more)


def content(
    status: int,
    code: str,
    detail: str,
    errors: Sequence[FieldError] = (),
    more: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "type": f"urn:problem-type:twentyone:{code}",
        "title": TITLES.get(status) or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "errors": [{"in": each.where, "pointer": each.pointer, "detail": each.detail} for each in errors],
        **(more or {}),
    }
