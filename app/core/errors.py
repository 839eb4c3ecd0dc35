"""Refusals that a client can do something about, and what they say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar, Literal


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that was wrong with what was sent; never what was sent itself."""

    where: Literal["body", "query", "path", "header"]
    pointer: str
    detail: str


class AppError(Exception):
    """An expected refusal: the client did, or may do, something about it."""

    status: ClassVar[HTTPStatus]
    code: ClassVar[str]
    keeps_writes: ClassVar[bool] = False  # whether what was written before it must survive the refusal

    def __init__(self, detail: str, *errors: FieldError, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors: Sequence[FieldError] = errors
        self.headers = headers or {}


class BadInput(AppError):
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "invalid_input"


class NotFound(AppError):
    status = HTTPStatus.NOT_FOUND
    code = "not_found"


class NotSignedIn(AppError):
    status = HTTPStatus.UNAUTHORIZED
    code = "not_signed_in"

    def __init__(self, detail: str, *, challenge: str = "Bearer") -> None:
        super().__init__(detail, headers={"WWW-Authenticate": challenge})


class Forbidden(AppError):
    status = HTTPStatus.FORBIDDEN


class Conflict(AppError):
    status = HTTPStatus.CONFLICT


class TooMany(AppError):
    """Nothing is wrong with the request but how many there were before it."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too_many_requests"

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(max(1, retry_after))})


class Unavailable(AppError):
    """Nothing is wrong with the request: it may be sent again after `retry_after` seconds."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "unavailable"

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class Moved(Exception):
    """What was asked for by one name has another now; the query goes along."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name
