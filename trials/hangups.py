"""Clients who hang up in the middle of a request, and what is left of them.

The application runs in this process, by the real server on a real port: only here its pools and turns can be looked at.
"""

import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, cycle, islice
from pathlib import Path
from socket import SO_LINGER, SOL_SOCKET, create_connection
from threading import Thread
from typing import Any

import uvicorn
from fastapi import FastAPI

from app.core.settings import Settings
from app.main import create_app
from bench.client.requests import completions, dashboards, results, syncs
from bench.client.walkers import Walker
from bench.parts.kinds import SERVED
from bench.servers.processes import free_port
from trials.traffic import Client
from trials.verdict import Verdict

POOL = 8
HONEST = 20  # who ask afterwards
SETTLED = 8.0  # seconds in which everything is given back
RESET = struct.pack("ii", 1, 0)  # hang up without a goodbye


@contextmanager
def running(database_url: str, folder: Path) -> Iterator[tuple[FastAPI, int]]:
    """The application, and the port on which it is asked."""
    given: dict[str, Any] = SERVED | {"database_url": database_url, "pool_size": POOL, "var_dir": folder}
    settings = Settings(_env_file=None, log_level="error", **given)
    app, port = create_app(settings), free_port()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, access_log=False))
    thread = Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield app, port
    finally:
        server.should_exit = True
        thread.join()


def try_hang_ups(verdict: Verdict, app: FastAPI, port: int, people: Sequence[Walker], *, clients: int = 200) -> None:
    kinds = [dashboards(people), completions(people), results(people), syncs(people)]
    requests = islice(chain.from_iterable(zip(*map(cycle, kinds), strict=True)), clients)
    before = _turns(app)
    for n, request in enumerate(requests):
        _hang_up(port, request.wire.encode(), n)
    give_up = time.monotonic() + SETTLED
    while (_checked_out(app) or _turns(app) != before) and time.monotonic() < give_up:
        time.sleep(0.05)
    name = f"{clients} clients who hang up"
    out = _checked_out(app)
    verdict.expect(f"{name}: no connection is checked out", not out, f"{out} are")
    verdict.expect(f"{name}: every turn is given back", _turns(app) == before, f"{_turns(app)} of {before}")
    with Client(f"http://127.0.0.1:{port}") as client:
        answers = [client.answer(each).status for each in islice(cycle(dashboards(people)), HONEST)]
    verdict.expect(f"{name}: others are answered", answers == [200] * HONEST, f"{answers.count(200)} of {HONEST}")


def _hang_up(port: int, wire: bytes, n: int) -> None:
    """Having sent all of it, or half; at once, or a moment later; with a goodbye, or without."""
    with create_connection(("127.0.0.1", port)) as client:
        client.sendall(wire[: len(wire) // 2] if n % 5 == 0 else wire)
        time.sleep(0.001 * (n % 4))
        if n % 2:
            client.setsockopt(SOL_SOCKET, SO_LINGER, RESET)


def _turns(app: FastAPI) -> list[int]:
    """Places that are taken."""
    database = app.state.services.web.database
    return [each.taken for each in (database.requests.reading, database.requests.writing, database.passwords)]


def _checked_out(app: FastAPI) -> int:
    database = app.state.services.web.database
    pools = {database.reads.pool, database.writes.pool}
    return sum(pool.checkedout() for pool in pools)
