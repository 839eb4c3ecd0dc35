"""Derive a style, such as an attachment style, from the scores of several scales.

The method `midpoint` uses whether each score is above or below the midpoint of its scale. The method
`linear_discriminant` computes a linear function of the scores for each style (Fisher's classification functions) and
selects the style with the largest value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum, hypot

from app.assessments.rules.definition import StyleRegion, StyleRule

BOUNDARY_TOLERANCE = 1e-9  # Scores that are this close to a boundary count as being on it.


@dataclass(frozen=True, slots=True)
class Distance:
    """The distance between the scores and a style, in points of the scales.

    `is_near` is true if the distance is within the standard error or margin. `function` is the value of the style's
    discriminant function, or None for the method `midpoint`.
    """

    style: str
    points: float
    is_near: bool
    function: float | None


@dataclass(frozen=True, slots=True)
class Style:
    """The style that fits the scores. `borderline` is true if another style is within the margin of error.

    The margin of error is one standard error, or a fixed number of points if no standard error is known.
    """

    id: str
    method: str
    borderline: bool
    basis: str  # the criterion for `borderline`: "standard_error" or "margin"
    distances: tuple[Distance, ...]


ScaleValues = Mapping[str, float]


def classify(rule: StyleRule, values: ScaleValues, standard_errors: ScaleValues) -> Style | None:
    """Return the style that fits the scores.

    Return None if a score is missing, or if neither standard errors nor a margin are known.
    """
    has_errors = all(scale in standard_errors for scale in rule.scales)
    if not all(scale in values for scale in rule.scales) or not (has_errors or rule.margin is not None):
        return None
    point = [values[scale] for scale in rule.scales]
    classify_point = _classify_by_midpoints if rule.method == "midpoint" else _classify_by_functions
    style, distances = classify_point(
        rule, point, [standard_errors[scale] for scale in rule.scales] if has_errors else []
    )
    borderline = any(distance.is_near for distance in distances if distance.style != style)
    return Style(style, rule.method, borderline, "standard_error" if has_errors else "margin", tuple(distances))


Classification = tuple[str, list[Distance]]


def _classify_by_midpoints(rule: StyleRule, point: Sequence[float], standard_errors: Sequence[float]) -> Classification:
    """Derive the attachment style from which scores are above the midpoint of their scale.

    A score at the midpoint counts as above. Another style is near if the scores could belong to it within their
    standard errors, or within the rule's margin if no standard errors are known.
    """
    offsets = [value - midpoint for value, midpoint in zip(point, rule.midpoints, strict=True)]
    is_high = tuple(offset >= -BOUNDARY_TOLERANCE for offset in offsets)
    tolerances = standard_errors or [rule.margin or 0.0] * len(point)

    def distance(other: StyleRegion) -> Distance:
        crossings = zip(offsets, tolerances, is_high, other.is_high, strict=True)
        crossed_offsets = [
            (offset, tolerance) for offset, tolerance, own_side, other_side in crossings if own_side != other_side
        ]
        is_near = all(abs(offset) <= tolerance + BOUNDARY_TOLERANCE for offset, tolerance in crossed_offsets)
        return Distance(other.id, hypot(*(offset for offset, _ in crossed_offsets)), is_near, None)

    style = next(region.id for region in rule.styles if region.is_high == is_high)
    return style, [distance(other) for other in rule.styles]


def _classify_by_functions(rule: StyleRule, point: Sequence[float], standard_errors: Sequence[float]) -> Classification:
    """Select the style with the largest discriminant function.

    The boundary between two styles is where their functions are equal. Its uncertainty is the standard error of the
    difference between the functions, assuming independent measurement errors of the scales.
    """
    values = {style.id: _function_value(style, point) for style in rule.styles}
    best = max(rule.styles, key=lambda style: values[style.id])

    def distance(other: StyleRegion) -> Distance:
        gradient = [own - others for own, others in zip(best.coefficients, other.coefficients, strict=True)]
        lead, gradient_length = values[best.id] - values[other.id], hypot(*gradient)
        points = lead / gradient_length if gradient_length else 0.0
        if standard_errors:
            error = hypot(*(component * error for component, error in zip(gradient, standard_errors, strict=True)))
            return Distance(other.id, points, lead <= error + BOUNDARY_TOLERANCE, values[other.id])
        return Distance(other.id, points, points <= (rule.margin or 0.0) + BOUNDARY_TOLERANCE, values[other.id])

    return best.id, [distance(other) for other in rule.styles]


def _function_value(style: StyleRegion, point: Sequence[float]) -> float:
    weighted_values = (coefficient * value for coefficient, value in zip(style.coefficients, point, strict=True))
    return fsum((style.constant, *weighted_values))
