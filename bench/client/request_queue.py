"""Requests of one kind for one server, sent by the load generator (bench/client/load.py) in a separate process."""

import json
import subprocess
import sys
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from bench.client.requests import Request
from bench.servers.machine import CLIENT, on_cores
from bench.servers.processes import ROOT, CommandFailed

CLOSED_LOOP_CONNECTIONS = 8
MAX_OPEN_LOOP_CONNECTIONS = 200


class LoadResult(NamedTuple):
    """Results of the load generator.

    The percentiles `p50` to `p99` are response times in milliseconds. `send_delay` is the 99th percentile of the
    milliseconds by which requests were sent late. `utilization` is the share of a processor core that the generator
    used.
    """

    rate: float
    request_count: int
    p50: float
    p95: float
    p99: float
    send_delay: float
    utilization: float


class RequestQueue:
    """A queue of requests of one kind.

    Writes can be sent only once: with `max_per_second`, the queue generates enough requests for this rate, which no
    server reaches. Without it, the requests are repeated.
    """

    def __init__(self, requests: Iterable[Request], *, max_per_second: int = 0) -> None:
        self._requests = iter(requests)
        self._buffer: list[Request] = [] if max_per_second else list(self._requests)
        self._max_per_second = max_per_second

    def take(self) -> Request:
        """Return the next request. If requests can be sent only once, remove it from the queue."""
        request = self._next(1)[0]
        self._discard(1)
        return request

    def _next(self, count: int) -> list[Request]:
        """Return the next `count` requests, or all requests if they can be repeated."""
        if not self._max_per_second:
            return self._buffer
        self._buffer.extend(islice(self._requests, max(0, count - len(self._buffer))))
        return self._buffer[:count]

    def _discard(self, count: int) -> None:
        if self._max_per_second:
            del self._buffer[:count]

    def closed_loop(self, url: str, *, seconds: float, connections: int = CLOSED_LOOP_CONNECTIONS) -> LoadResult:
        return self._run_generator(url, seconds, connections)

    def open_loop(self, url: str, *, rate: float, seconds: float) -> LoadResult:
        """Send `rate` requests per second, independent of responses."""
        return self._run_generator(url, seconds, MAX_OPEN_LOOP_CONNECTIONS, rate)

    def _run_generator(self, url: str, seconds: float, *extra_arguments: float) -> LoadResult:
        """Run the load generator in a separate process.

        Raise CommandFailed if a request failed or if too few requests were available.
        """
        batch = self._next(CLOSED_LOOP_CONNECTIONS + int(self._max_per_second * seconds))
        payload = json.dumps([request.serialized for request in batch])
        arguments = map(str, (seconds, *extra_arguments))
        command = [*on_cores(CLIENT), sys.executable, "-m", "bench.client.load", url, *arguments]
        process = subprocess.run(command, cwd=ROOT, input=payload, capture_output=True, text=True, check=False)
        if process.returncode:
            raise CommandFailed(command, process.stderr)
        result = LoadResult(**json.loads(process.stdout))
        if self._max_per_second and result.request_count >= len(batch):
            raise CommandFailed(command, f"{len(batch)} requests were too few: {batch[0].method} {batch[0].path}")
        self._discard(result.request_count)
        return result
