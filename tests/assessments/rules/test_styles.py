"""Tests for classifying two scores as an attachment style, by midpoints or by discriminant functions."""

from collections import Counter
from fractions import Fraction
from itertools import product
from typing import Any

import pytest

from app.assessments.rules.definition import Definition, parse_definition
from app.assessments.rules.scoring import score
from app.assessments.rules.styles import Style, classify
from tests.factories.questionnaires import (
    load_definition,
    load_stored_definition,
    midpoint_style,
    questionnaire,
    reliability,
    scale,
)

# (avoidance score, anxiety score), style by discriminant functions, style by midpoints
EXPECTED_STYLES = [
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
    rule = load_definition(name).style
    assert rule is not None
    style = classify(rule, {"avoidance": avoidance, "anxiety": anxiety}, errors or {})
    assert style is not None
    return style


def test_discriminant_function_values() -> None:
    style = style_at("ecr", 2.4, 2.1)

    functions = {distance.style: distance.function for distance in style.distances}
    assert functions == pytest.approx(
        {"secure": 7.856, "fearful": 2.187, "preoccupied": 1.353, "dismissing": 5.821}, abs=0.0005
    )


@pytest.mark.parametrize(("scores", "discriminant", "midpoint"), EXPECTED_STYLES)
def test_classify_reference_points_by_both_rules(scores: tuple[float, float], discriminant: str, midpoint: str) -> None:
    by_functions, by_midpoints = style_at("ecr", *scores), style_at("ecr-midpoint", *scores)

    assert (by_functions.id, by_functions.method) == (discriminant, "linear_discriminant")
    assert (by_midpoints.id, by_midpoints.method) == (midpoint, "midpoint")


@pytest.mark.parametrize(("scores", "discriminant", "midpoint"), EXPECTED_STYLES[:-1])
def test_classify_answers_by_both_rules(scores: tuple[float, float], discriminant: str, midpoint: str) -> None:
    answers: dict[str, int] = {}
    for scale_, target in zip(("avoidance", "anxiety"), scores, strict=True):
        for n, item in enumerate(load_definition("ecr").scale_by_id[scale_].items):
            keyed = int(target + (n % 2) * (target % 1) * 2)
            answers[item.question] = 8 - keyed if item.is_reversed else keyed

    for name, expected in (("ecr", discriminant), ("ecr-midpoint", midpoint)):
        outcome = score(load_definition(name), answers)

        assert {scale_score.scale: scale_score.value for scale_score in outcome.scores} == {
            "avoidance": scores[0],
            "anxiety": scores[1],
        }
        assert outcome.style is not None
        assert outcome.style.id == expected


def test_rules_disagree_at_2221_of_11881_score_pairs() -> None:
    reachable = [float(Fraction(total, 18)) for total in range(18, 127)]
    agreements = Counter(
        style_at("ecr", avoidance, anxiety).id == style_at("ecr-midpoint", avoidance, anxiety).id
        for avoidance, anxiety in product(reachable, repeat=2)
    )

    assert agreements == {True: 9660, False: 2221}


@pytest.mark.parametrize(
    ("avoidance", "anxiety", "style"),
    [(4, 4, "fearful"), (3.99, 4, "preoccupied"), (4, 3.99, "dismissing"), (3.99, 3.99, "secure")],
)
def test_score_at_midpoint_is_high(avoidance: float, anxiety: float, style: str) -> None:
    assert style_at("ecr-midpoint", avoidance, anxiety).id == style


def test_midpoint_distances_cross_nearest_boundaries() -> None:
    style = style_at("ecr-midpoint", 2.8, 2.4)

    assert {distance.style: distance.points for distance in style.distances} == pytest.approx(
        {"secure": 0, "preoccupied": 1.6, "dismissing": 1.2, "fearful": 2.0}
    )
    assert {distance.function for distance in style.distances} == {None}


def test_discriminant_distances_are_to_line_of_equal_functions() -> None:
    style = style_at("ecr", 2.4, 2.1)

    # Distance to dismissing: the functions differ by 7.85593 - 5.82133, and their slopes by a vector of length 4.11088.
    assert {distance.style: distance.points for distance in style.distances} == pytest.approx(
        {"secure": 0, "dismissing": 0.49493, "fearful": 1.18461, "preoccupied": 1.51748}, abs=0.00001
    )


@pytest.mark.parametrize(("anxiety", "borderline"), [(3.49, False), (3.5, True), (4.5, True), (4.51, False)])
def test_style_within_margin_of_midpoint_is_borderline(anxiety: float, *, borderline: bool) -> None:
    style = style_at("ecr-midpoint", 1.5, anxiety)

    assert (style.borderline, style.basis) == (borderline, "margin")


def test_style_within_margin_of_line_is_borderline() -> None:
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
def test_style_within_standard_error_of_midpoint_is_borderline(
    avoidance: float, anxiety: float, *, borderline: bool
) -> None:
    style = style_at("ecr-midpoint", avoidance, anxiety, {"anxiety": 0.3000001, "avoidance": 0.2000001})

    assert (style.borderline, style.basis) == (borderline, "standard_error")


@pytest.mark.parametrize(("error", "borderline"), [(0.4949, False), (0.495, True)])
def test_style_within_equal_standard_errors_of_line_is_borderline(error: float, *, borderline: bool) -> None:
    style = style_at("ecr", 2.4, 2.1, {"anxiety": error, "avoidance": error})

    assert (style.borderline, style.basis) == (borderline, "standard_error")


# The discriminant function of secure exceeds that of dismissing by 2.03460 (slopes: avoidance 4.07613, anxiety 0.53333)
# and that of preoccupied by 6.50251 (slope: anxiety 4.23771).
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
def test_standard_error_is_projected_across_line(errors: dict[str, float], *, borderline: bool) -> None:
    assert style_at("ecr", 2.4, 2.1, errors).borderline is borderline


def two_scales(margin: float | None, **options: Any) -> Definition:
    scales = [scale("across", ["a"], **options), scale("up", ["b"], **options)]
    return parse_definition(questionnaire(scales, style=midpoint_style(margin=margin)))


def test_classify_without_errors_and_margin_returns_none() -> None:
    assert score(two_scales(None), {"a": 1, "b": 7}).style is None


def test_classify_with_errors_and_no_margin_returns_style() -> None:
    style = score(two_scales(None, reliability=reliability(0.93, 1.12)), {"a": 1, "b": 7}).style

    assert style is not None
    assert (style.id, style.borderline, style.basis) == ("low_high", False, "standard_error")


def test_classify_prefers_standard_errors_to_margin() -> None:
    style = score(two_scales(3.5, reliability=reliability(0.93, 1.12)), {"a": 1, "b": 7}).style

    assert style is not None
    assert (style.borderline, style.basis) == (False, "standard_error")


def test_classify_with_one_standard_error_uses_margin() -> None:
    file = questionnaire(
        [scale("across", ["a"], reliability=reliability(0.93, 1.12)), scale("up", ["b"])],
        style=midpoint_style(margin=1),
    )

    style = score(parse_definition(file), {"a": 5, "b": 7}).style

    assert style is not None
    assert (style.id, style.borderline, style.basis) == ("high_high", True, "margin")


def test_classify_with_missing_score_returns_none() -> None:
    outcome = score(two_scales(0.5), {"a": 1})

    assert [score.value for score in outcome.scores] == [1, None]
    assert outcome.style is None
    assert not outcome.is_empty


def test_classify_uses_scale_order_of_rule() -> None:
    file = load_stored_definition("ecr-midpoint")
    file["scales"].reverse()
    answers = {
        item.question: 7 if item.is_reversed else 1 for item in load_definition("ecr").scale_by_id["avoidance"].items
    }
    answers |= {
        item.question: 1 if item.is_reversed else 7 for item in load_definition("ecr").scale_by_id["anxiety"].items
    }

    style = score(parse_definition(file), answers).style

    assert style is not None
    assert style.id == "preoccupied"
