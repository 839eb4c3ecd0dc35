"""Clients that disconnect during a request must not leave resources in use.

The application and its server run in this process, so that the request slots and database connections in use can be
counted.
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
from bench.client.journey_members import Walker
from bench.client.requests import completions, dashboards, results, syncs
from bench.parts.kinds import SERVER_SETTINGS
from bench.servers.processes import free_port
from trials.traffic import KeepAliveClient
from trials.verdict import Verdict

POOL_SIZE = 8
FOLLOW_UP_REQUESTS = 20
SETTLE_SECONDS = 8.0  # maximum wait until all slots and connections are released
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # closes the connection with a TCP reset


@contextmanager
def running_application(database_url: str, directory: Path) -> Iterator[tuple[FastAPI, int]]:
    """Run the application in a thread, and yield it with its port."""
    values: dict[str, Any] = SERVER_SETTINGS | {
        "database_url": database_url,
        "pool_size": POOL_SIZE,
        "var_dir": directory,
    }
    settings = Settings(_env_file=None, log_level="error", **(SERVER_SETTINGS | values))
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


def run_hang_ups(verdict: Verdict, app: FastAPI, port: int, members: Sequence[Walker], *, clients: int = 200) -> None:
    streams = [dashboards(members), completions(members), results(members), syncs(members)]
    requests = islice(chain.from_iterable(zip(*map(cycle, streams), strict=True)), clients)
    slots_before = _slots_in_use(app)
    for index, request in enumerate(requests):
        _hang_up(port, request.serialized.encode(), index)
    deadline = time.monotonic() + SETTLE_SECONDS
    while (_connections_checked_out(app) or _slots_in_use(app) != slots_before) and time.monotonic() < deadline:
        time.sleep(0.05)
    name = f"{clients} disconnecting clients"
    checked_out = _connections_checked_out(app)
    verdict.expect(f"{name}: no connection is checked out", not checked_out, f"{checked_out} checked out")
    verdict.expect(
        f"{name}: all slots are released",
        _slots_in_use(app) == slots_before,
        f"{_slots_in_use(app)} of {slots_before}",
    )
    with KeepAliveClient(f"http://127.0.0.1:{port}") as client:
        statuses = [client.send(request).status for request in islice(cycle(dashboards(members)), FOLLOW_UP_REQUESTS)]
    verdict.expect(
        f"{name}: other requests succeed",
        statuses == [200] * FOLLOW_UP_REQUESTS,
        f"{statuses.count(200)} of {FOLLOW_UP_REQUESTS}",
    )


def _hang_up(port: int, wire: bytes, index: int) -> None:
    """Send all or half of a request, then disconnect. `index` selects one of several variants."""
    with create_connection(("127.0.0.1", port)) as client:
        client.sendall(wire[: len(wire) // 2] if index % 5 == 0 else wire)
        time.sleep(0.001 * (index % 4))
        if index % 2:
            client.setsockopt(SOL_SOCKET, SO_LINGER, RESET_ON_CLOSE)


def _slots_in_use(app: FastAPI) -> list[int]:
    database = app.state.services.web.database
    return [
        slots.used for slots in (database.requests.read_slots, database.requests.write_slots, database.password_slots)
    ]


def _connections_checked_out(app: FastAPI) -> int:
    database = app.state.services.web.database
    pools = {database.reads.pool, database.writes.pool}
    return sum(pool.checkedout() for pool in pools)
