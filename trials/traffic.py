"""Test clients of members and visitors that send requests continuously during a fault."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection, HTTPException, HTTPResponse
from itertools import chain, cycle
from threading import Event, Thread
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

from bench.client.journey_members import Walker
from bench.client.requests import Request, completions, dashboards, results, sign_ins, syncs

REQUEST_TIMEOUT_SECONDS = 12.0
REQUEST_PAUSE_SECONDS = 0.05  # between two requests of a client
SUCCESS_STATUSES = {200, 201}
SEARCH_PATH = "/v1/articles?q=attachment"
PUBLIC_PATHS = ("/v1/articles", "/v1/site", "/v1/topics", "/v1/journeys/21-days", "/v1/support?country=IE")


class TimedResponse(NamedTuple):
    request: Request
    started_at: float
    seconds: float
    status: int  # 0 without a response
    problem_code: str
    retry_after: str

    @property
    def is_unavailable(self) -> bool:
        """Return whether this is the documented response to a database failure: 503 with Retry-After."""
        return self.status == 503 and bool(self.problem_code) and self.retry_after.isdigit()


class Traffic:
    """Test clients that send requests continuously: one for each group of members, one for public reads."""

    def __init__(self, url: str, groups: Sequence[Sequence[Walker]]) -> None:
        self._url = url
        self._stop = Event()
        self.public_responses: list[TimedResponse] = []
        self.member_responses: list[TimedResponse] = []
        self._threads = [
            Thread(target=self._send_until_stopped, args=[_member_requests(group), self.member_responses])
            for group in groups
        ]
        self._threads.append(Thread(target=self._send_until_stopped, args=[_public_requests(), self.public_responses]))

    @contextmanager
    def running(self) -> Iterator["Traffic"]:
        with KeepAliveClient(self._url) as client:
            # Wait for the search index, because its completion invalidates cached responses.
            while not client.list_total(SEARCH_PATH):
                time.sleep(REQUEST_PAUSE_SECONDS)
            for path in PUBLIC_PATHS * 2:  # fills the response cache
                client.send(Request("GET", path))
                time.sleep(REQUEST_PAUSE_SECONDS)
        for thread in self._threads:
            thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join()

    def _send_until_stopped(self, requests: Iterator[Request], responses: list[TimedResponse]) -> None:
        with KeepAliveClient(self._url) as client:
            for request in requests:
                responses.append(client.send(request))
                if self._stop.wait(REQUEST_PAUSE_SECONDS):
                    break

    def lost_writes(self) -> list[Request]:
        """Return the acknowledged writes that later reads do not show."""
        written = [
            response.request
            for response in self.member_responses
            if response.request.method in WRITE_CHECKS and response.status in SUCCESS_STATUSES
        ]
        with KeepAliveClient(self._url) as client:
            return [
                request
                for request in written
                if not WRITE_CHECKS[request.method](*client.request_json(replace(request, method="GET", body="")))
            ]


class KeepAliveClient:
    """An HTTP client with a persistent connection, which it reopens after an error."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = HTTPConnection(parts.hostname or "", parts.port, timeout=REQUEST_TIMEOUT_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def request_json(self, request: Request) -> tuple[int, Any]:
        """Send a request, and return the status and the JSON body."""
        response = self._send(request)
        return response.status, json.loads(response.read())

    def list_total(self, path: str) -> int:
        """Return the `total` of a paginated list, or 0 after an error."""
        status, body = self.request_json(Request("GET", path))
        return int(body["total"]) if status in SUCCESS_STATUSES else 0

    def send(self, request: Request) -> TimedResponse:
        started_at = time.monotonic()
        try:
            response = self._send(request)
            body = response.read()
        except (OSError, HTTPException):
            self._connection.close()
            return TimedResponse(request, started_at, time.monotonic() - started_at, 0, "", "")
        seconds = time.monotonic() - started_at
        problem = json.loads(body)["code"] if "problem" in response.headers["content-type"] else ""
        return TimedResponse(
            request, started_at, seconds, response.status, problem, response.headers.get("retry-after", "")
        )

    def _send(self, request: Request) -> HTTPResponse:
        self._connection.request(request.method, request.path, request.body or None, dict(request.headers))
        return self._connection.getresponse()


def _member_requests(members: Sequence[Walker]) -> Iterator[Request]:
    streams = (dashboards(members), completions(members), results(members), syncs(members), sign_ins(members))
    return chain.from_iterable(zip(*map(cycle, streams), strict=True))


def _public_requests() -> Iterator[Request]:
    return cycle([Request("GET", path) for path in PUBLIC_PATHS])


def _is_completed(status: int, day: Any) -> bool:
    return status == 200 and day["progress"]["completed_at"] is not None


def _exists(status: int, _: Any) -> bool:
    return status == 200


WRITE_CHECKS = {"PATCH": _is_completed, "PUT": _exists}  # each checks the response to a GET request for the same path
