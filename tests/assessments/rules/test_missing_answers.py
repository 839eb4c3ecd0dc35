"""What a scale says when not every item was answered: a rule of each definition."""

from typing import Any

import pytest

from app.assessments.rules.definition import definition_of
from app.assessments.rules.scoring import score
from tests.factories.questionnaires import (
    all_answered,
    definition,
    missing,
    question,
    questionnaire,
    scale,
    scores_of,
    values_of,
)

ITEMS = ("a", "b", "c", "d")


def value(answers: dict[str, int], *, low: int = 1, high: int = 7, **more: Any) -> float | None:
    file = questionnaire([scale("only", ITEMS, **more)], low=low, high=high)
    return values_of(definition_of(file), answers)["only"]


@pytest.mark.parametrize("method", ["mean", "sum"])
def test_complete_answers_are_required(method: str) -> None:
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
def test_what_is_missing_counts_as_the_mean_of_the_rest_or_not_at_all(
    method: str, rule: str, three: float, two: float
) -> None:
    some = missing(rule, 2)

    assert value({"a": 2, "b": 5, "c": 2}, method=method, missing=some) == three
    assert value({"b": 5, "d": 4}, method=method, missing=some) == two
    assert value({"b": 5}, method=method, missing=some) is None


def test_a_weighted_sum_is_prorated_by_weight() -> None:
    weights = {"a": 2, "b": 0.5, "d": 1.5}

    # (2 * 3 + 0.5 * 6 + 1 * 5) is 14 of 3.5 weights; all weigh 5.
    assert value({"a": 3, "b": 6, "c": 5}, method="sum", missing=missing("prorate", 3), weights=weights) == 20
    assert value({"a": 3, "b": 6, "c": 5}, method="mean", missing=missing("prorate", 3), weights=weights) == 4
    assert value({"a": 3, "b": 6, "c": 5}, method="sum", missing=missing("ignore", 3), weights=weights) == 14


def test_a_reversed_item_that_is_missing_is_not_reversed_to_something() -> None:
    assert value({"a": 2, "b": 2, "c": 2}, missing=missing("prorate", 3), reverse_keyed=["d"]) == 2
    assert (
        value({"a": 1, "b": 1}, low=0, high=1, method="sum", missing=missing("ignore", 1), reverse_keyed=["c", "d"])
        == 2
    )


def test_the_lowest_answer_may_be_zero_and_is_an_answer() -> None:
    assert value(dict.fromkeys(ITEMS, 0), low=0, high=3, method="sum") == 0
    assert value({"a": 0, "b": 0, "c": 3}, low=0, high=3, missing=missing("prorate", 3)) == 1


def test_prorated_lowest_and_highest_answers_stay_the_ends_of_the_range() -> None:
    weights = {"a": 0.1, "b": 0.7, "c": 0.3, "d": 0.9}
    file = questionnaire([scale("only", ITEMS, "sum", weights=weights, missing=missing("prorate", 1))])

    for item in ITEMS:
        for answer in (1, 7):
            only = scores_of(definition_of(file), {item: answer})["only"]

            assert only.value == pytest.approx(only.min if answer == 1 else only.max)
            assert only.value is not None
            assert only.min <= only.value <= only.max


@pytest.mark.parametrize(
    ("name", "scale_", "least"), [("ecr", "anxiety", 14), ("ecr-r", "avoidance", 14), ("ucla-20", "loneliness", 16)]
)
def test_long_published_scales_are_prorated_from_a_stated_number_of_answers(name: str, scale_: str, least: int) -> None:
    items = definition(name).by_scale[scale_].items
    full = all_answered(definition(name), 3)
    enough = {item.question: 3 for item in items[:least]}
    too_few = {item.question: 3 for item in items[: least - 1]}

    assert scores_of(definition(name), full)[scale_].answered == len(items)
    assert scores_of(definition(name), enough)[scale_].value is not None
    assert scores_of(definition(name), too_few)[scale_].value is None
    assert scores_of(definition(name), too_few)[scale_].answered == least - 1


def test_a_prorated_loneliness_score_by_hand() -> None:
    answers = all_answered(definition("ucla-20"), 1)
    for question_ in ("q01", "q02", "q03", "q05"):
        del answers[question_]

    # Left are seven reversed items, 4 each, and nine others, 1 each: 37 of 16 items, 46.25 of 20.
    assert values_of(definition("ucla-20"), answers)["loneliness"] == 46.25


def test_a_prorated_mean_by_hand() -> None:
    answers = all_answered(definition("ecr"), 1)
    for question_ in ("q02", "q04", "q06", "q03"):
        del answers[question_]

    # Anxiety: 14 ones and a seven of 15 items. Avoidance: nine ones and eight sevens of 17.
    values = values_of(definition("ecr"), answers)
    assert values == pytest.approx({"anxiety": 21 / 15, "avoidance": 65 / 17})


@pytest.mark.parametrize("name", ["ecr-rs", "ecr-12"])
def test_short_published_scales_require_every_answer(name: str) -> None:
    for item in definition(name).by_scale["avoidance"].items:
        answers = all_answered(definition(name), 3)
        del answers[item.question]

        values = values_of(definition(name), answers)

        assert values == {"anxiety": 3, "avoidance": None}


def test_a_result_with_no_score_at_all_is_nothing() -> None:
    assert score(definition("ecr-rs"), {"q01": 3, "q09": 3}).is_nothing
    assert not score(definition("ecr-rs"), {"q07": 3, "q08": 3, "q09": 3}).is_nothing


def test_an_answer_off_the_scales_adds_nothing() -> None:
    file = questionnaire([scale("only", ["a"])], questions=[question("a"), question("b", scored=False)])

    [only] = score(definition_of(file), {"a": 3, "b": 7}).scores

    assert (only.value, only.answered, only.items) == (3, 1, 1)
