"""Benchmark of startup time, memory, and the overhead of a second server process."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench.client.request_queue import CLOSED_LOOP_CONNECTIONS, RequestQueue
from bench.effort import Effort
from bench.parts.kinds import COMPLETING, DASHBOARD, MAX_MEGABYTES, SERVER_SETTINGS
from bench.results import Measure, Target
from bench.servers.database_content import load_content
from bench.servers.databases import DATABASES
from bench.servers.machine import CLIENT, SERVER, on_cores
from bench.servers.proc import IS_AVAILABLE, children, megabytes, processor_seconds
from bench.servers.processes import Sandbox, Server, free_port, wait_for

PART = "running"
STARTS = 2
MAX_STARTUP_SECONDS, MAX_OVERHEAD_PERCENT = Target(3), Target(15)


def measure_running(folder: Path, effort: Effort) -> Iterator[Measure]:
    for part in effort.databases:
        with DATABASES[part](folder) as databases:
            database_url = load_content(databases(f"running_{part}"))
            times = [_startup_seconds(Sandbox(folder), database_url) for _ in range(min(STARTS, effort.rounds))]
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
            wait_for(f"http://127.0.0.1:{port}/health/ready", process)
            return time.perf_counter() - started
        finally:
            process.terminate()
            process.wait()


def _measure_processes(folder: Path, part: str, database_url: str, effort: Effort) -> Iterator[Measure]:
    """Compare the processor time per request with one server process and with two.

    Both use the same cores and receive the same load.
    """
    queues = {kind.name: kind.queue(database_url, effort) for kind in (DASHBOARD, COMPLETING)}
    costs: dict[int, dict[str, float]] = {}
    for workers in (1, 2):
        sandbox = Sandbox(folder, cores=(SERVER, CLIENT), workers=workers)
        with sandbox.serving(database_url=database_url, **SERVER_SETTINGS) as server:
            costs[workers] = {name: _cost(queue, server, effort) for name, queue in queues.items()}
            peak = max(megabytes(pid, "VmRSS") or 0.0 for pid in (children(server.pid) or [server.pid]))
    yield Measure(PART, f"memory of one of two processes, {part}", peak, "MB", {}, MAX_MEGABYTES)
    for kind, single in costs[1].items():
        raw = {"us with 1": single, "us with 2": costs[2][kind]}
        name = f"{kind}: processor time with 2 processes, {part}"
        yield Measure(PART, name, 100 * (costs[2][kind] / single - 1), "% more", raw, MAX_OVERHEAD_PERCENT)


def _cost(queue: RequestQueue, server: Server, effort: Effort) -> float:
    """Return the processor time per request in microseconds."""
    queue.closed_loop(server.url, seconds=effort.seconds, connections=2 * CLOSED_LOOP_CONNECTIONS)
    before = processor_seconds(server.pid)
    result = queue.closed_loop(server.url, seconds=2 * effort.seconds, connections=2 * CLOSED_LOOP_CONNECTIONS)
    return 1e6 * (processor_seconds(server.pid) - before) / result.request_count
