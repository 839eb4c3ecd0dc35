"""Two results of one assessment, scale by scale, and in words what the difference is worth."""

from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Any

from app.assessments.questionnaires import Questionnaire
from app.assessments.results.schemas import ChangeBasis, ScaleChange
from app.assessments.rules.definition import Scale, options_of
from app.assessments.rules.reliable_change import ReliableChange, change

Outcome = Mapping[str, Any]

CHANGED = (
    "This score changed by more than the questionnaire's own uncertainty would explain. Why it did, a score can't say."
)
UNCHANGED = "No reliable change: a difference of this size also comes about when nothing has changed."
SAME = "No difference: both times the score was the same."
NO_VERDICT = (
    "There is a difference, but no verdict: nobody has measured how much this score moves by itself, so please don't "
    "read much into it."
)
NO_SCORE = "There is nothing to compare: one of the two results has no score on this scale."
OTHER_QUESTIONS = "There is nothing to compare: this scale has other questions or other rules by now."

Side = tuple[Questionnaire, Outcome]


def changes(before: Side, after: Side) -> Iterator[ScaleChange]:
    """For each scale of the later result, what became of it since the earlier one."""
    (earlier, first), (later, second) = before, after
    values = {score["scale"]: score["value"] for score in first["scores"]}
    for stored, score in zip(later.stored["scales"], second["scores"], strict=True):
        name, then, now = score["scale"], values.get(score["scale"]), score["value"]
        scale, was = later.definition.by_scale[name], earlier.definition.by_scale.get(name)
        is_same = was is not None and was.key == scale.key and _asked(earlier, was) == _asked(later, scale)
        found = change(then, now, scale.reliability) if is_same and then is not None and now is not None else None
        basis = stored.get("reliability")
        yield ScaleChange(
            scale=name,
            name=stored["name"],
            before=then,
            after=now,
            difference=found.difference if found else None,
            standard_error=found.standard_error if found else None,
            rci=found.index if found else None,
            reliable=found.reliable if found else None,
            words=_words(found, is_same=is_same),
            basis=ChangeBasis.model_validate(basis) if basis else None,
        )


def _asked(questionnaire: Questionnaire, scale: Scale) -> list[Any]:
    """A scale's questions in their words, with what can be answered in its words."""
    stored, items = questionnaire.stored, {item.question for item in scale.items}
    asked = ((each["id"], each["text"], options_of(each, stored)) for each in stored["questions"])
    return sorted((each for each in asked if each[0] in items), key=itemgetter(0))


def _words(found: ReliableChange | None, *, is_same: bool) -> str:
    if found is None:
        return NO_SCORE if is_same else OTHER_QUESTIONS
    match found:
        case ReliableChange(difference=0):
            return SAME
        case ReliableChange(reliable=True):
            return CHANGED
        case ReliableChange(reliable=False):
            return UNCHANGED
    return NO_VERDICT
