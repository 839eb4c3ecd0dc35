"""What running the service takes: until it is ready, and what a second process costs or brings."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from bench.client.stock import CONNECTIONS, Stock
from bench.effort import Effort
from bench.parts.kinds import COMPLETING, DASHBOARD, SERVED, Kind, people
from bench.results import Measure, Target
from bench.servers.databases import DATABASES
from bench.servers.filled import loaded
from bench.servers.machine import CLIENT, SERVER, on_cores
from bench.servers.proc import IS_TOLD, children, megabytes, worked
from bench.servers.processes import Place, Server, free_port

PART = "running"
SECONDS, PERCENT = Target(3), Target(15)
MEGABYTES = Target(180)


def measure_running(folder: Path, effort: Effort) -> Iterator[Measure]:
    for part in effort.databases:
        with DATABASES[part](folder) as databases:
            address = loaded(databases(f"running_{part}"))
            times = [_until_ready(Place(folder), address) for _ in range(effort.starts)]
            raw = {"fastest": min(times), "slowest": max(times)}
            yield Measure(PART, f"from the command to ready, {part}", median(times), "s", raw, SECONDS)
            if IS_TOLD:
                yield from _processes(folder, part, address, effort)


def _until_ready(place: Place, address: str) -> float:
    """Seconds from `twentyone serve` until it says that it is ready."""
    port = free_port()
    command = [*on_cores(SERVER), sys.executable, "-m", "app.cli", "serve", "--port", str(port)]
    environment = place.environment({"database_url": address})
    started = time.perf_counter()
    with (place.folder / "start.log").open("w") as log:
        process = subprocess.Popen(command, cwd=place.folder, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            while not _is_ready(port):
                if process.poll() is not None:
                    raise RuntimeError(f"{command} ended")
                time.sleep(0.01)
            return time.perf_counter() - started
        finally:
            process.terminate()
            process.wait()


def _is_ready(port: int) -> bool:
    try:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False


def _processes(folder: Path, part: str, address: str, effort: Effort) -> Iterator[Measure]:
    """The processor time of a request with one process and with two, on the same cores and under the same load."""
    some = people(address, replace(effort, walkers=effort.walkers // 2, others=1))
    stocks = {kind: some.stock(kind) for kind in (DASHBOARD, COMPLETING)}
    took: dict[int, dict[Kind, float]] = {}
    for workers in (1, 2):
        place = Place(folder, cores=(SERVER, CLIENT), workers=workers)
        with place.serving(database_url=address, **SERVED) as server:
            took[workers] = {kind: _cost(stock, server, effort) for kind, stock in stocks.items()}
            most = max(megabytes(each, "VmRSS") or 0.0 for each in (children(server.pid) or [server.pid]))
    yield Measure(PART, f"memory of one of two processes, {part}", most, "MB", {}, MEGABYTES)
    for kind in stocks:
        one, two = took[1][kind], took[2][kind]
        raw = {"us with 1": one, "us with 2": two}
        name = f"{kind.name}: processor time with 2 processes, {part}"
        yield Measure(PART, name, 100 * (two / one - 1), "% more", raw, PERCENT)


def _cost(stock: Stock, server: Server, effort: Effort) -> float:
    """Microseconds of processor for a request."""
    stock.as_answered(server.url, seconds=effort.seconds, connections=2 * CONNECTIONS)
    before = worked(server.pid)
    answers = stock.as_answered(server.url, seconds=2 * effort.seconds, connections=2 * CONNECTIONS)
    return 1e6 * (worked(server.pid) - before) / answers.sent
