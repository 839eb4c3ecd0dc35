"""Statistics of a scale in a sample: mean, standard deviation and internal consistency (Cronbach's alpha).

Alpha is `k / (k - 1) * (1 - sum of the item variances / variance of the sum score)` for `k` items. Listwise alpha uses
only the people who answered all items. Pairwise alpha computes the covariance of two items from the people who answered
both; in small samples it can exceed 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, compress
from math import fsum, sqrt
from operator import mul

Column = Sequence[float | None]
MIN_PEOPLE = 2  # minimum for a variance
RELATIVE_TOLERANCE = 1e-9  # A total variance below this fraction of the summed item variances counts as zero.


@dataclass(frozen=True, slots=True)
class Statistics:
    """Statistics of the available scores. A value is None if it can't be computed."""

    n: int
    mean: float | None
    sd: float | None  # sample standard deviation, with the divisor n - 1
    alpha_listwise: float | None
    n_listwise: int
    alpha_pairwise: float | None


def statistics(scores: Column, items: Sequence[Column]) -> Statistics:
    """Compute the statistics of a scale from people's scores and their scored answers to each item.

    All sequences list the people in the same order.
    """
    values = [value for value in scores if value is not None]
    listwise, complete_count = alpha_listwise(items)
    return Statistics(
        n=len(values),
        mean=fsum(values) / len(values) if values else None,
        sd=sqrt(_variance(values)) if len(values) >= MIN_PEOPLE else None,
        alpha_listwise=listwise,
        n_listwise=complete_count,
        alpha_pairwise=listwise if complete_count == len(scores) else alpha_pairwise(items),
    )


def alpha_listwise(items: Sequence[Column]) -> tuple[float | None, int]:
    """Return listwise alpha, and the number of people who answered all items. Alpha is None if undefined."""
    is_complete = [None not in row for row in zip(*items, strict=True)]
    n = sum(is_complete)
    if n < MIN_PEOPLE:
        return None, n
    columns = [[value or 0.0 for value in compress(column, is_complete)] for column in items]
    totals = [fsum(row) for row in zip(*columns, strict=True)]
    return _alpha([_variance(column) for column in columns], _variance(totals)), n


def alpha_pairwise(items: Sequence[Column]) -> float | None:
    """Return pairwise alpha. None if undefined or if fewer than two people answered both items of a pair."""
    deviations, answered_flags = [], []
    for column in items:
        values = [value for value in column if value is not None]
        if len(values) < MIN_PEOPLE:
            return None
        mean = fsum(values) / len(values)
        deviation_by_value: dict[float | None, float] = {None: 0.0, **{value: value - mean for value in set(values)}}
        deviations.append([deviation_by_value[value] for value in column])
        answered_flags.append([0.0 if value is None else 1.0 for value in column])
    variances = [
        fsum(map(mul, values, values)) / (fsum(answered) - 1)
        for values, answered in zip(deviations, answered_flags, strict=True)
    ]
    covariances = []
    for first, second in combinations(range(len(items)), 2):
        n = sum(map(mul, answered_flags[first], answered_flags[second]))
        if n < MIN_PEOPLE:
            return None
        cross_product = sum(map(mul, deviations[first], deviations[second]))
        first_sum, answered = (
            sum(map(mul, deviations[first], answered_flags[second])),
            sum(map(mul, answered_flags[first], deviations[second])),
        )
        covariances.append((cross_product - first_sum * answered / n) / (n - 1))
    return _alpha(variances, fsum(variances) + 2 * fsum(covariances))


def _alpha(variances: Sequence[float], total_variance: float) -> float | None:
    k = len(variances)
    varies = total_variance > RELATIVE_TOLERANCE * fsum(variances)
    return k / (k - 1) * (1 - fsum(variances) / total_variance) if k > 1 and varies else None


def _variance(values: Sequence[float]) -> float:
    """Return the sample variance. It is exactly 0 if all values are equal, without rounding error."""
    if min(values) == max(values):
        return 0.0
    mean = fsum(values) / len(values)
    return fsum((value - mean) ** 2 for value in values) / (len(values) - 1)
