"""Compare servers: send the same kind of request to each in turn, and calculate ratios."""

from collections.abc import Iterator, Mapping
from statistics import median
from typing import NamedTuple

from bench.client.request_queue import LoadResult, RequestQueue
from bench.effort import Effort
from bench.results import Measure, Target

API, BARE, PLAIN, REFERENCE = "API", "bare", "plain driver", "reference stack"
WARM_UP_SECONDS = 0.5  # warm-up before the measurement, as a share of a round's duration
HALF_LOAD, HIGH_LOAD = 0.5, 0.9  # shares of the maximum requests per second


class Candidate(NamedTuple):
    """A server to compare, with the requests to send to it."""

    url: str
    queue: RequestQueue


def measure_rates(candidates: Mapping[str, Candidate], *, rounds: int, seconds: float) -> dict[str, list[float]]:
    """Return the requests per second of each server, in each round.

    The order of the servers alternates, so that a drift of the machine's speed affects all equally.
    """
    for candidate in candidates.values():
        candidate.queue.closed_loop(candidate.url, seconds=WARM_UP_SECONDS * seconds)
    rates: dict[str, list[float]] = {name: [] for name in candidates}
    for n in range(rounds):
        for name, candidate in list(candidates.items())[:: -1 if n % 2 else 1]:
            rates[name].append(candidate.queue.closed_loop(candidate.url, seconds=seconds).rate)
    return rates


def throughput_ratios(
    part: str, name: str, rates: Mapping[str, list[float]], targets: Mapping[tuple[str, str], float]
) -> Iterator[Measure]:
    """Yield the throughput of the API as a multiple of each alternative's throughput."""
    api_rates = rates[API]
    for alternative in (server for server in rates if server != API):
        ratios = [api_rate / other_rate for api_rate, other_rate in zip(api_rates, rates[alternative], strict=True)]
        raw = {
            "requests/s": median(api_rates),
            alternative: median(rates[alternative]),
            "lowest": min(ratios),
            "highest": max(ratios),
        }
        minimum = targets.get((name, alternative))
        target = Target(minimum, at_least=True) if minimum else None
        yield Measure(part, f"{name} against {alternative}", median(ratios), "times", raw, target)


def measure_latencies(
    part: str, name: str, candidate: Candidate, capacity: float, effort: Effort, target: Target | None = None
) -> Iterator[Measure]:
    """Measure latency at half and at nine tenths of the maximum throughput (`capacity`)."""
    half_load = candidate.queue.open_loop(candidate.url, rate=HALF_LOAD * capacity, seconds=effort.half_load_seconds)
    yield _latency(part, f"{name} at {HALF_LOAD:.0%}", half_load, target)
    high_load = candidate.queue.open_loop(candidate.url, rate=HIGH_LOAD * capacity, seconds=effort.high_load_seconds)
    yield _latency(part, f"{name} at {HIGH_LOAD:.0%}", high_load)


def _latency(part: str, name: str, result: LoadResult, target: Target | None = None) -> Measure:
    raw = {"p50": result.p50, "p95": result.p95, "requests/s": result.rate, "sent": result.request_count}
    raw |= {"late at the sender": result.send_delay}
    return Measure(part, f"{name}, p99", result.p99, "ms", raw, target)
