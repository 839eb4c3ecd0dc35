"""What answers add up to, exactly as a definition says, and how sure that is.

Means and sums of keyed answers, prorated where the definition allows for missing ones. The standard error of
measurement is SD * sqrt(1 - reliability), more where answers are missing; the interval is 1.96 of it on either side.
Percentiles and T scores (mean 50, SD 10) are those of a normal distribution with the norms' mean and SD.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import fsum, sqrt
from statistics import NormalDist

from app.assessments.rules.conditions import Answers
from app.assessments.rules.definition import Definition, Scale, combined
from app.assessments.rules.styles import ROUNDING, Style, classified

ENGINE = 1  # raised when the same answers to the same definition would lead to other figures
SURE = 1.96  # standard errors on either side within which 95 % lie


@dataclass(frozen=True, slots=True)
class ScaleScore:
    """A scale's `value` between `min` and `max`, from `answered` of its `items`; None with too few answers.

    What follows from figures that the definition doesn't give is None. The interval doesn't leave the scale's range.
    """

    scale: str
    value: float | None
    min: float
    max: float
    answered: int
    items: int
    standard_error: float | None
    interval: tuple[float, float] | None
    percentile: float | None
    t_score: float | None
    band: str | None


@dataclass(frozen=True, slots=True)
class ScoringResult:
    """The scores of all scales, and the style that follows from them."""

    scores: tuple[ScaleScore, ...]
    style: Style | None

    @property
    def is_nothing(self) -> bool:
        """Whether there were too few answers for any scale."""
        return all(score.value is None for score in self.scores)


@dataclass(frozen=True, slots=True)
class KeyedAnswer:
    """What became of one answer: what it counts and on which scale. Both are None if it isn't scored."""

    question: str
    raw: int
    keyed: float | None
    scale: str | None
    is_reversed: bool


def score(definition: Definition, answers: Answers) -> ScoringResult:
    """Score answers that have no `faults`. Those to questions that weren't asked are left out."""
    given = asked(definition, answers) if definition.branches else answers
    scores = tuple(_score(scale, given) for scale in definition.scales)
    if definition.style is None:
        return ScoringResult(scores, None)
    errors = {each.scale: each.standard_error for each in scores if each.standard_error is not None}
    values = {each.scale: each.value for each in scores if each.value is not None}
    return ScoringResult(scores, classified(definition.style, values, errors))


def faults(definition: Definition, answers: Answers) -> Iterator[tuple[str, str]]:
    """Questions whose answers can't be used, each with the reason; never with the answer."""
    known = definition.by_question
    for question, answer in answers.items():
        if question not in known:
            yield question, "There is no such question."
        elif answer not in known[question].counts:
            yield question, "This isn't one of the possible answers."


def asked(definition: Definition, answers: Answers) -> Mapping[str, int]:
    """The answers to questions that are asked of somebody who answers so, in their order."""
    given: dict[str, int] = {}
    for question in definition.questions:
        if question.id in answers and (question.show_if is None or question.show_if.holds(given)):
            given[question.id] = answers[question.id]
    return given


def questions_for(definition: Definition, answers: Answers) -> list[str]:
    """The questions that are asked of somebody who answers so, answered or not, in their order."""
    given = asked(definition, answers)
    return [each.id for each in definition.questions if each.show_if is None or each.show_if.holds(given)]


def explained(definition: Definition, answers: Answers) -> Iterator[KeyedAnswer]:
    """Every answer, once for each scale that it counts on, in the order of the questions."""
    given = asked(definition, answers)
    for question in definition.questions:
        if question.id not in answers:
            continue
        raw, places = answers[question.id], definition.places[question.id]
        if question.id not in given or not places:
            yield KeyedAnswer(question.id, raw, None, None, is_reversed=False)
            continue
        for scale, item in places:
            yield KeyedAnswer(question.id, raw, item.keyed[raw], scale, item.is_reversed)


def keyed_answers(scale: Scale, given: Answers) -> list[float | None]:
    """What each item of a scale counts, weighed, in their order; None where there is no answer."""
    return [item.weight * item.keyed[given[item.question]] if item.question in given else None for item in scale.items]


def _score(scale: Scale, given: Answers) -> ScaleScore:
    answered = [(item.weight, item.keyed[given[item.question]]) for item in scale.items if item.question in given]
    value = _value(scale, answered) if len(answered) >= scale.least else None
    error = None if value is None else _standard_error(scale, len(answered))
    norms = scale.norms
    return ScaleScore(
        scale=scale.id,
        value=value,
        min=scale.minimum,
        max=scale.maximum,
        answered=len(answered),
        items=len(scale.items),
        standard_error=error,
        interval=None if value is None or error is None else _interval(scale, value, error),
        percentile=None if value is None or norms is None else 100 * NormalDist(norms.mean, norms.sd).cdf(value),
        t_score=None if value is None or norms is None else 50 + 10 * (value - norms.mean) / norms.sd,
        band=None if value is None else _band(scale, value),
    )


def _value(scale: Scale, answered: list[tuple[float, float]]) -> float:
    value = combined(answered, is_mean=scale.is_mean)
    if len(answered) == len(scale.items):
        return value
    if scale.is_prorated and not scale.is_mean:
        value = value * fsum(item.weight for item in scale.items) / fsum(weight for weight, _ in answered)
    return min(max(value, scale.minimum), scale.maximum)  # rounding would leave the range by a last digit


def _standard_error(scale: Scale, answered: int) -> float | None:
    """Of measurement. Fewer answers that stand for all measure less exactly, as by so many fewer parallel items."""
    if scale.reliability is None:
        return None
    missing = sqrt(len(scale.items) / answered) if scale.is_prorated else 1.0
    return scale.reliability.standard_error * missing


def _interval(scale: Scale, value: float, error: float) -> tuple[float, float]:
    return max(value - SURE * error, scale.minimum), min(value + SURE * error, scale.maximum)


def _band(scale: Scale, value: float) -> str | None:
    reached = [band.id for band in scale.bands if band.low <= value + ROUNDING]
    return reached[-1] if reached else None
