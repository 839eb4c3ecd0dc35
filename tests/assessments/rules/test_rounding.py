"""Tests that floating-point rounding errors don't change bands, styles or Cronbach's alpha."""

import pytest

from app.assessments.rules.definition import parse_definition
from app.assessments.rules.reliability import Column, alpha_listwise, alpha_pairwise, statistics
from app.assessments.rules.scoring import score
from tests.factories.questionnaires import bands, midpoint_style, missing_rule, questionnaire, scale, scores_by_scale


@pytest.mark.parametrize("answers", [[1, 7, 3], [2, 5, 6], [6, 1, 7]])
def test_pairwise_alpha_of_cancelling_items_is_none(answers: list[int]) -> None:
    assert alpha_pairwise([answers, [8 - answer for answer in answers]]) is None


@pytest.mark.parametrize("items", [[[0.1] * 3, [0.1] * 3], [[0.1, 0.2, 0.1 * 3], [0.5, 0.4, 0.1 * 3]]])
def test_listwise_alpha_without_variance_is_none(items: list[Column]) -> None:
    assert alpha_listwise(items)[0] is None


def test_standard_deviation_of_equal_scores_is_zero() -> None:
    assert statistics([22 / 18] * 7, []).sd == 0


def test_prorated_sum_at_band_minimum_is_in_band() -> None:
    items = "abcdefghijkl"
    definition = parse_definition(
        questionnaire(
            [
                scale(
                    "only",
                    items,
                    "sum",
                    missing=missing_rule("prorate", 11),
                    bands=bands(("few", 12, 59), ("many", 60, 84)),
                )
            ]
        )
    )

    only = scores_by_scale(definition, dict.fromkeys(items[:11], 5))["only"]

    assert (only.value, only.band) == (60, "many")


def test_weighted_mean_at_midpoint_is_high() -> None:
    scales = [scale("across", "abc", weights=dict.fromkeys("abc", 1.1)), scale("up", "d")]
    definition = parse_definition(questionnaire(scales, style=midpoint_style(margin=0.5)))

    style = score(definition, {"a": 5, "b": 5, "c": 2, "d": 4}).style

    assert style is not None
    assert style.id == "high_high"
