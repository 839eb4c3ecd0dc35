"""Benchmark of startup time, memory, and the overhead of a second server process."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from bench.client.request_queue import CLOSED_LOOP_CONNECTIONS, RequestQueue
from bench.effort import Effort
from bench.parts.kinds import COMPLETING, DASHBOARD, SERVER_SETTINGS, Kind, create_members
from bench.results import Measure, Target
from bench.servers.database_content import load_content
from bench.servers.databases import DATABASES
from bench.servers.machine import CLIENT, SERVER, on_cores
from bench.servers.proc import IS_AVAILABLE, children, megabytes, processor_seconds
from bench.servers.processes import Sandbox, Server, free_port

PART = "running"
MAX_STARTUP_SECONDS, MAX_OVERHEAD_PERCENT = Target(3), Target(15)
MAX_MEGABYTES = Target(180)


def measure_running(folder: Path, effort: Effort) -> Iterator[Measure]:
    for part in effort.databases:
        with DATABASES[part](folder) as databases:
            database_url = load_content(databases(f"running_{part}"))
            times = [_startup_seconds(Sandbox(folder), database_url) for _ in range(effort.server_starts)]
            raw = {"fastest": min(times), "slowest": max(times)}
            yield Measure(PART, f"from the command to ready, {part}", median(times), "s", raw, MAX_STARTUP_SECONDS)
            if IS_AVAILABLE:
                yield from _measure_processes(folder, part, database_url, effort)


def _startup_seconds(sandbox: Sandbox, database_url: str) -> float:
    """Return the seconds from the start of `twentyone serve` until the server is ready."""
    port = free_port()
    command = [*on_cores(SERVER), sys.executable, "-m", "app.cli", "serve", "--port", str(port)]
    environment = sandbox.environment({"database_url": database_url})
    started = time.perf_counter()
    with (sandbox.folder / "start.log").open("w") as log:
        process = subprocess.Popen(command, cwd=sandbox.folder, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            while not _is_ready(port):
                if process.poll() is not None:
                    raise RuntimeError(f"{command} ended before it was ready.")
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


def _measure_processes(folder: Path, part: str, database_url: str, effort: Effort) -> Iterator[Measure]:
    """Compare the processor time per request with one server process and with two.

    Both use the same cores and receive the same load.
    """
    members = create_members(database_url, replace(effort, walkers=effort.walkers // 2, other_members=1))
    queues = {kind: members.queue(kind) for kind in (DASHBOARD, COMPLETING)}
    costs: dict[int, dict[Kind, float]] = {}
    for workers in (1, 2):
        sandbox = Sandbox(folder, cores=(SERVER, CLIENT), workers=workers)
        with sandbox.serving(database_url=database_url, **SERVER_SETTINGS) as server:
            costs[workers] = {kind: _cost(queue, server, effort) for kind, queue in queues.items()}
            peak = max(megabytes(pid, "VmRSS") or 0.0 for pid in (children(server.pid) or [server.pid]))
    yield Measure(PART, f"memory of one of two processes, {part}", peak, "MB", {}, MAX_MEGABYTES)
    for kind in queues:
        single, double = costs[1][kind], costs[2][kind]
        raw = {"us with 1": single, "us with 2": double}
        name = f"{kind.name}: processor time with 2 processes, {part}"
        yield Measure(PART, name, 100 * (double / single - 1), "% more", raw, MAX_OVERHEAD_PERCENT)


def _cost(queue: RequestQueue, server: Server, effort: Effort) -> float:
    """Return the processor time per request in microseconds."""
    queue.closed_loop(server.url, seconds=effort.seconds, connections=2 * CLOSED_LOOP_CONNECTIONS)
    before = processor_seconds(server.pid)
    result = queue.closed_loop(server.url, seconds=2 * effort.seconds, connections=2 * CLOSED_LOOP_CONNECTIONS)
    return 1e6 * (processor_seconds(server.pid) - before) / result.request_count
