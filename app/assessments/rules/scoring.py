"""Score questionnaire answers, with the precision of each score.

A score is the mean or sum of the answers, with reverse-keyed items reversed. Missing answers can be prorated. The
standard error of measurement is `SD * sqrt(1 - reliability)`, and larger for prorated scores. The 95 % interval is the
score plus or minus 1.96 standard errors. Percentiles and T scores (mean 50, SD 10) assume that the scores of the norm
population are normally distributed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import fsum, sqrt
from statistics import NormalDist

from app.assessments.rules.conditions import Answers
from app.assessments.rules.definition import Definition, Scale, weighted_score
from app.assessments.rules.styles import BOUNDARY_TOLERANCE, Style, classify

ENGINE_VERSION = 1  # Increase this if a code change makes the same answers give different scores.
Z_95 = 1.96  # normal quantile for a two-sided 95 % interval


@dataclass(frozen=True, slots=True)
class ScaleScore:
    """The score of a scale. `value` is None if too few questions were answered.

    `interval` is limited to the range from `min` to `max`. Fields that depend on reliability, norms or bands are None
    if the scale doesn't define them.
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
    """The scores of all scales, and the style derived from them, such as an attachment style."""

    scores: tuple[ScaleScore, ...]
    style: Style | None

    @property
    def is_empty(self) -> bool:
        """Whether no scale has enough answers for a score."""
        return all(score.value is None for score in self.scores)


@dataclass(frozen=True, slots=True)
class KeyedAnswer:
    """An answer to a question, and its score on one scale.

    `raw` is the answer. `keyed` is its score after reversal, or None together with `scale` if the answer isn't scored.
    """

    question: str
    raw: int
    keyed: float | None
    scale: str | None
    is_reversed: bool


def score(definition: Definition, answers: Answers) -> ScoringResult:
    """Score answers that are valid according to `find_answer_errors`. Answers to hidden questions are ignored."""
    asked = filter_asked(definition, answers) if definition.has_conditions else answers
    scores = tuple(_score_scale(scale, asked) for scale in definition.scales)
    if definition.style is None:
        return ScoringResult(scores, None)
    standard_errors = {
        scale_score.scale: scale_score.standard_error
        for scale_score in scores
        if scale_score.standard_error is not None
    }
    values = {scale_score.scale: scale_score.value for scale_score in scores if scale_score.value is not None}
    return ScoringResult(scores, classify(definition.style, values, standard_errors))


def find_answer_errors(definition: Definition, answers: Answers) -> Iterator[tuple[str, str]]:
    """Yield the id of each question with an invalid answer, and a message that doesn't reveal the answer."""
    questions = definition.question_by_id
    for question, answer in answers.items():
        if question not in questions:
            yield question, "This questionnaire has no such question."
        elif answer not in questions[question].answer_scores:
            yield question, "This isn't one of the possible answers."


def filter_asked(definition: Definition, answers: Answers) -> Mapping[str, int]:
    """Return the answers without those to hidden questions, in the order of the questions."""
    asked: dict[str, int] = {}
    for question in definition.questions:
        if question.id in answers and (question.show_if is None or question.show_if.is_met(asked)):
            asked[question.id] = answers[question.id]
    return asked


def list_asked_questions(definition: Definition, answers: Answers) -> list[str]:
    """Return the ids of all questions that are shown, given these answers."""
    asked = filter_asked(definition, answers)
    return [
        question.id for question in definition.questions if question.show_if is None or question.show_if.is_met(asked)
    ]


def explain_answers(definition: Definition, answers: Answers) -> Iterator[KeyedAnswer]:
    """Yield each answer with its score, in the order of the questions.

    An answer that counts for several scales is yielded once for each of them.
    """
    asked = filter_asked(definition, answers)
    for question in definition.questions:
        if question.id not in answers:
            continue
        raw, scale_items = answers[question.id], definition.items_by_question[question.id]
        if question.id not in asked or not scale_items:
            yield KeyedAnswer(question.id, raw, None, None, is_reversed=False)
            continue
        for scale, item in scale_items:
            yield KeyedAnswer(question.id, raw, item.keyed_scores[raw], scale, item.is_reversed)


def keyed_answers(scale: Scale, answers: Answers) -> list[float | None]:
    """Return the weighted score of each item of a scale, or None if the item wasn't answered."""
    return [
        item.weight * item.keyed_scores[answers[item.question]] if item.question in answers else None
        for item in scale.items
    ]


def _score_scale(scale: Scale, answers: Answers) -> ScaleScore:
    answered = [
        (item.weight, item.keyed_scores[answers[item.question]]) for item in scale.items if item.question in answers
    ]
    value = _scale_value(scale, answered) if len(answered) >= scale.min_answered else None
    standard_error = None if value is None else _standard_error(scale, len(answered))
    norms = scale.norms
    return ScaleScore(
        scale=scale.id,
        value=value,
        min=scale.minimum,
        max=scale.maximum,
        answered=len(answered),
        items=len(scale.items),
        standard_error=standard_error,
        interval=None
        if value is None or standard_error is None
        else _confidence_interval(scale, value, standard_error),
        percentile=None if value is None or norms is None else 100 * NormalDist(norms.mean, norms.sd).cdf(value),
        t_score=None if value is None or norms is None else 50 + 10 * (value - norms.mean) / norms.sd,
        band=None if value is None else _find_band(scale, value),
    )


def _scale_value(scale: Scale, weighted_values: list[tuple[float, float]]) -> float:
    value = weighted_score(weighted_values, is_mean=scale.is_mean)
    if len(weighted_values) == len(scale.items):
        return value
    if scale.is_prorated and not scale.is_mean:
        value = value * fsum(item.weight for item in scale.items) / fsum(weight for weight, _ in weighted_values)
    return min(max(value, scale.minimum), scale.maximum)  # Floating-point rounding can exceed the range.


def _standard_error(scale: Scale, answered: int) -> float | None:
    """Return the standard error of measurement, or None if the reliability is unknown.

    For prorated scores it is multiplied by sqrt(items / answered), which assumes equivalent items with independent
    errors.
    """
    if scale.reliability is None:
        return None
    factor = sqrt(len(scale.items) / answered) if scale.is_prorated else 1.0
    return scale.reliability.standard_error * factor


def _confidence_interval(scale: Scale, value: float, standard_error: float) -> tuple[float, float]:
    return max(value - Z_95 * standard_error, scale.minimum), min(value + Z_95 * standard_error, scale.maximum)


def _find_band(scale: Scale, value: float) -> str | None:
    reached_bands = [band.id for band in scale.bands if band.low <= value + BOUNDARY_TOLERANCE]
    return reached_bands[-1] if reached_bands else None
