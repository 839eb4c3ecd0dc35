"""How sure a score is, and where it lies among others: only from figures that a definition gives."""

from typing import Any

import pytest

from app.assessments.rules.definition import definition_of
from app.assessments.rules.scoring import ScaleScore
from tests.factories.questionnaires import (
    bands,
    missing,
    norms,
    options,
    question,
    questionnaire,
    reliability,
    scale,
    scores_of,
)


def scored(*answers: int, **more: Any) -> ScaleScore:
    items = "abcdefghij"[: len(answers)]
    file = questionnaire([scale("only", items, **more)])
    return scores_of(definition_of(file), dict(zip(items, answers, strict=True)))["only"]


def test_a_score_alone_has_no_error_no_interval_no_percentile_no_t_and_no_band() -> None:
    score = scored(3, 4)

    assert score.value == 3.5
    assert (score.standard_error, score.interval, score.percentile, score.t_score, score.band) == (None,) * 5


# 1.12 * sqrt(0.07) = 1.12 * 0.2645751 = 0.2963241; 1.96 of it are 0.5807953.
def test_standard_error_and_interval() -> None:
    score = scored(3, 4, reliability=reliability(0.93, 1.12))

    assert score.standard_error == pytest.approx(0.2963241, abs=1e-7)
    assert score.interval == pytest.approx((2.9192047, 4.0807953), abs=1e-7)


@pytest.mark.parametrize(
    ("value", "sd", "error"), [(0.95, 7.6, 1.6994117), (0.75, 2, 1), (0.84, 1.5, 0.6), (0.36, 1, 0.8), (0, 3, 3)]
)
def test_the_standard_error_is_sd_times_the_root_of_what_is_not_reliable(value: float, sd: float, error: float) -> None:
    assert scored(3, reliability=reliability(value, sd)).standard_error == pytest.approx(error, abs=1e-7)


@pytest.mark.parametrize(
    ("answer", "interval"), [(1, (1, 1.98)), (2, (1.02, 2.98)), (4, (3.02, 4.98)), (6, (5.02, 6.98)), (7, (6.02, 7))]
)
def test_an_interval_ends_where_the_scale_does(answer: int, interval: tuple[float, float]) -> None:
    assert scored(answer, reliability=reliability(0.75, 1)).interval == pytest.approx(interval)


def test_with_too_few_answers_there_is_nothing_to_be_sure_of() -> None:
    file = questionnaire([scale("only", "ab", reliability=reliability(0.75, 2), norms=norms(4, 1))])

    score = scores_of(definition_of(file), {"a": 3})["only"]

    assert (score.value, score.interval, score.percentile, score.t_score) == (None, None, None, None)
    assert score.standard_error is None


# Of 9 parallel items the error is 1; of 4 of them it is the root of 9/4 as much.
def test_where_answers_are_missing_the_error_is_larger() -> None:
    scales = [scale("only", "abcdefghi", missing=missing("prorate", 4), reliability=reliability(0.75, 2))]
    four = scores_of(definition_of(questionnaire(scales)), dict.fromkeys("abcd", 4))["only"]
    nine = scores_of(definition_of(questionnaire(scales)), dict.fromkeys("abcdefghi", 4))["only"]

    assert [four.value, nine.value] == [4, 4]
    assert [four.standard_error, nine.standard_error] == pytest.approx([1.5, 1])
    assert four.interval == pytest.approx((1.06, 6.94))


def test_where_missing_answers_count_for_nothing_the_error_is_that_of_the_scale() -> None:
    scales = [scale("only", "abcd", "sum", missing=missing("ignore", 1), reliability=reliability(0.75, 2))]

    assert scores_of(definition_of(questionnaire(scales)), {"a": 4})["only"].standard_error == 1


# The normal distribution: 84.134 % lie below one standard deviation above the mean, 97.5 % below 1.959964 of them.
@pytest.mark.parametrize(
    ("answer", "mean", "sd", "percentile", "t_score"),
    [
        (4, 4, 1.5, 50, 50),
        (5, 4, 1, 84.13447, 60),
        (3, 4, 1, 15.86553, 40),
        (6, 4, 1, 97.72499, 70),
        (1, 4, 2, 6.68072, 35),
        (7, 4, 1.530640, 97.5, 69.59964),
    ],
)
def test_percentile_and_t_score(answer: int, mean: float, sd: float, percentile: float, t_score: float) -> None:
    score = scored(answer, norms=norms(mean, sd))

    assert score.percentile == pytest.approx(percentile, abs=1e-4)
    assert score.t_score == pytest.approx(t_score, abs=1e-4)
    assert score.standard_error is None


BANDS = bands(("few", 2, 5), ("some", 6, 9), ("many", 10, 14))


@pytest.mark.parametrize(
    ("answers", "band"),
    [((1, 1), "few"), ((2, 3), "few"), ((3, 3), "some"), ((2, 7), "some"), ((3, 7), "many"), ((7, 7), "many")],
)
def test_a_band_goes_from_its_least_to_its_greatest_score(answers: tuple[int, int], band: str) -> None:
    assert scored(*answers, method="sum", bands=BANDS).band == band


@pytest.mark.parametrize(
    ("third", "value", "band"), [(1, 16 / 3, "few"), (2, 20 / 3, "some"), (4, 28 / 3, "some"), (5, 32 / 3, "many")]
)
def test_a_prorated_score_between_two_bands_is_in_the_lower(third: int, value: float, band: str) -> None:
    file = questionnaire(
        [scale("only", "abcd", "sum", bands=BANDS, missing={"rule": "prorate", "min_answered": 3})], low=0
    )

    score = scores_of(definition_of(file), {"a": 1, "b": 2, "c": third})["only"]

    assert score.value == pytest.approx(value)
    assert score.band == band


def test_below_the_first_band_there_is_none() -> None:
    assert scored(1, 1, method="sum", bands=bands(("some", 3, 14))).band is None


def test_the_range_is_that_of_the_options_as_they_count_and_weigh() -> None:
    questions = [
        question("a", options=options(never=0, once=4, often=10)),
        question("b", options=options(no=-1, yes=1)),
        question("c"),
    ]
    scales = [
        scale("total", "abc", "sum", weights={"b": 3}, reverse_keyed=["a"]),
        scale("mean", "abc", weights={"b": 3}, reverse_keyed=["a"]),
    ]
    file = questionnaire(scales, questions=questions)

    total, mean = scores_of(definition_of(file), {"a": 1, "b": 1, "c": 2}).values()

    # Reversed, 4 of 0 to 10 counts 6; 6 + 3 * 1 + 2 = 11 of -2 to 20.
    assert (total.value, total.min, total.max) == (11, -2, 20)
    assert (mean.value, mean.min, mean.max) == pytest.approx((2.2, -0.4, 4))
