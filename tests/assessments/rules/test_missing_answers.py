"""Tests for missing answers: a scale can require all answers, extrapolate the score (prorate), or ignore them."""

from typing import Any

import pytest

from app.assessments.rules.scoring import score
from tests.factories.questionnaires import (
    load_definition,
    missing_rule,
    parsed_questionnaire,
    question,
    scale,
    scores_by_scale,
    uniform_answers,
    values_by_scale,
)

ITEMS = ("a", "b", "c", "d")


def value(answers: dict[str, int], *, low: int = 1, high: int = 7, **options: Any) -> float | None:
    return values_by_scale(parsed_questionnaire([scale("only", ITEMS, **options)], low=low, high=high), answers)["only"]


@pytest.mark.parametrize("method", ["mean", "sum"])
def test_require_complete_needs_all_answers(method: str) -> None:
    assert value({"a": 2, "b": 2, "c": 2}, method=method) is None
    assert value({"a": 2, "b": 2, "c": 2, "d": 2}, method=method) == {"mean": 2, "sum": 8}[method]


@pytest.mark.parametrize(
    ("method", "rule", "three", "two"),
    [
        ("mean", "prorate", 3, 4.5),
        ("sum", "prorate", 12, 18),
        ("mean", "ignore", 3, 4.5),
        ("sum", "ignore", 9, 9),
    ],
)
def test_missing_answers_are_prorated_or_ignored(method: str, rule: str, three: float, two: float) -> None:
    missing = missing_rule(rule, 2)

    assert value({"a": 2, "b": 5, "c": 2}, method=method, missing=missing) == three
    assert value({"b": 5, "d": 4}, method=method, missing=missing) == two
    assert value({"b": 5}, method=method, missing=missing) is None


def test_weighted_sum_is_prorated_by_weight() -> None:
    weights = {"a": 2, "b": 0.5, "d": 1.5}

    # The weighted sum is 2 * 3 + 0.5 * 6 + 1 * 5 = 14. The answered weights are 3.5 of 5, so it is prorated to 20.
    assert value({"a": 3, "b": 6, "c": 5}, method="sum", missing=missing_rule("prorate", 3), weights=weights) == 20
    assert value({"a": 3, "b": 6, "c": 5}, method="mean", missing=missing_rule("prorate", 3), weights=weights) == 4
    assert value({"a": 3, "b": 6, "c": 5}, method="sum", missing=missing_rule("ignore", 3), weights=weights) == 14


def test_missing_reverse_keyed_item_adds_nothing() -> None:
    assert value({"a": 2, "b": 2, "c": 2}, missing=missing_rule("prorate", 3), reverse_keyed=["d"]) == 2
    assert (
        value(
            {"a": 1, "b": 1}, low=0, high=1, method="sum", missing=missing_rule("ignore", 1), reverse_keyed=["c", "d"]
        )
        == 2
    )


def test_zero_is_an_answer() -> None:
    assert value(dict.fromkeys(ITEMS, 0), low=0, high=3, method="sum") == 0
    assert value({"a": 0, "b": 0, "c": 3}, low=0, high=3, missing=missing_rule("prorate", 3)) == 1


def test_prorated_extreme_answers_give_extreme_scores() -> None:
    weights = {"a": 0.1, "b": 0.7, "c": 0.3, "d": 0.9}
    definition = parsed_questionnaire(
        [scale("only", ITEMS, "sum", weights=weights, missing=missing_rule("prorate", 1))]
    )

    for item in ITEMS:
        lowest, highest = (scores_by_scale(definition, {item: answer})["only"] for answer in (1, 7))

        assert (lowest.value, highest.value) == pytest.approx((lowest.min, highest.max))
        assert lowest.value is not None
        assert highest.value is not None
        assert lowest.min <= lowest.value < highest.value <= highest.max


@pytest.mark.parametrize(
    ("name", "scale_", "min_answered"),
    [("ecr", "anxiety", 14), ("ecr-r", "avoidance", 14), ("ucla-20", "loneliness", 16)],
)
def test_long_published_scales_are_prorated_from_min_answered(name: str, scale_: str, min_answered: int) -> None:
    definition = load_definition(name)
    answers = {item.question: 3 for item in definition.scale_by_id[scale_].items[:min_answered]}

    assert values_by_scale(definition, answers)[scale_] is not None
    answers.popitem()
    assert values_by_scale(definition, answers)[scale_] is None


def test_prorated_loneliness_score_matches_hand_calculation() -> None:
    answers = uniform_answers(load_definition("ucla-20"), 1)
    for question_ in ("q01", "q02", "q03", "q05"):
        del answers[question_]

    # The other 16 items: 7 reverse-keyed with score 4 and 9 with score 1. The sum 37 is prorated to 46.25 for 20 items.
    assert values_by_scale(load_definition("ucla-20"), answers)["loneliness"] == 46.25


def test_result_without_scores_is_empty() -> None:
    assert score(load_definition("ecr-rs"), {"q01": 3, "q09": 3}).is_empty
    assert not score(load_definition("ecr-rs"), {"q07": 3, "q08": 3, "q09": 3}).is_empty


def test_unscored_answer_adds_nothing() -> None:
    questions = [question("a"), question("b", scored=False)]

    [only] = score(parsed_questionnaire([scale("only", ["a"])], questions=questions), {"a": 3, "b": 7}).scores

    assert (only.value, only.answered, only.items) == (3, 1, 1)
