"""The scoring rules of a questionnaire, parsed from stored JSON.

docs/content.md describes the format. `app.assessments.files` validates the definitions before they are stored.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from math import fsum, sqrt
from typing import Any

from app.assessments.rules.conditions import Condition, parse_condition

JsonObject = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """A question, with the score of each possible answer before reverse keying."""

    id: str
    answer_scores: Mapping[int, float]
    show_if: Condition | None


@dataclass(frozen=True, slots=True)
class Item:
    """A question that belongs to a scale. `keyed_scores` maps each answer to its score after reverse keying."""

    question: str
    keyed_scores: Mapping[int, float]
    is_reversed: bool
    weight: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """The reliability coefficient of a scale, and the standard deviation of its scores in the same sample."""

    value: float
    sd: float

    @property
    def standard_error(self) -> float:
        """The standard error of measurement, in points of the scale."""
        return self.sd * sqrt(1 - self.value)


@dataclass(frozen=True, slots=True)
class Norms:
    """Mean and standard deviation of a scale's scores in a reference population."""

    mean: float
    sd: float


@dataclass(frozen=True, slots=True)
class Band:
    id: str
    low: float


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale. Its score is the mean or sum of its items, and requires at least `min_answered` answers.

    `minimum` and `maximum` are the lowest and highest possible scores.
    """

    id: str
    is_mean: bool
    items: tuple[Item, ...]
    min_answered: int
    is_prorated: bool
    minimum: float
    maximum: float
    reliability: Reliability | None
    norms: Norms | None
    bands: tuple[Band, ...]  # in ascending order

    @property
    def comparison_key(self) -> tuple[Any, ...]:
        """A key that is equal for two versions of a scale if their scores are comparable."""
        items = sorted((item.question, sorted(item.keyed_scores.items()), item.weight) for item in self.items)
        return self.is_mean, self.is_prorated, self.min_answered, items


@dataclass(frozen=True, slots=True)
class StyleRegion:
    """The range of scores that belongs to a style, defined by midpoints or by a linear discriminant function."""

    id: str
    is_high: tuple[bool, ...] = ()
    constant: float = 0.0
    coefficients: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class StyleRule:
    """The rule that derives a style from scores. Midpoints and styles list their values in the order of `scales`."""

    method: str  # "midpoint" or "linear_discriminant"
    scales: tuple[str, ...]
    midpoints: tuple[float, ...]
    margin: float | None
    styles: tuple[StyleRegion, ...]


@dataclass(frozen=True)
class Definition:
    questions: tuple[Question, ...]
    scales: tuple[Scale, ...]
    style: StyleRule | None

    @cached_property
    def question_by_id(self) -> Mapping[str, Question]:
        return {question.id: question for question in self.questions}

    @cached_property
    def scale_by_id(self) -> Mapping[str, Scale]:
        return {scale.id: scale for scale in self.scales}

    @cached_property
    def items_by_question(self) -> Mapping[str, list[tuple[str, Item]]]:
        """For each question id, the scales that contain the question, with the corresponding items."""
        return {
            question.id: [
                (scale.id, item) for scale in self.scales for item in scale.items if item.question == question.id
            ]
            for question in self.questions
        }

    @cached_property
    def has_conditions(self) -> bool:
        """Whether any question is shown only under a condition."""
        return any(question.show_if for question in self.questions)


def weighted_score(weighted_values: Sequence[tuple[float, float]], *, is_mean: bool) -> float:
    """Return the weighted sum or mean of (weight, value) pairs. The order of the pairs doesn't affect the result."""
    total = fsum(weight * value for weight, value in weighted_values)
    return total / fsum(weight for weight, _ in weighted_values) if is_mean else total


def parse_definition(stored: JsonObject) -> Definition:
    answer_scores = answer_scores_by_question(stored)
    options = {question: frozenset(values) for question, values in answer_scores.items()}
    return Definition(
        questions=tuple(
            Question(
                id=question["id"],
                answer_scores=answer_scores[question["id"]],
                show_if=parse_condition(question["show_if"], options) if "show_if" in question else None,
            )
            for question in stored["questions"]
        ),
        scales=tuple(parse_scale(scale, answer_scores) for scale in stored["scales"]),
        style=_parse_style_rule(stored["style"]) if "style" in stored else None,
    )


def definition_digest(stored: JsonObject) -> str:
    """Return the SHA-256 hash of a stored definition. The order of its keys doesn't affect the hash."""
    return sha256(json.dumps(stored, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def answer_scores_by_question(stored: JsonObject) -> dict[str, dict[int, float]]:
    """Return a mapping from each question id to the scores of the possible answers."""
    return {question["id"]: _answer_scores(question, stored) for question in stored["questions"]}


def answer_labels(question: JsonObject, stored: JsonObject) -> dict[int, str | None]:
    """Return a mapping from each possible answer to its label, or to None if it has no label."""
    if "options" in question:
        return {option["value"]: option["label"] for option in question["options"]}
    scale = find_response_scale(question, stored)
    return {value: scale["labels"].get(str(value)) for value in range(scale["min"], scale["max"] + 1)}


def find_response_scale(question: JsonObject, stored: JsonObject) -> JsonObject:
    """Return the response scale that a question refers to, or the first one if it refers to none."""
    scales: list[JsonObject] = stored["response_scales"]
    return next((scale for scale in scales if scale["id"] == question.get("response_scale")), scales[0])


def _answer_scores(question: JsonObject, stored: JsonObject) -> dict[int, float]:
    if "options" in question:
        return {option["value"]: option.get("score", option["value"]) for option in question["options"]}
    scores = find_response_scale(question, stored).get("scores", {})
    return {value: scores.get(str(value), value) for value in answer_labels(question, stored)}


def parse_scale(stored: JsonObject, answer_scores: Mapping[str, Mapping[int, float]]) -> Scale:
    is_mean, rule = stored["method"] == "mean", stored["missing"]["rule"]
    items = tuple(_parse_item(question, stored, answer_scores[question]) for question in stored["items"])
    reliability, norms = stored.get("reliability"), stored.get("norms")
    return Scale(
        id=stored["id"],
        is_mean=is_mean,
        items=items,
        min_answered=len(items) if rule == "require_complete" else stored["missing"]["min_answered"],
        is_prorated=rule == "prorate",
        minimum=weighted_score([(item.weight, min(item.keyed_scores.values())) for item in items], is_mean=is_mean),
        maximum=weighted_score([(item.weight, max(item.keyed_scores.values())) for item in items], is_mean=is_mean),
        reliability=Reliability(reliability["value"], reliability["sd"]) if reliability else None,
        norms=Norms(norms["mean"], norms["sd"]) if norms else None,
        bands=tuple(Band(band["id"], band["min"]) for band in stored.get("bands", {}).get("values", [])),
    )


def _parse_item(question: str, scale: JsonObject, answer_scores: Mapping[int, float]) -> Item:
    low, high = min(answer_scores.values()), max(answer_scores.values())
    is_reversed = question in scale.get("reverse_keyed", [])
    return Item(
        question=question,
        keyed_scores={answer: low + high - score if is_reversed else score for answer, score in answer_scores.items()},
        is_reversed=is_reversed,
        weight=scale.get("weights", {}).get(question, 1),
    )


def _parse_style_rule(stored: JsonObject) -> StyleRule:
    scales = tuple(stored["scales"])

    def in_scale_order(values: JsonObject) -> tuple[Any, ...]:
        return tuple(values[scale] for scale in scales)

    def parse_region(style: JsonObject) -> StyleRegion:
        if "position" in style:
            return StyleRegion(style["id"], is_high=tuple(side == "high" for side in in_scale_order(style["position"])))
        function = style["function"]
        return StyleRegion(
            style["id"], constant=function["constant"], coefficients=in_scale_order(function["coefficients"])
        )  # fmt: skip

    return StyleRule(
        method=stored["method"],
        scales=scales,
        midpoints=in_scale_order(stored["midpoints"]) if "midpoints" in stored else (),
        margin=stored.get("borderline_margin"),
        styles=tuple(map(parse_region, stored["styles"])),
    )
