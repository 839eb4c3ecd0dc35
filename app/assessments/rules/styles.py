"""From scores on several scales to a style: a rough word for a region, and how far its boundaries are.

`midpoint` cuts each scale in two. `linear_discriminant` takes the largest of one linear function for each style
(Fisher's classification functions, as Brennan, Clark and Shaver (1998) give them for the ECR).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum, hypot

from app.assessments.rules.definition import StyleRegion, StyleRule

ROUNDING = 1e-9  # a score that misses a boundary by less lies on it


@dataclass(frozen=True, slots=True)
class Distance:
    """How far the scores are from those of a style, in points of the scales, and whether that is near enough for the
    style to be another one's. `function` is the value of its discriminant function; None for other methods.
    """

    style: str
    points: float
    is_near: bool
    function: float | None


@dataclass(frozen=True, slots=True)
class Style:
    """`borderline` says that a boundary is nearer than one standard error or, without that, than the margin."""

    id: str
    method: str
    borderline: bool
    basis: str  # standard_error or margin: what borderline was judged by
    distances: tuple[Distance, ...]


Values = Mapping[str, float]


def classified(rule: StyleRule, values: Values, errors: Values) -> Style | None:
    """None if a score is missing, or if nothing tells how sure the style would be."""
    measured = all(scale in errors for scale in rule.scales)
    if not all(scale in values for scale in rule.scales) or not (measured or rule.margin is not None):
        return None
    point = [values[scale] for scale in rule.scales]
    by = _by_midpoints if rule.method == "midpoint" else _by_functions
    style, distances = by(rule, point, [errors[scale] for scale in rule.scales] if measured else [])
    borderline = any(each.is_near for each in distances if each.style != style)
    return Style(style, rule.method, borderline, "standard_error" if measured else "margin", tuple(distances))


Classified = tuple[str, list[Distance]]


def _by_midpoints(rule: StyleRule, point: Sequence[float], errors: Sequence[float]) -> Classified:
    """A score at the midpoint is high. Another style is near if all midpoints in between are."""
    above = [value - midpoint for value, midpoint in zip(point, rule.midpoints, strict=True)]
    side = tuple(each >= -ROUNDING for each in above)
    near = errors or [rule.margin or 0.0] * len(point)

    def distance(other: StyleRegion) -> Distance:
        sides = zip(above, near, side, other.is_high, strict=True)
        crossed = [(each, tolerance) for each, tolerance, here, there in sides if here != there]
        is_near = all(abs(each) <= tolerance + ROUNDING for each, tolerance in crossed)
        return Distance(other.id, hypot(*(each for each, _ in crossed)), is_near, None)

    style = next(each.id for each in rule.styles if each.is_high == side)
    return style, [distance(other) for other in rule.styles]


def _by_functions(rule: StyleRule, point: Sequence[float], errors: Sequence[float]) -> Classified:
    """Between two styles lies the line on which their functions are equal. How exactly the scores tell on which side
    they are is the standard error of the functions' difference, the scales' errors being independent.
    """
    values = {style.id: _function(style, point) for style in rule.styles}
    top = max(rule.styles, key=lambda style: values[style.id])

    def distance(other: StyleRegion) -> Distance:
        slope = [here - there for here, there in zip(top.coefficients, other.coefficients, strict=True)]
        ahead, steepness = values[top.id] - values[other.id], hypot(*slope)
        points = ahead / steepness if steepness else 0.0
        if errors:
            error = hypot(*(each * error for each, error in zip(slope, errors, strict=True)))
            return Distance(other.id, points, ahead <= error + ROUNDING, values[other.id])
        return Distance(other.id, points, points <= (rule.margin or 0.0) + ROUNDING, values[other.id])

    return top.id, [distance(other) for other in rule.styles]


def _function(style: StyleRegion, point: Sequence[float]) -> float:
    weighed = (coefficient * value for coefficient, value in zip(style.coefficients, point, strict=True))
    return fsum((style.constant, *weighed))
