"""A last digit decides nothing: neither a band nor a style, nor that what does not vary hangs together."""

import pytest

from app.assessments.rules.definition import definition_of
from app.assessments.rules.reliability import Column, alpha_listwise, alpha_pairwise, statistics
from app.assessments.rules.scoring import score
from tests.factories.questionnaires import bands, midpoint_style, missing, questionnaire, scale, scores_of


@pytest.mark.parametrize("one", [[1, 7, 3], [2, 5, 6], [6, 1, 7]])
def test_pairwise_alpha_of_items_that_cancel_out_is_none(one: list[int]) -> None:
    assert alpha_pairwise([one, [8 - answer for answer in one]]) is None


@pytest.mark.parametrize("items", [[[0.1] * 3, [0.1] * 3], [[0.1, 0.2, 0.1 * 3], [0.5, 0.4, 0.1 * 3]]])
def test_listwise_alpha_without_variance_is_none_also_with_weights(items: list[Column]) -> None:
    assert alpha_listwise(items)[0] is None


def test_the_spread_of_equal_scores_is_nothing() -> None:
    assert statistics([22 / 18] * 7, []).sd == 0


def test_a_prorated_sum_reaches_the_band_that_it_is_in() -> None:
    items = "abcdefghijkl"
    made = definition_of(
        questionnaire(
            [
                scale(
                    "only", items, "sum", missing=missing("prorate", 11), bands=bands(("few", 12, 59), ("many", 60, 84))
                )
            ]
        )
    )

    only = scores_of(made, dict.fromkeys(items[:11], 5))["only"]

    assert (only.value, only.band) == (60, "many")


def test_a_weighed_mean_at_the_midpoint_is_high() -> None:
    scales = [scale("across", "abc", weights=dict.fromkeys("abc", 1.1)), scale("up", "d")]
    made = definition_of(questionnaire(scales, style=midpoint_style(margin=0.5)))

    style = score(made, {"a": 5, "b": 5, "c": 2, "d": 4}).style

    assert style is not None
    assert style.id == "high_high"
