"""Build the SVG chart of a member's questionnaire result."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.assessments.results.stored_results import DecryptedResult, get_result
from app.assessments.rules.definition import StyleRule
from app.assessments.rules.svg_chart import Axis, render_chart
from app.assessments.services import AssessmentServices
from app.core.db.session import Session

PLANE_SCALES = 2  # A result with a style based on this number of scales is drawn as a point on a plane.


def render_result_chart(session: Session, services: AssessmentServices, member_id: UUID, result_id: UUID) -> str:
    """Return a questionnaire result as an SVG chart. Raise ResultNotFound."""
    result = get_result(session, services, member_id, result_id)
    content, rule = result.questionnaire.content, result.questionnaire.definition.style
    names = {scale["id"]: scale["name"] for scale in content["scales"]}
    title, name = content["title"], str(result_id)
    if rule and len(rule.scales) == PLANE_SCALES:
        return render_chart(name, title, [_axis(result, names, scale, rule) for scale in rule.scales], is_plane=True)
    return render_chart(name, title, [_axis(result, names, scale) for scale in names], is_plane=False)


def _axis(result: DecryptedResult, names: Mapping[str, str], scale: str, rule: StyleRule | None = None) -> Axis:
    score: Mapping[str, Any] = next(score for score in result.outcome["scores"] if score["scale"] == scale)
    midpoint = rule.midpoints[rule.scales.index(scale)] if rule and rule.midpoints else None
    interval = score["interval"]
    return Axis(
        name=names[scale],
        low=score["min"],
        high=score["max"],
        value=score["value"],
        interval=(interval[0], interval[1]) if interval else None,
        midpoint=midpoint,
        margin=rule.margin if rule and not interval else None,
    )
