"""Tests for nine scoring errors that occur in public code, each with answers that reveal the error."""

from collections.abc import Mapping
from math import floor
from typing import Any

import pytest

from app.assessments.rules.definition import Definition, parse_definition
from app.assessments.rules.scoring import score
from app.assessments.rules.styles import classify
from tests.factories.questionnaires import load_definition, load_stored_definition, uniform_answers, values_by_scale

ECR_REVERSED = (3, 15, 19, 22, 25, 27, 29, 31, 33, 35)
ECR_R_REVERSED = (9, 11, 20, 22, 26, 27, 28, 29, 30, 31, 33, 34, 35, 36)


def question_ids(*items: int) -> list[str]:
    return [f"q{item:02d}" for item in items]


def answers_for_keys(name: str, keys: Mapping[int, int], reverse: tuple[int, ...]) -> dict[str, int]:
    """Return answers that have the given scores, by item number. Answers to reverse-keyed items are 8 - score."""
    assert len(keys) == len(load_definition(name).questions)
    return {f"q{item:02d}": 8 - key if item in reverse else key for item, key in keys.items()}


def with_changed_scales(name: str, **scales: dict[str, Any]) -> Definition:
    """Return a questionnaire in which some scales have other items or reverse keys."""
    file = load_stored_definition(name)
    return parse_definition(
        file | {"scales": [stored_scale | scales.get(stored_scale["id"], {}) for stored_scale in file["scales"]]}
    )


def classified_style(definition: Definition, answers: Mapping[str, int]) -> str:
    style = score(definition, answers).style
    assert style is not None
    return style.id


ANXIOUS_ECR = answers_for_keys("ecr", {item: 1 if item % 2 else 7 for item in range(1, 37)}, ECR_REVERSED)
ANXIOUS_ECR_R = answers_for_keys("ecr-r", {item: 7 if item <= 18 else 1 for item in range(1, 37)}, ECR_R_REVERSED)
HALVES = answers_for_keys("ecr", {item: 3 if item <= 18 else 4 for item in range(1, 37)}, ECR_REVERSED)


def test_1_ecr_r_does_not_use_reverse_keys_of_ecr() -> None:
    answers = answers_for_keys("ecr-r", dict.fromkeys(range(1, 37), 1), ECR_R_REVERSED)
    wrong = with_changed_scales(
        "ecr-r",
        anxiety={"reverse_keyed": question_ids(3, 15)},
        avoidance={"reverse_keyed": question_ids(19, 22, 25, 27, 29, 31, 33, 35)},
    )

    assert values_by_scale(load_definition("ecr-r"), answers) == {"anxiety": 1, "avoidance": 1}
    # Wrong result: anxiety has 4 scores of 7 and 14 of 1, avoidance 8 of 7 and 10 of 1.
    assert values_by_scale(wrong, answers) == pytest.approx({"anxiety": 42 / 18, "avoidance": 66 / 18})


def test_2_scales_are_not_swapped_and_ecr_r_does_not_alternate() -> None:
    odd, even = {"items": question_ids(*range(1, 37, 2))}, {"items": question_ids(*range(2, 37, 2))}
    swapped = with_changed_scales(
        "ecr",
        anxiety=odd | {"reverse_keyed": question_ids(3, 15, 19, 25, 27, 29, 31, 33, 35)},
        avoidance=even | {"reverse_keyed": question_ids(22)},
    )
    reverse = {"reverse_keyed": question_ids(*ECR_R_REVERSED)}
    alternating = with_changed_scales("ecr-r", anxiety=odd | reverse, avoidance=even | reverse)

    assert values_by_scale(load_definition("ecr"), ANXIOUS_ECR) == {"anxiety": 7, "avoidance": 1}
    assert classified_style(load_definition("ecr"), ANXIOUS_ECR) == "preoccupied"
    assert values_by_scale(swapped, ANXIOUS_ECR) == {"anxiety": 1, "avoidance": 7}
    assert classified_style(swapped, ANXIOUS_ECR) == "dismissing"
    assert values_by_scale(load_definition("ecr-r"), ANXIOUS_ECR_R) == {"anxiety": 7, "avoidance": 1}
    assert values_by_scale(alternating, ANXIOUS_ECR_R) == {"anxiety": 4, "avoidance": 4}


def test_3_ecr_rs_items_5_and_6_are_avoidance() -> None:
    answers = dict(zip(question_ids(*range(1, 10)), (1, 1, 1, 1, 7, 7, 1, 1, 1), strict=True))
    wrong = with_changed_scales(
        "ecr-rs", anxiety={"items": question_ids(5, 6, 7, 8, 9)}, avoidance={"items": question_ids(1, 2, 3, 4)}
    )

    assert values_by_scale(load_definition("ecr-rs"), answers) == {"anxiety": 1, "avoidance": 7}
    # Wrong result: anxiety has two scores of 7 and three of 1.
    assert values_by_scale(wrong, answers) == {"anxiety": 3.4, "avoidance": 7}


def test_4_reversed_answer_is_not_off_by_two() -> None:
    def off_by_two(answer: int) -> int:
        zero_based = answer - 1
        return 8 - zero_based + 1

    file = load_stored_definition("ecr-rs")
    options = [{"value": answer, "label": str(answer), "score": off_by_two(answer)} for answer in range(1, 8)]
    file["questions"] = [
        question | {"options": options} if question["id"] <= "q04" else question for question in file["questions"]
    ]
    del file["scales"][1]["reverse_keyed"]
    correct, wrong = load_definition("ecr-rs"), parse_definition(file)

    # Avoidance has four scores of 7 and two of 1. In the wrong result, the four are 9, which is impossible.
    assert values_by_scale(correct, uniform_answers(correct, 1)) == {"anxiety": 1, "avoidance": 5}
    assert values_by_scale(wrong, uniform_answers(wrong, 1)) == pytest.approx({"anxiety": 1, "avoidance": 38 / 6})
    assert correct.scale_by_id["avoidance"].maximum == 7


def test_5_secure_function_constant_has_two_integer_digits() -> None:
    file = load_stored_definition("ecr")
    file["style"]["styles"][0]["function"]["constant"] = -1.5307833
    answers = uniform_answers(load_definition("ecr"), 4)

    # If both scores are 4, fearful is 29.304 and secure is 23.517, or 33.517 with the wrong constant.
    assert classified_style(load_definition("ecr"), answers) == "fearful"
    assert classified_style(parse_definition(file), answers) == "secure"


def test_6a_means_are_not_floored_before_classification() -> None:
    rule = load_definition("ecr").style
    assert rule is not None
    values = values_by_scale(load_definition("ecr"), HALVES)
    floored = classify(rule, {scale: floor(value or 0) for scale, value in values.items()}, {})

    assert values == {"anxiety": 3.5, "avoidance": 3.5}
    assert classified_style(load_definition("ecr"), HALVES) == "fearful"
    assert floored is not None
    assert floored.id == "secure"


def test_6b_reverse_keyed_items_are_reversed() -> None:
    answers = answers_for_keys("ecr-midpoint", dict.fromkeys(range(1, 37), 1), ECR_REVERSED)
    wrong = with_changed_scales("ecr-midpoint", anxiety={"reverse_keyed": []}, avoidance={"reverse_keyed": []})

    assert values_by_scale(load_definition("ecr-midpoint"), answers) == {"anxiety": 1, "avoidance": 1}
    assert classified_style(load_definition("ecr-midpoint"), answers) == "secure"
    # Wrong result: anxiety has 1 score of 7 and 17 of 1, avoidance 9 of 7 and 9 of 1.
    assert values_by_scale(wrong, answers) == pytest.approx({"anxiety": 24 / 18, "avoidance": 4})
    assert classified_style(wrong, answers) == "dismissing"


@pytest.mark.parametrize(
    ("anxiety", "avoidance", "style", "shuffled"),
    [
        (1, 1, "secure", "secure"),
        (5, 5, "fearful", "preoccupied"),
        (5, 2, "preoccupied", "dismissing"),
        (2, 5, "dismissing", "fearful"),
    ],
)
def test_6c_discriminant_functions_are_not_shuffled(anxiety: int, avoidance: int, style: str, shuffled: str) -> None:
    file = load_stored_definition("ecr")
    names = {"secure": "secure", "fearful": "preoccupied", "preoccupied": "dismissing", "dismissing": "fearful"}
    for stored_style in file["style"]["styles"]:
        stored_style["id"] = names[stored_style["id"]]
    answers = answers_for_keys("ecr", {item: avoidance if item % 2 else anxiety for item in range(1, 37)}, ECR_REVERSED)

    assert classified_style(load_definition("ecr"), answers) == style
    assert classified_style(parse_definition(file), answers) == shuffled


@pytest.mark.parametrize(
    ("invented", "style"),
    [
        ({"anxiety": 3.5, "avoidance": 3.5}, "fearful"),
        ({"anxiety": 3.0, "avoidance": 3.75}, "preoccupied"),
        ({"anxiety": 3.75, "avoidance": 3.0}, "dismissing"),
    ],
)
def test_7_midpoints_are_not_invented(invented: dict[str, float], style: str) -> None:
    file = load_stored_definition("ecr-midpoint")
    assert file["style"]["midpoints"] == {"anxiety": (1 + 7) / 2, "avoidance": (1 + 7) / 2}
    file["style"]["midpoints"] = invented

    assert classified_style(load_definition("ecr-midpoint"), HALVES) == "secure"
    assert classified_style(parse_definition(file), HALVES) == style


@pytest.mark.parametrize("name", ["ecr", "ecr-midpoint", "ecr-r", "ecr-rs", "ecr-12", "ucla-20"])
def test_7_scales_without_published_cut_offs_have_no_bands(name: str) -> None:
    outcome = score(load_definition(name), uniform_answers(load_definition(name), 2))

    assert {scale_score.band for scale_score in outcome.scores} == {None}
