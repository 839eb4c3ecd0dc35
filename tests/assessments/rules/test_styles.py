"""Tests for classifying two scores as an attachment style, by midpoints or by discriminant functions."""

from collections import Counter
from fractions import Fraction
from itertools import product
from typing import Any

import pytest

from app.assessments.rules.definition import parse_definition
from app.assessments.rules.scoring import score
from app.assessments.rules.styles import Style, classify
from tests.factories.questionnaires import (
    load_definition,
    load_stored_definition,
    midpoint_style,
    parsed_questionnaire,
    reliability,
    scale,
)

MEASURED = {"reliability": reliability(0.93, 1.12)}

# (avoidance score, anxiety score): style by discriminant functions, style by midpoints
EXPECTED_STYLES = {
    (1, 1): ("secure", "secure"),
    (2, 5): ("preoccupied", "preoccupied"),
    (5, 2): ("dismissing", "dismissing"),
    (5, 5): ("fearful", "fearful"),
    (3.5, 3.5): ("fearful", "secure"),
    (4, 4): ("fearful", "fearful"),
    (3, 4): ("preoccupied", "preoccupied"),
    (4, 3): ("dismissing", "dismissing"),
}


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


@pytest.mark.parametrize(("scores", "expected"), EXPECTED_STYLES.items())
def test_classify_answers_by_both_rules(scores: tuple[float, float], expected: tuple[str, str]) -> None:
    answers: dict[str, int] = {}
    for scale_, target in zip(("avoidance", "anxiety"), scores, strict=True):
        for n, item in enumerate(load_definition("ecr").scale_by_id[scale_].items):
            keyed = int(target + (n % 2) * (target % 1) * 2)
            answers[item.question] = 8 - keyed if item.is_reversed else keyed

    styles = [score(load_definition(name), answers).style for name in ("ecr", "ecr-midpoint")]

    assert [style and (style.id, style.method) for style in styles] == [
        (expected[0], "linear_discriminant"),
        (expected[1], "midpoint"),
    ]


def test_rules_disagree_at_2221_of_11881_score_pairs() -> None:
    reachable = [float(Fraction(total, 18)) for total in range(18, 127)]
    agreements = Counter(
        style_at("ecr", avoidance, anxiety).id == style_at("ecr-midpoint", avoidance, anxiety).id
        for avoidance, anxiety in product(reachable, repeat=2)
    )

    assert agreements == {True: 9660, False: 2221}


def test_score_at_midpoint_is_high() -> None:
    ends = (4, 3.99)

    assert [style_at("ecr-midpoint", avoidance, anxiety).id for avoidance, anxiety in product(ends, repeat=2)] == [
        "fearful", "dismissing", "preoccupied", "secure",
    ]  # fmt: skip


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


def test_style_within_margin_of_midpoint_is_borderline() -> None:
    styles = [style_at("ecr-midpoint", 1.5, anxiety) for anxiety in (3.49, 3.5, 4.5, 4.51)]

    assert [style.borderline for style in styles] == [False, True, True, False]
    assert {style.basis for style in styles} == {"margin"}


def test_style_within_margin_of_line_is_borderline() -> None:
    near, far = style_at("ecr", 2.4, 2.1), style_at("ecr", 2.3, 2.1)

    assert (near.id, near.borderline, near.basis) == ("secure", True, "margin")
    assert (far.id, far.borderline, far.basis) == ("secure", False, "margin")


def test_style_within_standard_error_of_midpoint_is_borderline() -> None:
    errors = {"anxiety": 0.3000001, "avoidance": 0.2000001}
    points = [(1.5, 3.7), (3.8, 1.5), (1.5, 3.69), (1.5, 4.31), (3.79, 1.5), (3.79, 3.69)]

    styles = [style_at("ecr-midpoint", *point, errors) for point in points]

    assert [style.borderline for style in styles] == [True, True, False, False, False, False]
    assert {style.basis for style in styles} == {"standard_error"}


# The discriminant function of secure exceeds that of dismissing by 2.03460 (slopes: avoidance 4.07613, anxiety 0.53333)
# and that of preoccupied by 6.50251 (slope: anxiety 4.23771).
@pytest.mark.parametrize(
    ("anxiety", "avoidance"),
    [((0.0, 0.0), (0.4991, 0.4992)), ((1.53, 1.54), (0.0, 0.0)), ((0.72, 0.73), (0.49, 0.49)), ((0.4949, 0.495),) * 2],
    ids=["avoidance", "anxiety", "unequal", "equal"],
)
def test_standard_error_is_projected_across_line(anxiety: tuple[float, float], avoidance: tuple[float, float]) -> None:
    """With the first error of each scale the style is clear, and with the second it is borderline."""
    clear, borderline = (style_at("ecr", 2.4, 2.1, {"anxiety": anxiety[n], "avoidance": avoidance[n]}) for n in (0, 1))

    assert (clear.borderline, borderline.borderline) == (False, True)
    assert clear.basis == borderline.basis == "standard_error"


def style_of(across: dict[str, Any], up: dict[str, Any], margin: float | None, **answers: int) -> Style | None:
    """Score two scales with one question each, `a` and `b`, and return the style."""
    scales = [scale("across", ["a"], **across), scale("up", ["b"], **up)]
    return score(parsed_questionnaire(scales, style=midpoint_style(margin=margin)), answers).style


@pytest.mark.parametrize(
    ("across", "up", "margin", "expected"),
    [
        (MEASURED, MEASURED, None, ("high_high", False, "standard_error")),
        (MEASURED, MEASURED, 3.5, ("high_high", False, "standard_error")),
        (MEASURED, {}, 1, ("high_high", True, "margin")),
        ({}, {}, None, None),
        (MEASURED, {}, None, None),
    ],
)
def test_classify_prefers_standard_errors_to_margin(
    across: dict[str, Any], up: dict[str, Any], margin: float | None, expected: tuple[str, bool, str] | None
) -> None:
    style = style_of(across, up, margin, a=5, b=7)

    assert (style and (style.id, style.borderline, style.basis)) == expected


def test_classify_with_missing_score_returns_none() -> None:
    assert style_of({}, {}, 0.5, a=1) is None


def test_classify_uses_scale_order_of_rule() -> None:
    file = load_stored_definition("ecr-midpoint")
    file["scales"].reverse()
    answers = {
        item.question: 1 if item.is_reversed == (scale_.id == "anxiety") else 7
        for scale_ in load_definition("ecr").scales
        for item in scale_.items
    }

    style = score(parse_definition(file), answers).style

    assert style is not None
    assert style.id == "preoccupied"


def test_weighted_mean_at_midpoint_is_high() -> None:
    """The weighted mean of 5, 5 and 2 is 4, but floating-point rounding makes it slightly lower."""
    scales = [scale("across", "abc", weights=dict.fromkeys("abc", 1.1)), scale("up", "d")]

    style = score(
        parsed_questionnaire(scales, style=midpoint_style(margin=0.5)), {"a": 5, "b": 5, "c": 2, "d": 4}
    ).style

    assert style is not None
    assert style.id == "high_high"
