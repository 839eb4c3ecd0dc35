"""Servers side by side: all are asked the same kind of request in turns, and ours is told as a ratio to each other."""

from collections.abc import Iterator, Mapping
from statistics import median
from typing import NamedTuple

from bench.client.stock import Answers, Stock
from bench.effort import Effort
from bench.results import Measure, Target

OURS, BARE, PLAIN, REFERENCE = "ours", "bare", "plain driver", "reference stack"
WARMING = 0.5  # of a turn
HALF, BUSY = 0.5, 0.9  # of the capacity


class Side(NamedTuple):
    """A server, and what it is asked."""

    url: str
    stock: Stock


def rates(sides: Mapping[str, Side], *, rounds: int, seconds: float) -> dict[str, list[float]]:
    """Requests a second of each, round by round; who goes first takes turns, so that a drift favours none."""
    for side in sides.values():
        side.stock.as_answered(side.url, seconds=WARMING * seconds)
    found: dict[str, list[float]] = {name: [] for name in sides}
    for n in range(rounds):
        for name, side in list(sides.items())[:: -1 if n % 2 else 1]:
            found[name].append(side.stock.as_answered(side.url, seconds=seconds).rate)
    return found


def against(
    part: str, name: str, found: Mapping[str, list[float]], targets: Mapping[tuple[str, str], float]
) -> Iterator[Measure]:
    """Ours against each of the others."""
    ours = found[OURS]
    for other in (each for each in found if each != OURS):
        ratios = [mine / theirs for mine, theirs in zip(ours, found[other], strict=True)]
        raw = {"requests/s": median(ours), other: median(found[other]), "lowest": min(ratios), "highest": max(ratios)}
        least = targets.get((name, other))
        target = Target(least, at_least=True) if least else None
        yield Measure(part, f"{name} against {other}", median(ratios), "times", raw, target)


def waited(
    part: str, name: str, side: Side, capacity: float, effort: Effort, target: Target | None = None
) -> Iterator[Measure]:
    """How long requests take that fall due at random, at half of the capacity and at nine tenths."""
    half = side.stock.as_due(side.url, rate=HALF * capacity, seconds=effort.due_seconds)
    yield _latency(part, f"{name} at {HALF:.0%}", half, target)
    busy = side.stock.as_due(side.url, rate=BUSY * capacity, seconds=effort.busy_seconds)
    yield _latency(part, f"{name} at {BUSY:.0%}", busy)


def _latency(part: str, name: str, answers: Answers, target: Target | None = None) -> Measure:
    raw = {"p50": answers.p50, "p95": answers.p95, "requests/s": answers.rate, "sent": answers.sent}
    raw |= {"late at the sender": answers.late}
    return Measure(part, f"{name}, p99", answers.p99, "ms", raw, target)
