"""Benchmark of requests with sessions, transactions and disk writes.

The API is compared with the same SQL through the plain database driver, on SQLite also with a minimal application that
sends the same bytes, and on PostgreSQL also with the reference stack (bench/reference_stack). Each server is one
process on one core. Compared servers are measured in turns.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.client import requests
from bench.client.comparison import (
    API,
    BARE,
    PLAIN,
    REFERENCE,
    Candidate,
    measure_latencies,
    measure_rates,
    throughput_ratios,
)
from bench.client.journey_members import KEYS, add_walkers
from bench.client.members import NO_LIMITS
from bench.client.request_queue import RequestQueue, bare_settings
from bench.client.requests import BenchMember, Request
from bench.effort import Effort
from bench.parts.storage import measure_storage
from bench.reference_stack.reference import parse_users
from bench.results import Measure, Target
from bench.servers.database_content import load_content
from bench.servers.databases import DATABASES, Databases
from bench.servers.plain import PlainWalker
from bench.servers.proc import IS_AVAILABLE, processor_seconds
from bench.servers.processes import Sandbox, Server

COMPLETED_DAYS = 10  # of members that read dashboards
MAX_MILLISECONDS = Target(20)  # 99th percentile at half of the capacity
MAX_MEGABYTES = Target(180)
SERVER_SETTINGS = {"keys": KEYS, "access_minutes": "60", **NO_LIMITS}


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    requests: Callable[[Sequence[BenchMember]], Iterator[Request]]
    max_per_second: int = 0  # enough requests for any server, each sent once; 0 repeats the requests
    group: str = "other_members"
    is_authenticated: bool = True  # false if the client is not signed in yet


DASHBOARD = Kind("dashboard", requests.dashboards, group="readers")
COMPLETING = Kind("completing a day", requests.completions, max_per_second=5_000, group="walkers")
KINDS = (
    DASHBOARD,
    COMPLETING,
    Kind("login", requests.sign_ins, is_authenticated=False),
    Kind("refresh", requests.refreshes, max_per_second=5_000),
    Kind("score, anonymous", requests.scores, is_authenticated=False),
    Kind("sync of 50 changes", requests.syncs, max_per_second=1_500),
    Kind("result stored", requests.results, max_per_second=5_000),
)
MIN_RATIOS = {
    "SQLite": {(DASHBOARD.name, BARE): 0.04, (COMPLETING.name, BARE): 0.02},
    "PostgreSQL": {
        (kind.name, server): minimum
        for kind in (DASHBOARD, COMPLETING)
        for server, minimum in ((PLAIN, 0.5), (REFERENCE, 2.5))
    },
}


@dataclass(frozen=True, slots=True)
class ServerMembers:
    """Members with accounts on one of the measured servers, by the requests that they send."""

    readers: Sequence[BenchMember]  # read dashboards
    walkers: Sequence[BenchMember]  # complete days
    other_members: Sequence[BenchMember]

    def queue(self, kind: Kind) -> RequestQueue:
        return RequestQueue(kind.requests(getattr(self, kind.group)), max_per_second=kind.max_per_second)


@dataclass(frozen=True, slots=True)
class ApiServer:
    """The server of the API, with its members and databases."""

    part: str
    server: Server
    members: ServerMembers
    databases: Databases


def measure_kinds(folder: Path, effort: Effort) -> Iterator[Measure]:
    sandbox = Sandbox(folder)
    for part, database in DATABASES.items():
        with database(folder) as databases, ExitStack() as servers:
            database_url = load_content(databases(f"kinds_{part}"))
            api = ApiServer(
                part,
                servers.enter_context(sandbox.serving(database_url=database_url, **SERVER_SETTINGS)),
                create_members(database_url, effort),
                databases,
            )
            alternatives = {PLAIN: _plain(sandbox, database_url, servers, effort)}
            if part == "PostgreSQL":
                alternatives[REFERENCE] = _reference(sandbox, databases("reference"), servers, effort)
            for kind in KINDS[: effort.max_kinds]:
                yield from _measure_kind(sandbox, api, kind, alternatives, effort)
            yield from _memory(api)
            if part == "PostgreSQL":
                yield from measure_storage(database_url)


def create_members(database_url: str, effort: Effort) -> ServerMembers:
    return ServerMembers(
        *(add_walkers(database_url, count, completed=completed) for count, completed in _groups(effort))
    )


def _groups(effort: Effort) -> tuple[tuple[int, int], ...]:
    """Return the number of members and of their completed days, for readers, walkers and others."""
    return (effort.readers, COMPLETED_DAYS), (effort.walkers, 0), (effort.other_members, 0)


def _plain(sandbox: Sandbox, database_url: str, servers: ExitStack, effort: Effort) -> tuple[str, ServerMembers]:
    """Start the server that uses the plain database driver, and create its members.

    It uses the API's database, but members of its own, because it does not encrypt their notes.
    """
    groups = (add_walkers(database_url, count, completed=completed) for count, completed in _groups(effort))
    members = ServerMembers(*([PlainWalker(walker) for walker in group] for group in groups))
    return servers.enter_context(sandbox.serving("bench.servers.plain", database_url=database_url)).url, members


def _reference(sandbox: Sandbox, database_url: str, servers: ExitStack, effort: Effort) -> tuple[str, ServerMembers]:
    counts = map(str, (effort.readers, COMPLETED_DAYS, effort.walkers + effort.other_members))
    readers, rest = parse_users(
        sandbox.output_of("bench.reference_stack.reference", "fill", *counts, database_url=database_url)
    )
    members = ServerMembers(readers, rest[: effort.walkers], rest[effort.walkers :])
    server = servers.enter_context(sandbox.serving("bench.reference_stack.reference", database_url=database_url))
    return server.url, members


def _measure_kind(
    sandbox: Sandbox, api: ApiServer, kind: Kind, alternatives: Mapping[str, tuple[str, ServerMembers]], effort: Effort
) -> Iterator[Measure]:
    queue = api.members.queue(kind)
    candidates = {API: Candidate(api.server.url, queue)}
    candidates |= {name: Candidate(url, members.queue(kind)) for name, (url, members) in alternatives.items()}
    rounds = effort.rounds if kind in (DASHBOARD, COMPLETING) else effort.fewer_rounds
    with ExitStack() as servers:
        if api.part == "SQLite":  # measured only once, because it uses no database
            settings = bare_settings(sandbox.folder, queue.first_response(api.server.url))
            bare = servers.enter_context(sandbox.serving("bench.servers.bare", **settings))
            candidates[BARE] = Candidate(bare.url, queue.single)
        rates = measure_rates(candidates, rounds=rounds, seconds=effort.seconds)
    yield from throughput_ratios(api.part, kind.name, rates, MIN_RATIOS[api.part])
    yield from _cost(api, kind, queue, effort)
    target = MAX_MILLISECONDS if kind.is_authenticated else None
    yield from measure_latencies(f"{api.part}, waiting", kind.name, candidates[API], median(rates[API]), effort, target)


def _cost(api: ApiServer, kind: Kind, queue: RequestQueue, effort: Effort) -> Iterator[Measure]:
    """Measure the processor time per request of the API and of the database, for docs/scaling.md."""
    if not IS_AVAILABLE:
        return
    pids = {"server": api.server.pid} | ({"database": api.databases.pid} if api.databases.pid else {})
    before = {name: processor_seconds(pid) for name, pid in pids.items()}
    result = queue.closed_loop(api.server.url, seconds=2 * effort.seconds)
    microseconds = {
        f"us {name}": 1e6 * (processor_seconds(pid) - before[name]) / result.request_count for name, pid in pids.items()
    }
    raw = microseconds | {"requests/s": result.rate, "busy at the sender": result.utilization}
    yield Measure(f"{api.part}, cost", kind.name, sum(microseconds.values()), "us of processors", raw)


def _memory(api: ApiServer) -> Iterator[Measure]:
    current, peak = api.server.megabytes(), api.server.megabytes("VmHWM")
    if current and peak:
        yield Measure(
            "running", f"memory after all that, {api.part}", current, "MB", {"MB at most": peak}, MAX_MEGABYTES
        )
