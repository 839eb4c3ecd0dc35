"""Benchmark of sign-in: timing differences that reveal accounts, and the effect on other requests."""

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import NamedTuple

import httpx

from bench.client.journey_members import KEYS, add_walkers
from bench.client.members import CODE, FORGOT, NO_LIMITS, PASSWORD, REGISTER, SIGN_IN, WRONG_PASSWORD
from bench.client.request_queue import RequestQueue
from bench.client.requests import sign_ins
from bench.effort import Effort
from bench.parts.public import CACHED_ARTICLE
from bench.results import Measure, Target
from bench.servers.database_content import load_content
from bench.servers.databases import DATABASES
from bench.servers.machine import CLIENT, SERVER
from bench.servers.processes import Sandbox, Server

PART = "sign-in"
KNOWN_ADDRESSES = 7  # and as many unknown; an odd number, so that each address is measured first equally often
MAX_DIFFERENCE_PERCENT, MAX_MILLISECONDS, MAX_MEGABYTES = Target(10), Target(25), Target(400)

CLIENTS = 16  # that sign in continuously
READS_PER_SECOND = 50  # of an article
WARM_UP_SHARE = 0.2  # of the duration


class TimedOperation(NamedTuple):
    """An operation whose response must not reveal whether an email address has an account."""

    name: str
    path: str
    status: int
    body: Mapping[str, str]
    divisor: int = 1  # of the number of attempts: delayed responses vary little, so fewer attempts suffice


TIMED_OPERATIONS = (
    TimedOperation("sign-in", SIGN_IN, 401, {"password": WRONG_PASSWORD}),
    TimedOperation("forgotten password", FORGOT, 202, {}, divisor=5),
    TimedOperation("sign-in code", CODE, 202, {}, divisor=5),
    TimedOperation("wrong sign-in code", f"{CODE}/verify", 401, {"code": "00000000"}, divisor=5),
    TimedOperation("registration", REGISTER, 202, {"password": PASSWORD}, divisor=5),
)


def measure_sign_in(folder: Path, effort: Effort) -> Iterator[Measure]:
    sandbox = Sandbox(folder, cores=(SERVER, CLIENT))
    for name in effort.databases:
        with DATABASES[name](folder) as databases:
            database_url = load_content(databases("sign_in"))
            walkers = add_walkers(database_url, CLIENTS, completed=0)
            known = [walker.address for walker in walkers[:KNOWN_ADDRESSES]]
            with (
                sandbox.serving(database_url=database_url, keys=KEYS, **NO_LIMITS) as server,
                httpx.Client(base_url=server.url, timeout=30) as client,
            ):
                yield from _timing_differences(client, known, name, effort)
                if name == "SQLite":
                    yield from _latency_during_sign_ins(server, RequestQueue(sign_ins(walkers)), effort.sign_in_seconds)


def _timing_differences(client: httpx.Client, known: list[str], database: str, effort: Effort) -> Iterator[Measure]:
    for operation in TIMED_OPERATIONS:
        times: dict[str, list[float]] = {"known": [], "unknown": []}
        for n in range(max(1, effort.sign_in_attempts // operation.divisor)):
            addresses = {"known": known[n % KNOWN_ADDRESSES], "unknown": f"unknown-{n}@example.org"}
            for group in list(addresses)[:: -1 if n % 2 else 1]:  # alternate, because the machine's speed drifts
                response = client.post(operation.path, json={"email": addresses[group], **operation.body})
                if response.status_code != operation.status:
                    raise RuntimeError(f"{operation.path}: {response.status_code}")
                times[group].append(1000 * response.elapsed.total_seconds())
        ratio = median(times["known"]) / median(times["unknown"])
        raw = {f"ms {group}": median(values) for group, values in times.items()}
        name = f"{operation.name}, known or not, {database}"
        yield Measure(PART, name, 100 * abs(ratio - 1), "% apart", raw, MAX_DIFFERENCE_PERCENT)


def _latency_during_sign_ins(server: Server, requests: RequestQueue, seconds: float) -> Iterator[Measure]:
    article, before = RequestQueue([CACHED_ARTICLE]), server.megabytes("VmHWM")
    alone = article.open_loop(server.url, rate=READS_PER_SECOND, seconds=seconds / 3)
    with ThreadPoolExecutor(1) as pool:
        warm_up = WARM_UP_SHARE * seconds
        load = pool.submit(requests.closed_loop, server.url, seconds=seconds + 2 * warm_up, connections=CLIENTS)
        time.sleep(warm_up)
        result = article.open_loop(server.url, rate=READS_PER_SECOND, seconds=seconds)
        sign_ins_per_second = load.result().rate
    raw = {"p50": result.p50, "p95": result.p95, "p95 alone": alone.p95, "sign-ins/s": sign_ins_per_second}
    yield Measure(PART, "a cached article meanwhile, p99", result.p99, "ms", raw, MAX_MILLISECONDS)
    after = server.megabytes("VmHWM")
    if before and after:
        yield Measure(PART, "memory of the server", after, "MB", {"MB before": before}, MAX_MEGABYTES)
