"""HTTP clients of the trials, which record every response, and threads that use them."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from ssl import PROTOCOL_TLS_CLIENT, SSLContext

import httpx

from bench.client.journey_members import Walker

RESPONSE_TIMEOUT_SECONDS = 30
NO_TLS = SSLContext(PROTOCOL_TLS_CLIENT)  # without certificates, which would be loaded for each client


@dataclass(frozen=True, slots=True)
class TimedExchange:
    """A request with its response, or None if no response arrived."""

    request: httpx.Request
    response: httpx.Response | None
    started_at: float  # a value of time.monotonic
    seconds: float

    @property
    def is_success(self) -> bool:
        return self.response is not None and self.response.is_success

    @property
    def is_unavailable(self) -> bool:
        """Return whether the response is the documented one to a database failure: 503 with Retry-After."""
        response = self.response
        return (
            response is not None
            and response.status_code == httpx.codes.SERVICE_UNAVAILABLE
            and response.headers["content-type"] == "application/problem+json"
            and response.headers.get("retry-after", "").isdigit()
        )

    def __str__(self) -> str:
        outcome = f"{self.response.status_code} {self.response.text[:200]}" if self.response else "no response"
        return f"{self.request.method} {self.request.url.path}: {outcome}"


class RecordingTransport(httpx.HTTPTransport):
    def __init__(self, exchanges: list[TimedExchange]) -> None:
        super().__init__(verify=NO_TLS)
        self._exchanges = exchanges

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        started_at, response = time.monotonic(), None
        try:
            response = super().handle_request(request)
            response.read()
        finally:
            self._exchanges.append(TimedExchange(request, response, started_at, time.monotonic() - started_at))
        return response


def open_client(url: str, member: Walker | None = None, exchanges: list[TimedExchange] | None = None) -> httpx.Client:
    """Return a client of a visitor or of a signed-in member, which adds all its requests to `exchanges`."""
    transport = RecordingTransport([] if exchanges is None else exchanges)
    headers = member.headers if member else {}
    return httpx.Client(base_url=url, headers=headers, transport=transport, timeout=RESPONSE_TIMEOUT_SECONDS)


@contextmanager
def concurrently(*functions: Callable[[], object]) -> Iterator[None]:
    """Call functions in threads, and wait until all have returned."""
    with ThreadPoolExecutor(len(functions)) as pool:
        futures = [pool.submit(function) for function in functions]
        yield
    for future in futures:
        future.result()  # raises the exception of the function, if any
