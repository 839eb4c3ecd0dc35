"""Which pages of other origins may call the API, and what their scripts may read of a reply."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from typing_extensions import override

from app.web.cache.reply import Origins
from app.web.problems import problem

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
SENT = ["Authorization", "Content-Type", "If-Match", "If-None-Match", "X-Request-ID"]
READ = ["ETag", "Link", "Location", "Retry-After", "X-Request-ID"]
GOOD_FOR = 7200  # seconds that a browser remembers a preflight: the most that Chromium does


def cors_options(origins: Sequence[str]) -> dict[str, Any]:
    return {
        "allow_origins": origins,
        "allow_methods": METHODS,
        "allow_headers": SENT,
        "expose_headers": READ,
        "max_age": GOOD_FOR,
    }


def headers_for(origins: Sequence[str]) -> Origins:
    """What a kept reply says to each of these origins: the same as Starlette's layer does."""
    readable = (b"access-control-expose-headers", ", ".join(READ).encode())
    return {origin.encode(): [readable, (b"access-control-allow-origin", origin.encode())] for origin in origins}


class Cors(CORSMiddleware):
    """Starlette's, but that a refused preflight is a problem like every other error."""

    @override
    def preflight_response(self, request_headers: Headers) -> Response:
        response = super().preflight_response(request_headers)
        if response.status_code == HTTPStatus.OK:
            return response
        detail = "A page of this origin may not send that."
        return problem(HTTPStatus.BAD_REQUEST, "cors_refused", detail, headers={"Vary": "Origin"})
