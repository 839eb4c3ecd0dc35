"""Clients that disconnect during a request."""

import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, cycle, islice
from socket import SO_LINGER, SOL_SOCKET, create_connection
from urllib.parse import urlsplit

from bench.client.journey_members import Walker
from bench.client.requests import completions, dashboards, results, syncs

CLIENTS = 200
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # closes the connection with a TCP reset


@contextmanager
def disconnecting_clients(url: str, members: Sequence[Walker]) -> Iterator[None]:
    """Send all or half of each request, and disconnect in several ways."""
    streams = [dashboards(members), completions(members), results(members), syncs(members)]
    requests = islice(chain.from_iterable(zip(*map(cycle, streams), strict=True)), CLIENTS)
    address = urlsplit(url)
    for index, request in enumerate(request.serialized.encode() for request in requests):
        with create_connection((str(address.hostname), address.port or 80)) as client:
            client.sendall(request[: len(request) // 2] if index % 5 == 0 else request)
            time.sleep(0.001 * (index % 4))
            if index % 2:
                client.setsockopt(SOL_SOCKET, SO_LINGER, RESET_ON_CLOSE)
    yield
