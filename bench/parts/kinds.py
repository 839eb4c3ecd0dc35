"""Benchmark of requests with sessions, transactions and disk writes.

Each server is one process on one core. Compared servers are measured in turns.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.client import requests
from bench.client.comparison import API, BARE, PLAIN, Candidate, measure_latency, measure_rates, throughput_ratios
from bench.client.journey_members import KEYS, Walker, add_walkers
from bench.client.members import NO_LIMITS
from bench.client.recorded_response import RecordedResponse
from bench.client.request_queue import RequestQueue
from bench.client.requests import Request
from bench.effort import Effort
from bench.parts.storage import measure_storage
from bench.results import Measure, Target
from bench.servers.database_content import load_content
from bench.servers.databases import DATABASES
from bench.servers.plain import plain_walkers
from bench.servers.proc import IS_AVAILABLE, processor_seconds
from bench.servers.processes import Sandbox, Server

MAX_MILLISECONDS = Target(20)  # 99th percentile at half of the capacity
MAX_MEGABYTES = Target(180)
Adapt = Callable[[Sequence[Walker]], Sequence[Walker]]
SERVER_SETTINGS = {"keys": KEYS, "access_minutes": "60", **NO_LIMITS}


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    requests: Callable[[Sequence[Walker]], Iterator[Request]]
    max_per_second: int = 0  # enough requests for any server, each sent once; 0 repeats the requests
    members: int = 400
    completed: int = 0  # days that the members have completed
    is_authenticated: bool = True  # false if the client is not signed in yet

    def queue(self, database_url: str, effort: Effort, adapt: Adapt = list) -> RequestQueue:
        """Create members, and return the queue of their requests."""
        count = max(1, round(self.members * effort.member_share))
        members = adapt(add_walkers(database_url, count, completed=self.completed))
        return RequestQueue(self.requests(members), max_per_second=self.max_per_second)


DASHBOARD = Kind("dashboard", requests.dashboards, members=100, completed=10)
COMPLETING = Kind("completing a day", requests.completions, max_per_second=5_000, members=1_300)
KINDS = (
    DASHBOARD,
    COMPLETING,
    Kind("login", requests.sign_ins, members=100, is_authenticated=False),
    Kind("refresh", requests.refreshes, max_per_second=5_000),
    Kind("score, anonymous", requests.scores, members=1, is_authenticated=False),
    Kind("sync of 50 changes", requests.syncs, max_per_second=1_500),
    Kind("result stored", requests.results, max_per_second=5_000),
)
MIN_RATIOS = {
    "SQLite": {(DASHBOARD.name, BARE): 0.04, (COMPLETING.name, BARE): 0.02},
    "PostgreSQL": {(DASHBOARD.name, PLAIN): 0.5, (COMPLETING.name, PLAIN): 0.5},
}


def measure_kinds(folder: Path, effort: Effort) -> Iterator[Measure]:
    for part in effort.databases:
        yield from _measure_database(part, Sandbox(folder), effort)


def _measure_database(part: str, sandbox: Sandbox, effort: Effort) -> Iterator[Measure]:
    with DATABASES[part](sandbox.folder) as databases, ExitStack() as servers:
        database_url = load_content(databases(f"kinds_{part}"))
        server = servers.enter_context(sandbox.serving(database_url=database_url, **SERVER_SETTINGS))
        plain = servers.enter_context(sandbox.serving("bench.servers.plain", database_url=database_url))
        pids = {"server": server.pid} | ({"database": databases.pid} if databases.pid else {})
        for kind in KINDS[: effort.max_kinds]:
            queue, rounds = kind.queue(database_url, effort), 1
            candidates = {API: Candidate(server.url, queue)}
            if kind in (DASHBOARD, COMPLETING):
                plain_queue = kind.queue(database_url, effort, plain_walkers)
                candidates[PLAIN], rounds = Candidate(plain.url, plain_queue), effort.rounds
            request = queue.take()
            response = RecordedResponse.fetch(server.url, request)
            with sandbox.serving("bench.servers.bare", **response.settings) as bare:
                candidates[BARE] = Candidate(bare.url, RequestQueue([request]))
                rates = measure_rates(candidates, rounds=rounds, seconds=effort.seconds)
            yield from throughput_ratios(part, kind.name, rates, MIN_RATIOS[part])
            if IS_AVAILABLE:
                yield _cost(part, kind.name, candidates[API], pids, effort)
            target, capacity = MAX_MILLISECONDS if kind.is_authenticated else None, median(rates[API])
            yield measure_latency(part, kind.name, candidates[API], capacity, effort.latency_seconds, target)
        yield from _memory(part, server)
        if part == "PostgreSQL":
            yield from measure_storage(database_url)


def _cost(part: str, name: str, candidate: Candidate, pids: dict[str, int], effort: Effort) -> Measure:
    """Measure the processor time per request of the API and of the database, for docs/scaling.md."""
    before = {process: processor_seconds(pid) for process, pid in pids.items()}
    result = candidate.queue.closed_loop(candidate.url, seconds=2 * effort.seconds)
    microseconds = {
        f"us {process}": 1e6 * (processor_seconds(pid) - before[process]) / result.request_count
        for process, pid in pids.items()
    }
    raw = microseconds | {"requests/s": result.rate, "busy at the sender": result.utilization}
    return Measure(f"{part}, cost", name, sum(microseconds.values()), "us of processors", raw)


def _memory(part: str, server: Server) -> Iterator[Measure]:
    current, peak = server.megabytes(), server.megabytes("VmHWM")
    if current and peak:
        yield Measure("running", f"memory after all that, {part}", current, "MB", {"MB at most": peak}, MAX_MEGABYTES)
