"""Requests that a server is asked, by the load generator in a process of its own (bench/client/load.py)."""

import json
import subprocess
import sys
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from bench.client.requests import Request
from bench.servers.machine import CLIENT, on_cores
from bench.servers.processes import ROOT, Failed
from bench.servers.replayed import Replayed

CONNECTIONS = 8  # that ask again once they are answered
WAITING = 200  # at most, where requests fall due whether or not others were answered


class Answers(NamedTuple):
    """What came of asking for a while. Times are milliseconds; `late` is how late requests left, at the 99th
    percentile, and `busy` the part of its core that the generator took.
    """

    rate: float
    sent: int
    p50: float
    p95: float
    p99: float
    late: float
    busy: float


class Stock:
    """Requests of one kind, asked one after the other. What changes something is asked once: of that there are `most`
    at hand for each second, more than any server answers.
    """

    def __init__(self, requests: Iterable[Request], *, most: int = 0) -> None:
        self._requests = iter(requests)
        self._at_hand: list[Request] = [] if most else list(self._requests)
        self._most = most

    @property
    def single(self) -> "Stock":
        """One request again and again, for a server that doesn't look at it."""
        return Stock(self._next(1)[:1])

    def reply(self, url: str) -> Replayed:
        """The reply to the next request."""
        request = self._next(1)[0]
        self._drop(1)
        return Replayed.fetch(url + request.path, request.headers, method=request.method, body=request.body)

    def _next(self, many: int) -> list[Request]:
        """Those that come next, but not all of them if they are asked once."""
        if not self._most:
            return self._at_hand
        self._at_hand.extend(islice(self._requests, max(0, many - len(self._at_hand))))
        return self._at_hand[:many]

    def _drop(self, used: int) -> None:
        if self._most:
            del self._at_hand[:used]

    def as_answered(self, url: str, *, seconds: float, connections: int = CONNECTIONS) -> Answers:
        return self._asked(url, seconds, connections)

    def as_due(self, url: str, *, rate: float, seconds: float) -> Answers:
        """So many requests a second, whether or not those before are answered."""
        return self._asked(url, seconds, WAITING, rate)

    def _asked(self, url: str, seconds: float, *more: float) -> Answers:
        """Raises Failed if a request failed, or if there weren't enough of those that are asked once."""
        left = self._next(CONNECTIONS + int(self._most * seconds))
        requests = json.dumps([each.wire for each in left])
        command = [*on_cores(CLIENT), sys.executable, "-m", "bench.client.load", url, *map(str, (seconds, *more))]
        done = subprocess.run(command, cwd=ROOT, input=requests, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failed(command, done.stderr)
        answers = Answers(**json.loads(done.stdout))
        if self._most and answers.sent >= len(left):
            raise Failed(command, f"{len(left)} requests weren't enough: {left[0].method} {left[0].path}")
        self._drop(answers.sent)
        return answers


def prepared(folder: Path, reply: Replayed) -> dict[str, str]:
    """The settings of a bare server that sends this reply."""
    path = folder / "reply.json"
    reply.write(path)
    return {"bench_reply": str(path)}
