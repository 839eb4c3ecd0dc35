"""Members and readers who go on asking while something happens, and what they were answered."""

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

from bench.client.requests import Request, completions, dashboards, results, sign_ins, syncs
from bench.client.walkers import Walker

HUNG = 12.0  # seconds after which nobody waits any longer
PAUSE = 0.05  # seconds between two requests of one client
DONE = {200, 201}
SEARCH = "/v1/articles?q=attachment"
PUBLIC = ("/v1/articles", "/v1/site", "/v1/topics", "/v1/journeys/21-days", "/v1/support?country=IE")


class Answer(NamedTuple):
    request: Request
    started: float
    seconds: float
    status: int  # 0: none came
    problem: str  # its code
    retry_after: str

    @property
    def is_refused(self) -> bool:
        """As it is promised when the database is away."""
        return self.status == 503 and bool(self.problem) and self.retry_after.isdigit()


class Traffic:
    """One client for each group of members, and one who reads what everyone may."""

    def __init__(self, url: str, groups: Sequence[Sequence[Walker]]) -> None:
        self._url = url
        self._stop = Event()
        self.public: list[Answer] = []
        self.members: list[Answer] = []
        self._clients = [Thread(target=self._go_on, args=[_of_members(each), self.members]) for each in groups]
        self._clients.append(Thread(target=self._go_on, args=[_of_everyone(), self.public]))

    @contextmanager
    def flowing(self) -> Iterator["Traffic"]:
        with Client(self._url) as client:
            while not client.found(SEARCH):  # what was kept before the index of articles was made is made anew
                time.sleep(PAUSE)
            for path in PUBLIC * 2:  # so that each is kept
                client.answer(Request("GET", path))
                time.sleep(PAUSE)
        for each in self._clients:
            each.start()
        try:
            yield self
        finally:
            self._stop.set()
            for each in self._clients:
                each.join()

    def _go_on(self, requests: Iterator[Request], answers: list[Answer]) -> None:
        with Client(self._url) as client:
            for request in requests:
                answers.append(client.answer(request))
                if self._stop.wait(PAUSE):
                    break

    def lost(self) -> list[Request]:
        """Writes that were acknowledged and aren't there."""
        done = [each.request for each in self.members if each.request.method in IS_KEPT and each.status in DONE]
        with Client(self._url) as client:
            return [
                each for each in done if not IS_KEPT[each.method](*client.ask(replace(each, method="GET", body="")))
            ]


class Client:
    """A kept-alive connection, made anew when it broke."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = HTTPConnection(parts.hostname or "", parts.port, timeout=HUNG)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(self, request: Request) -> tuple[int, Any]:
        """Status and body."""
        reply = self._reply(request)
        return reply.status, json.loads(reply.read())

    def found(self, path: str) -> int:
        """How many a list has."""
        status, body = self.ask(Request("GET", path))
        return int(body["total"]) if status in DONE else 0

    def answer(self, request: Request) -> Answer:
        started = time.monotonic()
        try:
            reply = self._reply(request)
            body = reply.read()
        except (OSError, HTTPException):
            self._connection.close()
            return Answer(request, started, time.monotonic() - started, 0, "", "")
        seconds = time.monotonic() - started
        problem = json.loads(body)["code"] if "problem" in reply.headers["content-type"] else ""
        return Answer(request, started, seconds, reply.status, problem, reply.headers.get("retry-after", ""))

    def _reply(self, request: Request) -> HTTPResponse:
        self._connection.request(request.method, request.path, request.body or None, dict(request.headers))
        return self._connection.getresponse()


def _of_members(people: Sequence[Walker]) -> Iterator[Request]:
    kinds = (dashboards(people), completions(people), results(people), syncs(people), sign_ins(people))
    return chain.from_iterable(zip(*map(cycle, kinds), strict=True))


def _of_everyone() -> Iterator[Request]:
    return cycle([Request("GET", path) for path in PUBLIC])


def _is_completed(status: int, day: Any) -> bool:
    return status == 200 and day["progress"]["completed_at"] is not None


def _is_there(status: int, _: Any) -> bool:
    return status == 200


IS_KEPT = {"PATCH": _is_completed, "PUT": _is_there}  # what is found at the same address, by how it was written
