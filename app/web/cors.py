"""Cross-origin resource sharing (CORS): allowed methods and headers, and exposed headers."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from typing_extensions import override

from app.web.cache.cached_response import CorsHeaders
from app.web.problems import problem

ALLOWED_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
ALLOWED_HEADERS = ["Authorization", "Content-Type", "If-Match", "If-None-Match", "X-Request-ID"]
EXPOSED_HEADERS = ["ETag", "Link", "Location", "Retry-After", "X-Request-ID"]
PREFLIGHT_MAX_AGE_SECONDS = 7200  # the longest time that Chromium accepts


def cors_options(origins: Sequence[str]) -> dict[str, Any]:
    return {
        "allow_origins": origins,
        "allow_methods": ALLOWED_METHODS,
        "allow_headers": ALLOWED_HEADERS,
        "expose_headers": EXPOSED_HEADERS,
        "max_age": PREFLIGHT_MAX_AGE_SECONDS,
    }


def cached_cors_headers(origins: Sequence[str]) -> CorsHeaders:
    """Return the CORS headers of cached responses by origin, identical to those of Starlette's middleware."""
    exposed_headers = (b"access-control-expose-headers", ", ".join(EXPOSED_HEADERS).encode())
    return {origin.encode(): [exposed_headers, (b"access-control-allow-origin", origin.encode())] for origin in origins}


class Cors(CORSMiddleware):
    """CORS middleware that reports a rejected preflight request as problem details (RFC 9457)."""

    @override
    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        if response.status_code == HTTPStatus.OK:
            return response
        detail = "Cross-origin requests of this kind are not allowed from this origin."
        return problem(HTTPStatus.BAD_REQUEST, "cors_refused", detail, headers={"Vary": "Origin"})
