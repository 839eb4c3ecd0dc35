"""Tests for the precision of scores: standard errors, intervals, percentiles, T scores and bands."""

from collections.abc import Mapping
from typing import Any

import pytest

from app.assessments.rules.scoring import ScaleScore
from tests.factories.questionnaires import (
    bands,
    missing_rule,
    norms,
    options,
    parsed_questionnaire,
    question,
    reliability,
    scale,
    scores_by_scale,
)

BANDS = bands(("few", 2, 5), ("some", 6, 9), ("many", 10, 14))


def score_answers(*answers: int, **more: Any) -> ScaleScore:
    """Score a scale all of whose items are answered."""
    items = "abcdefghij"[: len(answers)]
    return score_some(items, dict(zip(items, answers, strict=True)), **more)


def score_some(items: str, answers: Mapping[str, int], *, low: int = 1, **more: Any) -> ScaleScore:
    return scores_by_scale(parsed_questionnaire([scale("only", items, **more)], low=low), answers)["only"]


def test_score_without_statistics_has_no_derived_values() -> None:
    score = score_answers(3, 4)

    assert score.value == 3.5
    assert (score.standard_error, score.interval, score.percentile, score.t_score, score.band) == (None,) * 5


# Standard error: 1.12 * sqrt(1 - 0.93) = 0.2963241. Half of the interval: 1.96 * 0.2963241 = 0.5807953.
def test_standard_error_and_interval() -> None:
    score = score_answers(3, 4, reliability=reliability(0.93, 1.12))

    assert score.standard_error == pytest.approx(0.2963241, abs=1e-7)
    assert score.interval == pytest.approx((2.9192047, 4.0807953), abs=1e-7)


@pytest.mark.parametrize(("answer", "interval"), [(1, (1, 1.98)), (4, (3.02, 4.98)), (7, (6.02, 7))])
def test_interval_is_limited_to_scale_range(answer: int, interval: tuple[float, float]) -> None:
    assert score_answers(answer, reliability=reliability(0.75, 1)).interval == pytest.approx(interval)


def test_score_with_too_few_answers_has_no_derived_values() -> None:
    score = score_some("ab", {"a": 3}, reliability=reliability(0.75, 2), norms=norms(4, 1), bands=BANDS)

    assert (score.value, score.interval, score.percentile, score.t_score, score.band) == (None,) * 5
    assert score.standard_error is None


# The standard error is 1 with all 9 answers, and sqrt(9 / 4) times as large with 4 answers.
def test_prorated_score_has_larger_standard_error() -> None:
    more: dict[str, Any] = {"missing": missing_rule("prorate", 4), "reliability": reliability(0.75, 2)}
    four, nine = (score_some("abcdefghi", dict.fromkeys(items, 4), **more) for items in ("abcd", "abcdefghi"))

    assert [four.value, nine.value] == [4, 4]
    assert [four.standard_error, nine.standard_error] == pytest.approx([1.5, 1])
    assert four.interval == pytest.approx((1.06, 6.94))


def test_ignored_missing_answers_keep_standard_error() -> None:
    more: dict[str, Any] = {"missing": missing_rule("ignore", 1), "reliability": reliability(0.75, 2)}

    assert score_some("abcd", {"a": 4}, method="sum", **more).standard_error == 1


# In a normal distribution, 84.134 % are below the mean + 1 SD, and 97.5 % below the mean + 1.959964 SD.
@pytest.mark.parametrize(
    ("answer", "mean", "sd", "percentile", "t_score"),
    [(4, 4, 1.5, 50, 50), (5, 4, 1, 84.13447, 60), (1, 4, 2, 6.68072, 35), (7, 4, 1.530640, 97.5, 69.59964)],
)
def test_percentile_and_t_score(answer: int, mean: float, sd: float, percentile: float, t_score: float) -> None:
    score = score_answers(answer, norms=norms(mean, sd))

    assert (score.percentile, score.t_score) == pytest.approx((percentile, t_score), abs=1e-4)
    assert score.standard_error is None


def test_band_includes_its_minimum_and_maximum() -> None:
    answers = [(1, 1), (2, 3), (3, 3), (2, 7), (3, 7), (7, 7)]

    found = [score_answers(*pair, method="sum", bands=BANDS).band for pair in answers]

    assert found == ["few", "few", "some", "some", "many", "many"]


@pytest.mark.parametrize(("third", "value", "band"), [(1, 16 / 3, "few"), (2, 20 / 3, "some"), (5, 32 / 3, "many")])
def test_prorated_score_between_bands_is_in_lower_band(third: int, value: float, band: str) -> None:
    more: dict[str, Any] = {"method": "sum", "bands": BANDS, "missing": missing_rule("prorate", 3)}

    score = score_some("abcd", {"a": 1, "b": 2, "c": third}, low=0, **more)

    assert score.value == pytest.approx(value)
    assert score.band == band


def test_prorated_sum_at_band_minimum_is_in_band() -> None:
    """11 answers of 5 are prorated to 60 despite floating-point rounding."""
    more: dict[str, Any] = {"missing": missing_rule("prorate", 11), "bands": bands(("few", 12, 59), ("many", 60, 84))}

    score = score_some("abcdefghijkl", dict.fromkeys("abcdefghijk", 5), method="sum", **more)

    assert (score.value, score.band) == (60, "many")


def test_score_below_first_band_has_no_band() -> None:
    assert score_answers(1, 1, method="sum", bands=bands(("some", 3, 14))).band is None


def test_scale_range_uses_option_scores_and_weights() -> None:
    questions = [
        question("a", options=options(never=0, once=4, often=10)),
        question("b", options=options(no=-1, yes=1)),
        question("c"),
    ]
    scales = [
        scale("total", "abc", "sum", weights={"b": 3}, reverse_keyed=["a"]),
        scale("mean", "abc", weights={"b": 3}, reverse_keyed=["a"]),
    ]
    definition = parsed_questionnaire(scales, questions=questions)

    total, mean = scores_by_scale(definition, {"a": 1, "b": 1, "c": 2}).values()

    # The score 4 (of 0 to 10) of item a is reversed to 6. The sum is 6 + 3 * 1 + 2 = 11, in the range -2 to 20.
    assert (total.value, total.min, total.max) == (11, -2, 20)
    assert (mean.value, mean.min, mean.max) == pytest.approx((2.2, -0.4, 4))
