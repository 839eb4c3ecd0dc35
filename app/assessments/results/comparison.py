"""Compare two results of the same questionnaire, scale by scale, and explain each change in words."""

from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Any

from app.assessments.questionnaires import Questionnaire
from app.assessments.results.schemas import ChangeBasis, ScaleChange
from app.assessments.rules.definition import Scale, answer_labels
from app.assessments.rules.reliable_change import ReliableChange, compute_reliable_change

Outcome = Mapping[str, Any]

RELIABLE_CHANGE_TEXT = (
    "This score changed by more than the uncertainty of the questionnaire explains. The score can't show the reason "
    "for the change."
)
NO_RELIABLE_CHANGE_TEXT = "No reliable change: a difference of this size also occurs when nothing has changed."
SAME_SCORE_TEXT = "No difference: the score was the same both times."
NO_VERDICT_TEXT = (
    "There is a difference, but no verdict: the uncertainty of this score has not been measured, so please don't read "
    "much into the difference."
)
NO_SCORE_TEXT = "There is nothing to compare: one of the two results has no score on this scale."
NOT_COMPARABLE_TEXT = "There is nothing to compare: this scale now has other questions or other rules."

QuestionnaireOutcome = tuple[Questionnaire, Outcome]


def compare_outcomes(before: QuestionnaireOutcome, after: QuestionnaireOutcome) -> Iterator[ScaleChange]:
    """Yield the change in each scale's score from the first result to the second."""
    (earlier, earlier_outcome), (later, later_outcome) = before, after
    values = {score["scale"]: score["value"] for score in earlier_outcome["scores"]}
    for scale_content, score in zip(later.content["scales"], later_outcome["scores"], strict=True):
        name, earlier_value, later_value = score["scale"], values.get(score["scale"]), score["value"]
        scale, earlier_scale = later.definition.scale_by_id[name], earlier.definition.scale_by_id.get(name)
        is_comparable = (
            earlier_scale is not None
            and earlier_scale.comparison_key == scale.comparison_key
            and _questions_of_scale(earlier, earlier_scale) == _questions_of_scale(later, scale)
        )
        change = (
            compute_reliable_change(earlier_value, later_value, scale.reliability)
            if is_comparable and earlier_value is not None and later_value is not None
            else None
        )
        basis = scale_content.get("reliability")
        yield ScaleChange(
            scale=name,
            name=scale_content["name"],
            before=earlier_value,
            after=later_value,
            difference=change.difference if change else None,
            standard_error=change.standard_error if change else None,
            rci=change.index if change else None,
            reliable=change.is_reliable if change else None,
            words=_verdict(change, is_comparable=is_comparable),
            basis=ChangeBasis.model_validate(basis) if basis else None,
        )


def _questions_of_scale(questionnaire: Questionnaire, scale: Scale) -> list[Any]:
    """Return the question and answer texts of a scale. Scores are comparable only if these texts are equal."""
    content, items = questionnaire.content, {item.question for item in scale.items}
    rows = ((question["id"], question["text"], answer_labels(question, content)) for question in content["questions"])
    return sorted((row for row in rows if row[0] in items), key=itemgetter(0))


def _verdict(change: ReliableChange | None, *, is_comparable: bool) -> str:
    if change is None:
        return NO_SCORE_TEXT if is_comparable else NOT_COMPARABLE_TEXT
    match change:
        case ReliableChange(difference=0):
            return SAME_SCORE_TEXT
        case ReliableChange(is_reliable=True):
            return RELIABLE_CHANGE_TEXT
        case ReliableChange(is_reliable=False):
            return NO_RELIABLE_CHANGE_TEXT
    return NO_VERDICT_TEXT
