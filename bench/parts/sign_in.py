"""Benchmark of sign-in: timing differences that reveal accounts, and the effect on other requests."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

from bench.client.members import FORGOT, NO_LIMITS, PASSWORD, REGISTER, SIGN_IN, WRONG_PASSWORD, Client, address_of
from bench.effort import Effort
from bench.parts.public import ARTICLE
from bench.results import Measure, Target
from bench.servers.database_content import load_content, migrate
from bench.servers.databases import DATABASES
from bench.servers.machine import CLIENT, SERVER, on_cores
from bench.servers.processes import Sandbox, Server

PART = "sign-in"
SLOW_OPERATION_DIVISOR = 5  # these responses are delayed by 100 ms and vary little, so fewer attempts suffice
KNOWN_ADDRESSES = 7  # and as many unknown; an odd number, so that each address is measured first equally often
MAX_DIFFERENCE_PERCENT, MAX_MILLISECONDS, MAX_MEGABYTES = Target(10), Target(25), Target(400)

CLIENTS = 16  # that sign in continuously
READS_PER_SECOND = 50  # of an article
WARM_UP_SECONDS = 1


@dataclass(frozen=True, slots=True)
class TimedOperation:
    """An operation whose response must not reveal whether an email address has an account."""

    name: str
    path: str
    status: int
    body: Mapping[str, str] = field(default_factory=dict)
    unknown: Callable[[int], int] = lambda n: KNOWN_ADDRESSES + n % KNOWN_ADDRESSES
    repetition_divisor: int = 1


TIMED_OPERATIONS = (
    TimedOperation("sign-in", SIGN_IN, 401, {"password": WRONG_PASSWORD}),
    TimedOperation("forgotten password", FORGOT, 202, repetition_divisor=SLOW_OPERATION_DIVISOR),
    TimedOperation(
        "registration",
        REGISTER,
        202,
        {"password": PASSWORD},
        unknown=lambda n: 2 * KNOWN_ADDRESSES + n,
        repetition_divisor=SLOW_OPERATION_DIVISOR,
    ),
)


def measure_sign_in(folder: Path, effort: Effort) -> Iterator[Measure]:
    sandbox, two_core_sandbox = Sandbox(folder), Sandbox(folder, cores=(SERVER, CLIENT))
    for name in effort.databases:
        with DATABASES[name](folder) as databases:
            database_url = migrate(databases("timing"))
            with sandbox.serving(database_url=database_url, **NO_LIMITS) as server:
                yield from _timing_differences(Client(server.url), name, effort)
    database_url = load_content(f"sqlite:///{folder / 'sign_in_load.db'}")
    with two_core_sandbox.serving(database_url=database_url, **NO_LIMITS) as server:
        yield from _latency_during_sign_ins(sandbox, server, effort.sign_in_seconds)


def _timing_differences(client: Client, database: str, effort: Effort) -> Iterator[Measure]:
    for n in range(KNOWN_ADDRESSES):
        client.sign_up(address_of(n))
    for operation in TIMED_OPERATIONS:
        known, unknown = _times(client, operation, effort)
        ratio = median(known) / median(unknown)
        raw = {"ms known": median(known), "ms unknown": median(unknown), "ratio": ratio}
        name = f"{operation.name}, known or not, {database}"
        yield Measure(PART, name, 100 * abs(ratio - 1), "% apart", raw, MAX_DIFFERENCE_PERCENT)


def _times(client: Client, operation: TimedOperation, effort: Effort) -> tuple[list[float], list[float]]:
    """Return the response times in milliseconds, for known and for unknown email addresses.

    The order alternates, so that a drift of the machine's speed affects both equally.
    """
    known: list[float] = []
    unknown: list[float] = []
    for n in range(effort.sign_in_attempts // operation.repetition_divisor or 1):
        pair = [(known, n % KNOWN_ADDRESSES), (unknown, operation.unknown(n))]
        for samples, number in pair if n % 2 else reversed(pair):
            body = {"email": address_of(number), **operation.body}
            samples.append(client.timed_post(operation.path, expected=operation.status, **body))
    return known, unknown


def _latency_during_sign_ins(sandbox: Sandbox, server: Server, duration: float) -> Iterator[Measure]:
    client = Client(server.url)
    for n in range(CLIENTS):
        client.sign_up(address_of(n))
    before = server.megabytes("VmHWM")
    _read_latencies(server.url, seconds=WARM_UP_SECONDS)
    baseline = quantiles(_read_latencies(server.url, seconds=duration / 3), n=100)
    with ThreadPoolExecutor(1) as pool:
        seconds = str(WARM_UP_SECONDS + duration + WARM_UP_SECONDS)
        hammer = ("bench.client.sign_in_load", server.url, seconds, str(CLIENTS))
        sign_ins = pool.submit(sandbox.output_of, *hammer, prefix=on_cores(CLIENT))
        time.sleep(WARM_UP_SECONDS)
        times = _read_latencies(server.url, seconds=duration)
        rates = json.loads(sign_ins.result())
    percentiles = quantiles(times, n=100)
    raw = {
        "ms p50": percentiles[49],
        "p95": percentiles[94],
        "longest": max(times),
        "p50 alone": baseline[49],
        "p95 alone": baseline[94],
        "sign-ins/s right": rates.get("200", 0),
        "wrong": rates.get("401", 0),
        "503": rates.get("503", 0),
    }
    yield Measure(PART, "a cached article meanwhile, p99", percentiles[98], "ms", raw, MAX_MILLISECONDS)
    after = server.megabytes("VmHWM")
    if before and after:
        yield Measure(PART, "memory of the server", after, "MB", {"MB before": before}, MAX_MEGABYTES)


def _read_latencies(url: str, *, seconds: float) -> list[float]:
    """Read an article at fixed times, READS_PER_SECOND times a second, and return the latencies.

    A latency is the milliseconds from the planned time of a request to its response.
    """
    client = Client(url)
    times = []
    started = time.perf_counter()
    for n in range(int(READS_PER_SECOND * seconds)):
        due = started + n / READS_PER_SECOND
        time.sleep(max(0.0, due - time.perf_counter()))
        if client.get(ARTICLE) != 200:
            raise RuntimeError(ARTICLE)
        times.append(1000 * (time.perf_counter() - due))
    return times
