"""Refusals that a client can do something about, and what they say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar, Literal


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that was wrong with what was sent; never what was sent itself."""

    where: Literal["body", "query", "path", "header"]
    pointer: str
    detail: str


class AppError(Exception):
    """An expected refusal: the client did, or may do, something about it. `says` is its text, unless one is given."""

    status: ClassVar[HTTPStatus]
    code: ClassVar[str]
    says: ClassVar[str]
    keeps_writes: ClassVar[bool] = False  # whether what was written before it must survive the refusal
    more_example: ClassVar[Mapping[str, Any]] = {}  # of what stands beside the problem's own members

    def __init__(
        self,
        *errors: FieldError,
        detail: str = "",
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        """`more` stands beside the problem's own members, as RFC 9457 (3.2) allows."""
        self.detail = detail or self.says
        super().__init__(self.detail)
        self.errors: Sequence[FieldError] = errors
        self.headers = headers or {}
        self.more = more or {}


class BadInput(AppError):
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "invalid_input"
    says = "Some of what was sent can't be used."


class NotFound(AppError):
    status = HTTPStatus.NOT_FOUND
    code = "not_found"
    says = "There is nothing at this address."


class NotSignedIn(AppError):
    status = HTTPStatus.UNAUTHORIZED
    code = "not_signed_in"
    says = "Please sign in."
    challenge: ClassVar[str] = "Bearer"

    def __init__(self) -> None:
        super().__init__(headers={"WWW-Authenticate": self.challenge})


class Forbidden(AppError):
    status = HTTPStatus.FORBIDDEN


class Conflict(AppError):
    status = HTTPStatus.CONFLICT


class Gone(AppError):
    status = HTTPStatus.GONE


class TooMany(AppError):
    """Nothing is wrong with the request but how many there were before it."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too_many_requests"
    says = "There were too many requests from your network. Please wait a moment."

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(headers={"Retry-After": str(max(1, retry_after))})


class Unavailable(AppError):
    """Nothing is wrong with the request: it may be sent again after `retry_after` seconds."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "unavailable"
    says = "The database can't be reached just now. Please try again in a moment."
    retry_after: ClassVar[int] = 2

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail=detail, headers={"Retry-After": str(self.retry_after)})


class Moved(Exception):
    """What was asked for by one name has another now; the query goes along."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name
