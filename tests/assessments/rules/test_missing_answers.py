"""Tests for missing answers: a scale can require all answers, extrapolate the score (prorate), or ignore them."""

from typing import Any

import pytest

from app.assessments.rules.definition import parse_definition
from app.assessments.rules.scoring import score
from tests.factories.questionnaires import (
    load_definition,
    missing_rule,
    question,
    questionnaire,
    scale,
    scores_by_scale,
    uniform_answers,
    values_by_scale,
)

ITEMS = ("a", "b", "c", "d")


def value(answers: dict[str, int], *, low: int = 1, high: int = 7, **options: Any) -> float | None:
    file = questionnaire([scale("only", ITEMS, **options)], low=low, high=high)
    return values_by_scale(parse_definition(file), answers)["only"]


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
    file = questionnaire([scale("only", ITEMS, "sum", weights=weights, missing=missing_rule("prorate", 1))])

    for item in ITEMS:
        for answer in (1, 7):
            only = scores_by_scale(parse_definition(file), {item: answer})["only"]

            assert only.value == pytest.approx(only.min if answer == 1 else only.max)
            assert only.value is not None
            assert only.min <= only.value <= only.max


@pytest.mark.parametrize(
    ("name", "scale_", "min_answered"),
    [("ecr", "anxiety", 14), ("ecr-r", "avoidance", 14), ("ucla-20", "loneliness", 16)],
)
def test_long_published_scales_are_prorated_from_min_answered(name: str, scale_: str, min_answered: int) -> None:
    items = load_definition(name).scale_by_id[scale_].items
    full = uniform_answers(load_definition(name), 3)
    enough = {item.question: 3 for item in items[:min_answered]}
    too_few = {item.question: 3 for item in items[: min_answered - 1]}

    assert scores_by_scale(load_definition(name), full)[scale_].answered == len(items)
    assert scores_by_scale(load_definition(name), enough)[scale_].value is not None
    assert scores_by_scale(load_definition(name), too_few)[scale_].value is None
    assert scores_by_scale(load_definition(name), too_few)[scale_].answered == min_answered - 1


def test_prorated_loneliness_score_matches_hand_calculation() -> None:
    answers = uniform_answers(load_definition("ucla-20"), 1)
    for question_ in ("q01", "q02", "q03", "q05"):
        del answers[question_]

    # The other 16 items: 7 reverse-keyed with score 4 and 9 with score 1. The sum 37 is prorated to 46.25 for 20 items.
    assert values_by_scale(load_definition("ucla-20"), answers)["loneliness"] == 46.25


def test_prorated_mean_matches_hand_calculation() -> None:
    answers = uniform_answers(load_definition("ecr"), 1)
    for question_ in ("q02", "q04", "q06", "q03"):
        del answers[question_]

    # Anxiety: 14 items score 1 and one scores 7. Avoidance: 9 items score 1 and 8 score 7.
    values = values_by_scale(load_definition("ecr"), answers)
    assert values == pytest.approx({"anxiety": 21 / 15, "avoidance": 65 / 17})


@pytest.mark.parametrize("name", ["ecr-rs", "ecr-12"])
def test_short_published_scales_require_all_answers(name: str) -> None:
    for item in load_definition(name).scale_by_id["avoidance"].items:
        answers = uniform_answers(load_definition(name), 3)
        del answers[item.question]

        values = values_by_scale(load_definition(name), answers)

        assert values == {"anxiety": 3, "avoidance": None}


def test_result_without_scores_is_empty() -> None:
    assert score(load_definition("ecr-rs"), {"q01": 3, "q09": 3}).is_empty
    assert not score(load_definition("ecr-rs"), {"q07": 3, "q08": 3, "q09": 3}).is_empty


def test_unscored_answer_adds_nothing() -> None:
    file = questionnaire([scale("only", ["a"])], questions=[question("a"), question("b", scored=False)])

    [only] = score(parse_definition(file), {"a": 3, "b": 7}).scores

    assert (only.value, only.answered, only.items) == (3, 1, 1)
