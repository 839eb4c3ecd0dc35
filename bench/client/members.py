"""Benchmark clients that register and sign in over HTTP, each with one persistent connection."""

import json
import time
from http.client import HTTPConnection
from urllib.parse import urlsplit

PASSWORD = "a kettle sings in the rain"  # noqa: S105 - no real account
WRONG_PASSWORD = "a kettle sings in the snow"  # noqa: S105 - no real account
RESPONSE_TIMEOUT_SECONDS = 30

REGISTER, SIGN_IN, FORGOT, REFRESH = (
    f"/v1/auth/{path}" for path in ("register", "login", "password/forgot", "refresh")
)
NO_LIMITS: dict[str, str] = dict.fromkeys(
    (
        "registrations_a_minute",
        "sign_ins_a_minute",
        "requests_a_minute",
        "guesses_free",
        "network_guesses",
        "mails_an_hour",
    ),
    "1000000",
)


def address_of(n: int) -> str:
    return f"person-{n:04}@example.org"


class Client:
    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = HTTPConnection(parts.hostname or "", parts.port, timeout=RESPONSE_TIMEOUT_SECONDS)

    def get(self, path: str) -> int:
        """Send a GET request, and return the status of the response."""
        return self._request("GET", path)

    def post(self, path: str, **body: str) -> int:
        """Send a POST request with a JSON body, and return the status of the response."""
        return self._request("POST", path, json.dumps(body), {"Content-Type": "application/json"})

    def timed_post(self, path: str, *, expected: int, **body: str) -> float:
        """Send a POST request, and return the duration in milliseconds.

        Raise RuntimeError if the status of the response is not `expected`.
        """
        started = time.perf_counter()
        status = self.post(path, **body)
        milliseconds = 1000 * (time.perf_counter() - started)
        if status != expected:
            raise RuntimeError(f"{path}: {status} for {body}")
        return milliseconds

    def sign_up(self, address: str) -> None:
        self.timed_post(REGISTER, expected=202, email=address, password=PASSWORD)

    def _request(self, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None) -> int:
        self._connection.request(method, path, body, headers or {})
        response = self._connection.getresponse()
        response.read()
        return response.status
