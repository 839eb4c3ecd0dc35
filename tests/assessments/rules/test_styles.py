"""From two dimensions to a style: both rules in use for the ECR, what lies between, and how sure it is."""

from collections import Counter
from fractions import Fraction
from itertools import product
from typing import Any

import pytest

from app.assessments.rules.definition import Definition, definition_of
from app.assessments.rules.scoring import score
from app.assessments.rules.styles import Style, classified
from tests.factories.questionnaires import (
    definition,
    midpoint_style,
    questionnaire,
    reliability,
    scale,
    stored,
)

# Avoidance, anxiety; by the discriminant functions, by the midpoints.
GOLDEN = [
    ((1, 1), "secure", "secure"),
    ((2, 5), "preoccupied", "preoccupied"),
    ((5, 2), "dismissing", "dismissing"),
    ((5, 5), "fearful", "fearful"),
    ((3.5, 3.5), "fearful", "secure"),
    ((4, 4), "fearful", "fearful"),
    ((3, 4), "preoccupied", "preoccupied"),
    ((4, 3), "dismissing", "dismissing"),
    ((2.4, 2.1), "secure", "secure"),
]


def style_at(name: str, avoidance: float, anxiety: float, errors: dict[str, float] | None = None) -> Style:
    rule = definition(name).style
    assert rule is not None
    style = classified(rule, {"avoidance": avoidance, "anxiety": anxiety}, errors or {})
    assert style is not None
    return style


def test_values_of_the_discriminant_functions() -> None:
    style = style_at("ecr", 2.4, 2.1)

    functions = {each.style: each.function for each in style.distances}
    assert functions == pytest.approx(
        {"secure": 7.856, "fearful": 2.187, "preoccupied": 1.353, "dismissing": 5.821}, abs=0.0005
    )


@pytest.mark.parametrize(("scores", "discriminant", "midpoint"), GOLDEN)
def test_both_rules_at_golden_points(scores: tuple[float, float], discriminant: str, midpoint: str) -> None:
    by_functions, by_midpoints = style_at("ecr", *scores), style_at("ecr-midpoint", *scores)

    assert (by_functions.id, by_functions.method) == (discriminant, "linear_discriminant")
    assert (by_midpoints.id, by_midpoints.method) == (midpoint, "midpoint")


@pytest.mark.parametrize(("scores", "discriminant", "midpoint"), GOLDEN[:-1])
def test_both_rules_from_answers(scores: tuple[float, float], discriminant: str, midpoint: str) -> None:
    answers: dict[str, int] = {}
    for scale_, wanted in zip(("avoidance", "anxiety"), scores, strict=True):
        for n, item in enumerate(definition("ecr").by_scale[scale_].items):
            keyed = int(wanted + (n % 2) * (wanted % 1) * 2)
            answers[item.question] = 8 - keyed if item.is_reversed else keyed

    for name, expected in (("ecr", discriminant), ("ecr-midpoint", midpoint)):
        outcome = score(definition(name), answers)

        assert {each.scale: each.value for each in outcome.scores} == {"avoidance": scores[0], "anxiety": scores[1]}
        assert outcome.style is not None
        assert outcome.style.id == expected


def test_the_rules_disagree_at_2221_of_all_11881_pairs_of_scores() -> None:
    reachable = [float(Fraction(total, 18)) for total in range(18, 127)]
    pairs = Counter(
        style_at("ecr", avoidance, anxiety).id == style_at("ecr-midpoint", avoidance, anxiety).id
        for avoidance, anxiety in product(reachable, repeat=2)
    )

    assert pairs == {True: 9660, False: 2221}


@pytest.mark.parametrize(
    ("avoidance", "anxiety", "style"),
    [(4, 4, "fearful"), (3.99, 4, "preoccupied"), (4, 3.99, "dismissing"), (3.99, 3.99, "secure")],
)
def test_a_score_at_the_midpoint_is_high(avoidance: float, anxiety: float, style: str) -> None:
    assert style_at("ecr-midpoint", avoidance, anxiety).id == style


def test_distances_to_corners_are_across_the_nearest_boundaries() -> None:
    style = style_at("ecr-midpoint", 2.8, 2.4)

    assert {each.style: each.points for each in style.distances} == pytest.approx(
        {"secure": 0, "preoccupied": 1.6, "dismissing": 1.2, "fearful": 2.0}
    )
    assert {each.function for each in style.distances} == {None}


def test_distances_by_functions_are_to_the_line_where_two_are_equal() -> None:
    style = style_at("ecr", 2.4, 2.1)

    # 7.85593 - 5.82133 = 2.03460 over the length of (4.0761325, -0.5333279), 4.11088; the others likewise.
    assert {each.style: each.points for each in style.distances} == pytest.approx(
        {"secure": 0, "dismissing": 0.49493, "fearful": 1.18461, "preoccupied": 1.51748}, abs=0.00001
    )


@pytest.mark.parametrize(("anxiety", "borderline"), [(3.49, False), (3.5, True), (4.5, True), (4.51, False)])
def test_within_the_margin_of_a_midpoint_a_style_is_borderline(anxiety: float, *, borderline: bool) -> None:
    style = style_at("ecr-midpoint", 1.5, anxiety)

    assert (style.borderline, style.basis) == (borderline, "margin")


def test_within_the_margin_of_a_line_a_style_is_borderline() -> None:
    near, far = style_at("ecr", 2.4, 2.1), style_at("ecr", 2.3, 2.1)

    assert (near.id, near.borderline, near.basis) == ("secure", True, "margin")
    assert (far.id, far.borderline, far.basis) == ("secure", False, "margin")


@pytest.mark.parametrize(
    ("avoidance", "anxiety", "borderline"),
    [
        (1.5, 3.7, True),
        (1.5, 3.69, False),
        (1.5, 4.31, False),
        (3.8, 1.5, True),
        (3.79, 1.5, False),
        (3.79, 3.69, False),
    ],
)
def test_within_a_scales_own_standard_error_a_style_is_borderline(
    avoidance: float, anxiety: float, *, borderline: bool
) -> None:
    style = style_at("ecr-midpoint", avoidance, anxiety, {"anxiety": 0.3000001, "avoidance": 0.2000001})

    assert (style.borderline, style.basis) == (borderline, "standard_error")


@pytest.mark.parametrize(("error", "borderline"), [(0.4949, False), (0.495, True)])
def test_equal_errors_of_two_scales_blur_a_line_by_as_much(error: float, *, borderline: bool) -> None:
    style = style_at("ecr", 2.4, 2.1, {"anxiety": error, "avoidance": error})

    assert (style.borderline, style.basis) == (borderline, "standard_error")


# Ahead of dismissing by 2.03460, to which avoidance adds 4.07613 and anxiety 0.53333 a point; ahead of preoccupied by
# 6.50251, to which anxiety adds 4.23771 a point.
@pytest.mark.parametrize(
    ("errors", "borderline"),
    [
        ({"anxiety": 0.0, "avoidance": 0.4991}, False),
        ({"anxiety": 0.0, "avoidance": 0.4992}, True),
        ({"anxiety": 1.53, "avoidance": 0.0}, False),
        ({"anxiety": 1.54, "avoidance": 0.0}, True),
        ({"anxiety": 0.72, "avoidance": 0.49}, False),
        ({"anxiety": 0.73, "avoidance": 0.49}, True),
    ],
)
def test_an_error_along_a_line_blurs_it_less(errors: dict[str, float], *, borderline: bool) -> None:
    assert style_at("ecr", 2.4, 2.1, errors).borderline is borderline


def two_scales(margin: float | None, **more: Any) -> Definition:
    scales = [scale("across", ["a"], **more), scale("up", ["b"], **more)]
    return definition_of(questionnaire(scales, style=midpoint_style(margin=margin)))


def test_with_neither_error_nor_margin_there_is_no_style() -> None:
    assert score(two_scales(None), {"a": 1, "b": 7}).style is None


def test_with_errors_there_is_a_style_without_a_margin() -> None:
    style = score(two_scales(None, reliability=reliability(0.93, 1.12)), {"a": 1, "b": 7}).style

    assert style is not None
    assert (style.id, style.borderline, style.basis) == ("low_high", False, "standard_error")


def test_errors_of_the_scales_outweigh_the_margin() -> None:
    style = score(two_scales(3.5, reliability=reliability(0.93, 1.12)), {"a": 1, "b": 7}).style

    assert style is not None
    assert (style.borderline, style.basis) == (False, "standard_error")


def test_an_error_of_one_scale_alone_is_not_enough() -> None:
    file = questionnaire(
        [scale("across", ["a"], reliability=reliability(0.93, 1.12)), scale("up", ["b"])],
        style=midpoint_style(margin=1),
    )

    style = score(definition_of(file), {"a": 5, "b": 7}).style

    assert style is not None
    assert (style.id, style.borderline, style.basis) == ("high_high", True, "margin")


def test_without_one_of_the_scores_there_is_no_style() -> None:
    outcome = score(two_scales(0.5), {"a": 1})

    assert [each.value for each in outcome.scores] == [1, None]
    assert outcome.style is None
    assert not outcome.is_nothing


def test_the_order_of_the_scales_is_that_of_the_rule() -> None:
    file = stored("ecr-midpoint")
    file["scales"].reverse()
    answers = {item.question: 7 if item.is_reversed else 1 for item in definition("ecr").by_scale["avoidance"].items}
    answers |= {item.question: 1 if item.is_reversed else 7 for item in definition("ecr").by_scale["anxiety"].items}

    style = score(definition_of(file), answers).style

    assert style is not None
    assert style.id == "preoccupied"
