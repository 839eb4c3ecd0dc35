"""How well the items of a scale hang together in a sample, and the scores' mean and spread.

Cronbach's alpha (1951): `k / (k - 1) * (1 - sum of the items' variances / variance of their sum)`. Listwise, from the
people who answered every item; pairwise, from the covariance of each two items over the people who answered both,
which with few people may lead beyond 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, compress
from math import fsum, sqrt
from operator import mul

Column = Sequence[float | None]
LEAST = 2  # people, for anything to vary
ROUNDING = 1e-9  # of the items' variances: a sum that varies less doesn't vary


@dataclass(frozen=True, slots=True)
class Statistics:
    """Of the scores that there are. What can't be computed, as an alpha of one item, is None."""

    n: int
    mean: float | None
    sd: float | None  # of a sample: n - 1
    alpha_listwise: float | None
    n_listwise: int
    alpha_pairwise: float | None


def statistics(scores: Column, items: Sequence[Column]) -> Statistics:
    """`scores` of a scale and the keyed answers to each of its `items`, all in the same order of people."""
    values = [value for value in scores if value is not None]
    listwise, complete = alpha_listwise(items)
    return Statistics(
        n=len(values),
        mean=fsum(values) / len(values) if values else None,
        sd=sqrt(_variance(values)) if len(values) >= LEAST else None,
        alpha_listwise=listwise,
        n_listwise=complete,
        alpha_pairwise=listwise if complete == len(scores) else alpha_pairwise(items),
    )


def alpha_listwise(items: Sequence[Column]) -> tuple[float | None, int]:
    """Alpha, and how many people answered every item."""
    complete = [None not in row for row in zip(*items, strict=True)]
    n = sum(complete)
    if n < LEAST:
        return None, n
    columns = [[value or 0.0 for value in compress(column, complete)] for column in items]
    totals = [fsum(row) for row in zip(*columns, strict=True)]
    return _alpha([_variance(column) for column in columns], _variance(totals)), n


def alpha_pairwise(items: Sequence[Column]) -> float | None:
    """None also where two items were never answered by the same two people."""
    centred, answered = [], []
    for column in items:
        values = [value for value in column if value is not None]
        if len(values) < LEAST:
            return None
        mean = fsum(values) / len(values)
        centre: dict[float | None, float] = {None: 0.0, **{value: value - mean for value in set(values)}}
        centred.append([centre[value] for value in column])
        answered.append([0.0 if value is None else 1.0 for value in column])
    variances = [fsum(map(mul, each, each)) / (fsum(there) - 1) for each, there in zip(centred, answered, strict=True)]
    covariances = []
    for one, other in combinations(range(len(items)), 2):
        n = sum(map(mul, answered[one], answered[other]))
        if n < LEAST:
            return None
        together = sum(map(mul, centred[one], centred[other]))
        here, there = sum(map(mul, centred[one], answered[other])), sum(map(mul, answered[one], centred[other]))
        covariances.append((together - here * there / n) / (n - 1))
    return _alpha(variances, fsum(variances) + 2 * fsum(covariances))


def _alpha(variances: Sequence[float], of_their_sum: float) -> float | None:
    k = len(variances)
    varies = of_their_sum > ROUNDING * fsum(variances)
    return k / (k - 1) * (1 - fsum(variances) / of_their_sum) if k > 1 and varies else None


def _variance(values: Sequence[float]) -> float:
    """Of a sample; 0 where all are alike."""
    if min(values) == max(values):
        return 0.0
    mean = fsum(values) / len(values)
    return fsum((value - mean) ** 2 for value in values) / (len(values) - 1)
