"""Cross-origin resource sharing (CORS): allowed origins, methods and headers, and exposed headers."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from typing_extensions import override

from app.core.origins import exact_origins, wildcard_pattern
from app.web.cache.cached_response import Header
from app.web.problems import problem

ALLOWED_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
ALLOWED_HEADERS = [
    "Authorization",
    "Content-Type",
    "If-Match",
    "If-None-Match",
    "X-Request-ID",
    "X-Requested-With",
    "traceparent",
    "tracestate",
    "baggage",
    "sentry-trace",
]
EXPOSED_HEADERS = ["ETag", "Link", "Location", "Retry-After", "X-Request-ID"]
PREFLIGHT_MAX_AGE_SECONDS = 7200  # the longest time that Chromium accepts
MAX_CACHED_ORIGINS = 1024  # origins that match a wildcard; the headers of further ones are created for each response


def cors_options(origins: Sequence[str], extra_headers: Sequence[str]) -> dict[str, Any]:
    """Return the options of the middleware. Credentials (cookies) are never allowed."""
    return {
        "allow_origins": exact_origins(origins),
        "allow_origin_regex": wildcard_pattern(origins),
        "allow_methods": ALLOWED_METHODS,
        "allow_headers": [*ALLOWED_HEADERS, *extra_headers],
        "expose_headers": EXPOSED_HEADERS,
        "max_age": PREFLIGHT_MAX_AGE_SECONDS,
    }


class CachedCorsHeaders(dict[bytes, Sequence[Header]]):
    """The CORS headers of cached responses by origin, identical to those of Starlette's middleware.

    An origin that matches a wildcard is added when it is first used. Other origins have no headers.
    """

    def __init__(self, origins: Sequence[str]) -> None:
        super().__init__({origin.encode(): _cors_headers(origin.encode()) for origin in exact_origins(origins)})
        pattern = wildcard_pattern(origins)
        self._wildcards = re.compile(pattern.encode()) if pattern else None
        self._max_origins = len(self) + MAX_CACHED_ORIGINS

    def __missing__(self, origin: bytes) -> Sequence[Header]:
        if self._wildcards is None or not self._wildcards.fullmatch(origin):
            return ()
        headers = _cors_headers(origin)
        if len(self) < self._max_origins:
            self[origin] = headers
        return headers


def _cors_headers(origin: bytes) -> Sequence[Header]:
    exposed_headers = (b"access-control-expose-headers", ", ".join(EXPOSED_HEADERS).encode())
    return exposed_headers, (b"access-control-allow-origin", origin)


class Cors(CORSMiddleware):
    """CORS middleware that reports a rejected preflight request as problem details (RFC 9457)."""

    @override
    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        if response.status_code == HTTPStatus.OK:
            return response
        detail = "Cross-origin requests of this kind are not allowed from this origin."
        headers = {"Vary": "Origin"}
        if allowed_origin := response.headers.get("Access-Control-Allow-Origin"):  # rejected for another reason
            headers |= self.simple_headers | {"Access-Control-Allow-Origin": allowed_origin}
        return problem(HTTPStatus.BAD_REQUEST, "cors_refused", detail, headers=headers)
