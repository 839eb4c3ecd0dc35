"""A member's result as a picture."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.assessments.results.stored_results import OpenedResult, find_result
from app.assessments.rules.definition import StyleRule
from app.assessments.rules.svg_chart import Axis, chart
from app.assessments.services import AssessmentServices
from app.core.db.session import Session

PLANE = 2  # scales


def chart_of(reads: Session, services: AssessmentServices, member_id: UUID, result_id: UUID) -> str:
    """Raises ResultNotFound."""
    result = find_result(reads, services, member_id, result_id)
    stored, rule = result.questionnaire.stored, result.questionnaire.definition.style
    names = {scale["id"]: scale["name"] for scale in stored["scales"]}
    title, name = stored["title"], str(result_id)
    if rule and len(rule.scales) == PLANE:
        return chart(name, title, [_axis(result, names, scale, rule) for scale in rule.scales], is_plane=True)
    return chart(name, title, [_axis(result, names, scale) for scale in names], is_plane=False)


def _axis(result: OpenedResult, names: Mapping[str, str], scale: str, rule: StyleRule | None = None) -> Axis:
    score: Mapping[str, Any] = next(each for each in result.outcome["scores"] if each["scale"] == scale)
    middle = rule.midpoints[rule.scales.index(scale)] if rule and rule.midpoints else None
    interval = score["interval"]
    return Axis(
        name=names[scale],
        low=score["min"],
        high=score["max"],
        value=score["value"],
        interval=(interval[0], interval[1]) if interval else None,
        middle=middle,
        margin=rule.margin if rule and not interval else None,
    )
