"""Compare servers: send the same kind of request to each in turn, and calculate ratios."""

from collections.abc import Iterator, Mapping
from statistics import median
from typing import NamedTuple

from bench.client.request_queue import RequestQueue
from bench.results import Measure, Target

API, BARE, PLAIN = "API", "bare", "plain driver"
WARM_UP_SHARE = 0.5  # of a round's duration
HALF_LOAD = 0.5  # of the maximum requests per second


class Candidate(NamedTuple):
    """A server to compare, with the requests to send to it."""

    url: str
    queue: RequestQueue


def measure_rates(candidates: Mapping[str, Candidate], *, rounds: int, seconds: float) -> dict[str, list[float]]:
    """Return the requests per second of each server, in each round.

    The order of the servers alternates, so that a drift of the machine's speed affects all equally.
    """
    for candidate in candidates.values():
        candidate.queue.closed_loop(candidate.url, seconds=WARM_UP_SHARE * seconds)
    rates: dict[str, list[float]] = {name: [] for name in candidates}
    for n in range(rounds):
        for name, candidate in list(candidates.items())[:: -1 if n % 2 else 1]:
            rates[name].append(candidate.queue.closed_loop(candidate.url, seconds=seconds).rate)
    return rates


def throughput_ratios(
    part: str, name: str, rates: Mapping[str, list[float]], targets: Mapping[tuple[str, str], float]
) -> Iterator[Measure]:
    """Yield the throughput of the first server as a multiple of each other server's throughput.

    `targets` are the minimum ratios by the names of the request and of the other server.
    """
    api_rates, *_ = rates.values()
    for alternative in list(rates)[1:]:
        ratios = [api_rate / other_rate for api_rate, other_rate in zip(api_rates, rates[alternative], strict=True)]
        raw = {"requests/s": median(api_rates), alternative: median(rates[alternative])}
        raw |= {"lowest": min(ratios), "highest": max(ratios)}
        minimum = targets.get((name, alternative))
        target = Target(minimum, at_least=True) if minimum else None
        yield Measure(part, f"{name} against {alternative}", median(ratios), "times", raw, target)


def measure_latency(
    part: str, name: str, candidate: Candidate, capacity: float, seconds: float, target: Target | None = None
) -> Measure:
    """Measure the latency (99th percentile) at half of the maximum requests per second (`capacity`)."""
    result = candidate.queue.open_loop(candidate.url, rate=HALF_LOAD * capacity, seconds=seconds)
    raw = {"p50": result.p50, "p95": result.p95, "requests/s": result.rate, "late at the sender": result.send_delay}
    return Measure(f"{part}, waiting", f"{name} at {HALF_LOAD:.0%}, p99", result.p99, "ms", raw, target)
