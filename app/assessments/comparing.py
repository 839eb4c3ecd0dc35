"""Two results of one assessment, scale by scale, and in words what the difference is worth."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.assessments.change import Change, change
from app.assessments.definition import Scale
from app.assessments.questionnaires import Questionnaire

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


def changes(before: Side, after: Side) -> Iterator[dict[str, Any]]:
    """For each scale of the later result, what became of it since the earlier one."""
    (earlier, first), (later, second) = before, after
    values = {score["scale"]: score["value"] for score in first["scores"]}
    for stored, score in zip(later.stored["scales"], second["scores"], strict=True):
        name, then, now = score["scale"], values.get(score["scale"]), score["value"]
        scale, was = later.definition.by_scale[name], earlier.definition.by_scale.get(name)
        found = None
        if was and was.key == scale.key and then is not None and now is not None:
            found = change(then, now, scale.reliability)
        yield {
            "scale": name,
            "name": stored["name"],
            "before": then,
            "after": now,
            "difference": found and found.difference,
            "standard_error": found and found.standard_error,
            "rci": found and found.index,
            "reliable": found and found.reliable,
            "words": _words(found, scale, was),
            "basis": stored.get("reliability"),
        }


def _words(found: Change | None, scale: Scale, was: Scale | None) -> str:
    if found is None:
        return NO_SCORE if was and was.key == scale.key else OTHER_QUESTIONS
    match found:
        case Change(reliable=True):
            return CHANGED
        case Change(reliable=False):
            return UNCHANGED
        case Change(difference=0):
            return SAME
    return NO_VERDICT
