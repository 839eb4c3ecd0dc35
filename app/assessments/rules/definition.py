"""What a questionnaire says about its scoring, made from the JSON that a checked file is stored as.

docs/content.md explains the format; `seed` has checked that a definition makes sense before it is stored.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from math import fsum, sqrt
from typing import Any

from app.assessments.rules.conditions import Condition, condition_of

Stored = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """`counts` is what each possible answer counts, before any reversal."""

    id: str
    counts: Mapping[int, float]
    show_if: Condition | None


@dataclass(frozen=True, slots=True)
class Item:
    """A question as a scale counts it. `keyed` is what each answer counts in the scale's direction."""

    question: str
    keyed: Mapping[int, float]
    is_reversed: bool
    weight: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """How exactly a scale measures, as found in some population: its reliability and the standard deviation there."""

    value: float
    sd: float

    @property
    def standard_error(self) -> float:
        """Of measurement, in points of the scale."""
        return self.sd * sqrt(1 - self.value)


@dataclass(frozen=True, slots=True)
class Norms:
    """Mean and standard deviation of a scale in some population."""

    mean: float
    sd: float


@dataclass(frozen=True, slots=True)
class Band:
    id: str
    low: float


@dataclass(frozen=True, slots=True)
class Scale:
    """`least` is how many answers it needs. With fewer than all, a sum is prorated or counts what was answered.

    `minimum` and `maximum` are the scores that all the lowest and all the highest answers lead to.
    """

    id: str
    is_mean: bool
    items: tuple[Item, ...]
    least: int
    is_prorated: bool
    minimum: float
    maximum: float
    reliability: Reliability | None
    norms: Norms | None
    bands: tuple[Band, ...]  # ascending

    @property
    def key(self) -> tuple[Any, ...]:
        """Alike for scales whose scores mean the same."""
        items = sorted((each.question, sorted(each.keyed.items()), each.weight) for each in self.items)
        return self.is_mean, self.is_prorated, self.least, items


@dataclass(frozen=True, slots=True)
class StyleRegion:
    """Where a style lies: on which side of each midpoint, or its linear discriminant function."""

    id: str
    is_high: tuple[bool, ...] = ()
    constant: float = 0.0
    coefficients: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class StyleRule:
    """How scores lead to a style. `midpoints` and each style's values are in the order of `scales`."""

    method: str  # midpoint or linear_discriminant
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
    def by_question(self) -> Mapping[str, Question]:
        return {question.id: question for question in self.questions}

    @cached_property
    def by_scale(self) -> Mapping[str, Scale]:
        return {scale.id: scale for scale in self.scales}

    @cached_property
    def places(self) -> Mapping[str, list[tuple[str, Item]]]:
        """Where each question counts: scales, and how each keys it."""
        return {
            question.id: [
                (scale.id, item) for scale in self.scales for item in scale.items if item.question == question.id
            ]
            for question in self.questions
        }

    @cached_property
    def branches(self) -> bool:
        """Whether some questions are asked only sometimes."""
        return any(question.show_if for question in self.questions)


def combined(weighed: Sequence[tuple[float, float]], *, is_mean: bool) -> float:
    """The sum or mean of (weight, value); the same to the last digit in whichever order they come."""
    total = fsum(weight * value for weight, value in weighed)
    return total / fsum(weight for weight, _ in weighed) if is_mean else total


def definition_of(stored: Stored) -> Definition:
    counts = counts_of(stored)
    options = {question: frozenset(values) for question, values in counts.items()}
    return Definition(
        questions=tuple(
            Question(
                id=each["id"],
                counts=counts[each["id"]],
                show_if=condition_of(each["show_if"], options) if "show_if" in each else None,
            )
            for each in stored["questions"]
        ),
        scales=tuple(scale_of(each, counts) for each in stored["scales"]),
        style=_style_rule(stored["style"]) if "style" in stored else None,
    )


def digest_of(stored: Stored) -> str:
    """Alike for definitions that say the same."""
    return sha256(json.dumps(stored, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def counts_of(stored: Stored) -> dict[str, dict[int, float]]:
    """What each possible answer to each question counts."""
    return {question["id"]: _counts(question, stored) for question in stored["questions"]}


def options_of(question: Stored, stored: Stored) -> dict[int, str | None]:
    """What a question may be answered with, each with its label if it has one."""
    if "options" in question:
        return {each["value"]: each["label"] for each in question["options"]}
    answers = response_scale_of(question, stored)
    return {value: answers["labels"].get(str(value)) for value in range(answers["min"], answers["max"] + 1)}


def response_scale_of(question: Stored, stored: Stored) -> Stored:
    """The one that it names, or the first."""
    scales: list[Stored] = stored["response_scales"]
    return next((each for each in scales if each["id"] == question.get("response_scale")), scales[0])


def _counts(question: Stored, stored: Stored) -> dict[int, float]:
    if "options" in question:
        return {each["value"]: each.get("score", each["value"]) for each in question["options"]}
    scores = response_scale_of(question, stored).get("scores", {})
    return {value: scores.get(str(value), value) for value in options_of(question, stored)}


def scale_of(stored: Stored, counts: Mapping[str, Mapping[int, float]]) -> Scale:
    is_mean, rule = stored["method"] == "mean", stored["missing"]["rule"]
    items = tuple(_item(question, stored, counts[question]) for question in stored["items"])
    reliability, norms = stored.get("reliability"), stored.get("norms")
    return Scale(
        id=stored["id"],
        is_mean=is_mean,
        items=items,
        least=len(items) if rule == "require_complete" else stored["missing"]["min_answered"],
        is_prorated=rule == "prorate",
        minimum=combined([(item.weight, min(item.keyed.values())) for item in items], is_mean=is_mean),
        maximum=combined([(item.weight, max(item.keyed.values())) for item in items], is_mean=is_mean),
        reliability=Reliability(reliability["value"], reliability["sd"]) if reliability else None,
        norms=Norms(norms["mean"], norms["sd"]) if norms else None,
        bands=tuple(Band(each["id"], each["min"]) for each in stored.get("bands", {}).get("values", [])),
    )


def _item(question: str, scale: Stored, counts: Mapping[int, float]) -> Item:
    low, high = min(counts.values()), max(counts.values())
    is_reversed = question in scale.get("reverse_keyed", [])
    return Item(
        question=question,
        keyed={answer: low + high - value if is_reversed else value for answer, value in counts.items()},
        is_reversed=is_reversed,
        weight=scale.get("weights", {}).get(question, 1),
    )


def _style_rule(stored: Stored) -> StyleRule:
    scales = tuple(stored["scales"])

    def along(values: Stored) -> tuple[Any, ...]:
        return tuple(values[scale] for scale in scales)

    def region(style: Stored) -> StyleRegion:
        if "position" in style:
            return StyleRegion(style["id"], is_high=tuple(each == "high" for each in along(style["position"])))
        function = style["function"]
        return StyleRegion(
            style["id"], constant=function["constant"], coefficients=along(function["coefficients"])
        )  # fmt: skip

    return StyleRule(
        method=stored["method"],
        scales=scales,
        midpoints=along(stored["midpoints"]) if "midpoints" in stored else (),
        margin=stored.get("borderline_margin"),
        styles=tuple(map(region, stored["styles"])),
    )
