"""Nine ways in which public code scores these questionnaires wrongly, each with answers that tell it from ours."""

from collections.abc import Mapping
from math import floor
from typing import Any

import pytest

from app.assessments.rules.definition import Definition, definition_of
from app.assessments.rules.scoring import score
from app.assessments.rules.styles import classified
from tests.factories.questionnaires import all_answered, definition, stored, values_of

ECR_REVERSED = (3, 15, 19, 22, 25, 27, 29, 31, 33, 35)
ECR_R_REVERSED = (9, 11, 20, 22, 26, 27, 28, 29, 30, 31, 33, 34, 35, 36)


def ids(*items: int) -> list[str]:
    return [f"q{item:02d}" for item in items]


def keyed(name: str, keys: Mapping[int, int], reverse: tuple[int, ...]) -> dict[str, int]:
    """Answers that mean 1 to 7, given by item: what is answered to reversed items is 8 less that."""
    assert len(keys) == len(definition(name).questions)
    return {f"q{item:02d}": 8 - key if item in reverse else key for item, key in keys.items()}


def rescaled(name: str, **scales: dict[str, Any]) -> Definition:
    """The definition with other items or directions on some scales."""
    file = stored(name)
    return definition_of(file | {"scales": [each | scales.get(each["id"], {}) for each in file["scales"]]})


def style_of(definition: Definition, answers: Mapping[str, int]) -> str:
    style = score(definition, answers).style
    assert style is not None
    return style.id


ANXIOUS_ECR = keyed("ecr", {item: 1 if item % 2 else 7 for item in range(1, 37)}, ECR_REVERSED)
ANXIOUS_ECR_R = keyed("ecr-r", {item: 7 if item <= 18 else 1 for item in range(1, 37)}, ECR_R_REVERSED)
HALVES = keyed("ecr", {item: 3 if item <= 18 else 4 for item in range(1, 37)}, ECR_REVERSED)


def test_1_the_reverse_list_of_the_ecr_is_not_that_of_the_ecr_r() -> None:
    answers = keyed("ecr-r", dict.fromkeys(range(1, 37), 1), ECR_R_REVERSED)
    wrong = rescaled(
        "ecr-r",
        anxiety={"reverse_keyed": ids(3, 15)},
        avoidance={"reverse_keyed": ids(19, 22, 25, 27, 29, 31, 33, 35)},
    )

    assert values_of(definition("ecr-r"), answers) == {"anxiety": 1, "avoidance": 1}
    # Four sevens and 14 ones; eight sevens and ten ones.
    assert values_of(wrong, answers) == pytest.approx({"anxiety": 42 / 18, "avoidance": 66 / 18})


def test_2_the_scales_are_not_swapped_and_the_ecr_r_does_not_alternate() -> None:
    odd, even = {"items": ids(*range(1, 37, 2))}, {"items": ids(*range(2, 37, 2))}
    swapped = rescaled(
        "ecr",
        anxiety=odd | {"reverse_keyed": ids(3, 15, 19, 25, 27, 29, 31, 33, 35)},
        avoidance=even | {"reverse_keyed": ids(22)},
    )
    reverse = {"reverse_keyed": ids(*ECR_R_REVERSED)}
    alternating = rescaled("ecr-r", anxiety=odd | reverse, avoidance=even | reverse)

    assert values_of(definition("ecr"), ANXIOUS_ECR) == {"anxiety": 7, "avoidance": 1}
    assert style_of(definition("ecr"), ANXIOUS_ECR) == "preoccupied"
    assert values_of(swapped, ANXIOUS_ECR) == {"anxiety": 1, "avoidance": 7}
    assert style_of(swapped, ANXIOUS_ECR) == "dismissing"
    assert values_of(definition("ecr-r"), ANXIOUS_ECR_R) == {"anxiety": 7, "avoidance": 1}
    assert values_of(alternating, ANXIOUS_ECR_R) == {"anxiety": 4, "avoidance": 4}


def test_3_items_5_and_6_of_the_ecr_rs_are_avoidance() -> None:
    answers = dict(zip(ids(*range(1, 10)), (1, 1, 1, 1, 7, 7, 1, 1, 1), strict=True))
    wrong = rescaled("ecr-rs", anxiety={"items": ids(5, 6, 7, 8, 9)}, avoidance={"items": ids(1, 2, 3, 4)})

    assert values_of(definition("ecr-rs"), answers) == {"anxiety": 1, "avoidance": 7}
    # Two sevens and three ones of five.
    assert values_of(wrong, answers) == {"anxiety": 3.4, "avoidance": 7}


def test_4_a_reversed_answer_is_not_off_by_two() -> None:
    def off_by_two(answer: int) -> int:
        zero_based = answer - 1
        return 8 - zero_based + 1

    file = stored("ecr-rs")
    options = [{"value": answer, "label": str(answer), "score": off_by_two(answer)} for answer in range(1, 8)]
    file["questions"] = [each | {"options": options} if each["id"] <= "q04" else each for each in file["questions"]]
    del file["scales"][1]["reverse_keyed"]
    ours, wrong = definition("ecr-rs"), definition_of(file)

    # Four sevens and two ones; four nines, which don't exist, and two ones.
    assert values_of(ours, all_answered(ours, 1)) == {"anxiety": 1, "avoidance": 5}
    assert values_of(wrong, all_answered(wrong, 1)) == pytest.approx({"anxiety": 1, "avoidance": 38 / 6})
    assert ours.by_scale["avoidance"].maximum == 7


def test_5_the_constant_of_the_secure_function_has_two_digits_before_the_point() -> None:
    file = stored("ecr")
    file["style"]["styles"][0]["function"]["constant"] = -1.5307833
    answers = all_answered(definition("ecr"), 4)

    # At (4, 4): secure 23.517, or 33.517 with the slip; fearful 29.304.
    assert style_of(definition("ecr"), answers) == "fearful"
    assert style_of(definition_of(file), answers) == "secure"


def test_6a_means_are_not_floored_before_they_are_classified() -> None:
    rule = definition("ecr").style
    assert rule is not None
    values = values_of(definition("ecr"), HALVES)
    floored = classified(rule, {scale: floor(value or 0) for scale, value in values.items()}, {})

    assert values == {"anxiety": 3.5, "avoidance": 3.5}
    assert style_of(definition("ecr"), HALVES) == "fearful"
    assert floored is not None
    assert floored.id == "secure"


def test_6b_reversed_items_are_reversed() -> None:
    answers = keyed("ecr-midpoint", dict.fromkeys(range(1, 37), 1), ECR_REVERSED)
    wrong = rescaled("ecr-midpoint", anxiety={"reverse_keyed": []}, avoidance={"reverse_keyed": []})

    assert values_of(definition("ecr-midpoint"), answers) == {"anxiety": 1, "avoidance": 1}
    assert style_of(definition("ecr-midpoint"), answers) == "secure"
    # One seven and 17 ones; nine sevens and nine ones.
    assert values_of(wrong, answers) == pytest.approx({"anxiety": 24 / 18, "avoidance": 4})
    assert style_of(wrong, answers) == "dismissing"


@pytest.mark.parametrize(
    ("anxiety", "avoidance", "style", "shuffled"),
    [
        (1, 1, "secure", "secure"),
        (5, 5, "fearful", "preoccupied"),
        (5, 2, "preoccupied", "dismissing"),
        (2, 5, "dismissing", "fearful"),
    ],
)
def test_6c_each_function_is_that_of_its_own_style(anxiety: int, avoidance: int, style: str, shuffled: str) -> None:
    file = stored("ecr")
    names = {"secure": "secure", "fearful": "preoccupied", "preoccupied": "dismissing", "dismissing": "fearful"}
    for each in file["style"]["styles"]:
        each["id"] = names[each["id"]]
    answers = keyed("ecr", {item: avoidance if item % 2 else anxiety for item in range(1, 37)}, ECR_REVERSED)

    assert style_of(definition("ecr"), answers) == style
    assert style_of(definition_of(file), answers) == shuffled


@pytest.mark.parametrize(
    ("invented", "style"),
    [
        ({"anxiety": 3.5, "avoidance": 3.5}, "fearful"),
        ({"anxiety": 3.0, "avoidance": 3.75}, "preoccupied"),
        ({"anxiety": 3.75, "avoidance": 3.0}, "dismissing"),
    ],
)
def test_7_thresholds_are_not_invented(invented: dict[str, float], style: str) -> None:
    file = stored("ecr-midpoint")
    assert file["style"]["midpoints"] == {"anxiety": (1 + 7) / 2, "avoidance": (1 + 7) / 2}
    file["style"]["midpoints"] = invented

    assert style_of(definition("ecr-midpoint"), HALVES) == "secure"
    assert style_of(definition_of(file), HALVES) == style


@pytest.mark.parametrize("name", ["ecr", "ecr-midpoint", "ecr-r", "ecr-rs", "ecr-12", "ucla-20"])
def test_7_where_no_cut_offs_are_published_there_are_no_bands(name: str) -> None:
    outcome = score(definition(name), all_answered(definition(name), 2))

    assert {each.band for each in outcome.scores} == {None}
