"""Errors that the API returns to clients."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar, Literal

# Values of the header WWW-Authenticate (RFC 6750, section 3). A request without a token gets no error code.
CHALLENGE = 'Bearer realm="twentyone"'
INVALID_TOKEN_CHALLENGE = f'{CHALLENGE}, error="invalid_token"'


@dataclass(frozen=True, slots=True)
class FieldError:
    """An invalid part of a request, such as a field or parameter. It never contains the value that was sent."""

    location: Literal["body", "query", "path", "header"]
    pointer: str
    detail: str


class AppError(Exception):
    """Base class of errors that the API returns as problem details (RFC 9457).

    `message` is the default for `detail`, the explanation that the client receives.
    """

    status: ClassVar[HTTPStatus]
    code: ClassVar[str]
    message: ClassVar[str]
    commits_writes: ClassVar[bool] = False  # whether the transaction is committed although this error is raised
    extensions_example: ClassVar[Mapping[str, Any]] = {}  # example of `extensions` for the OpenAPI document

    def __init__(
        self,
        *errors: FieldError,
        detail: str = "",
        headers: Mapping[str, str] | None = None,
        extensions: Mapping[str, Any] | None = None,
    ) -> None:
        """`extensions` are additional members of the problem details (RFC 9457, section 3.2)."""
        self.detail = detail or self.message
        super().__init__(self.detail)
        self.errors: Sequence[FieldError] = errors
        self.headers = headers or {}
        self.extensions = extensions or {}


class InvalidInput(AppError):
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "invalid_input"
    message = "Some values are not valid. Please check them and try again."


class NotFound(AppError):
    status = HTTPStatus.NOT_FOUND
    code = "not_found"
    message = "This address does not exist."


class NotSignedIn(AppError):
    status = HTTPStatus.UNAUTHORIZED
    code = "not_signed_in"
    message = "Please sign in."
    challenge: ClassVar[str] = CHALLENGE

    def __init__(self) -> None:
        super().__init__(headers={"WWW-Authenticate": self.challenge})


class Forbidden(AppError):
    status = HTTPStatus.FORBIDDEN


class Conflict(AppError):
    status = HTTPStatus.CONFLICT


class Gone(AppError):
    status = HTTPStatus.GONE


class TooManyRequests(AppError):
    """The client has sent too many requests. It can retry after `retry_after` seconds."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "too_many_requests"
    message = "Too many requests came from your network. Please wait a moment and try again."

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(headers={"Retry-After": str(max(1, retry_after))})


class Unavailable(AppError):
    """The database is unreachable or too slow. The client can retry after `retry_after` seconds."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "unavailable"
    message = "The service is temporarily unavailable. Please try again in a moment."
    retry_after: ClassVar[int] = 2

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail=detail, headers={"Retry-After": str(self.retry_after)})


class PermanentRedirect(Exception):
    """A resource was renamed. The response redirects to its new name and preserves the query string."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name
