"""What a file of seed_content/assessments/ may say. docs/content.md explains it to editors."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from app.core.source_files.fields import Href, Https, Line, ReferenceEntry, Shape, Slug, Text

LARGEST = 1000  # that an answer may be
MOST_QUESTIONS = 500
MOST_SCALES = 50


def _whole_number(value: str) -> str:
    if not value.removeprefix("-").isdecimal() or str(int(value)) != value:
        raise ValueError("must be one of the scale's numbers")
    return value


def _id(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", value):
        raise ValueError("must be lower-case letters, digits and underscores, such as q01; a letter first, at most 40")
    return value


Id = Annotated[str, AfterValidator(_id)]
Answer = Annotated[int, Field(ge=-LARGEST, le=LARGEST)]
AnswerKey = Annotated[str, AfterValidator(_whole_number)]
Number = Annotated[float, Field(ge=-1_000_000, le=1_000_000, allow_inf_nan=False)]
Positive = Annotated[float, Field(ge=0.000_001, le=1_000_000, allow_inf_nan=False)]
People = Annotated[int, Field(ge=1)]


class ResponseScaleEntry(Shape):
    id: Id
    min: Answer
    max: Answer
    labels: dict[AnswerKey, Line]
    scores: dict[AnswerKey, Number] | None = None


class SectionEntry(Shape):
    id: Id
    title: Line
    text: Line | None = None


class OptionEntry(Shape):
    value: Answer
    label: Line
    score: Number | None = None


class ConditionEntry(Shape):
    """An earlier question's answer, or several such conditions."""

    question: Id | None = None
    at_least: Answer | None = None
    at_most: Answer | None = None
    one_of: Annotated[list[Answer], Field(min_length=1)] | None = None
    all: Annotated[list["ConditionEntry"], Field(min_length=1)] | None = None
    any: Annotated[list["ConditionEntry"], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _one_of_a_kind(self) -> Self:
        tests = [self.at_least, self.at_most, self.one_of]
        kinds = [self.question, self.all, self.any]
        if sum(each is not None for each in kinds) != 1:
            raise ValueError("must have either question, all or any")
        if bool(self.question) != any(each is not None for each in tests):
            raise ValueError("must have question with at_least, at_most or one_of")
        return self


class QuestionEntry(Shape):
    id: Id
    text: Line
    section: Id | None = None
    response_scale: Id | None = None
    options: Annotated[list[OptionEntry], Field(min_length=2)] | None = None
    scored: bool = True
    show_if: ConditionEntry | None = None


class MissingEntry(Shape):
    rule: Literal["require_complete", "prorate", "ignore"]
    min_answered: Annotated[int, Field(ge=1)] | None = None
    note: Line | None = None

    @model_validator(mode="after")
    def _how_many(self) -> Self:
        if self.rule == "require_complete" and self.min_answered is not None:
            raise ValueError("must have no min_answered: the rule require_complete needs every answer")
        if self.rule != "require_complete" and self.min_answered is None:
            raise ValueError("must say min_answered: how many answers it needs at least")
        return self


class ReliabilityEntry(Shape):
    coefficient: Line
    value: Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]
    sd: Positive
    n: People | None = None
    population: Line
    source: Slug


class NormsEntry(Shape):
    mean: Number
    sd: Positive
    n: People | None = None
    population: Line
    source: Slug


class NextStepEntry(Shape):
    text: Line
    label: Line
    href: Href


class InterpretationEntry(Shape):
    title: Line
    text: Text
    next_step: NextStepEntry | None = None


class BandEntry(Shape):
    id: Id
    name: Line
    min: Number
    max: Number
    text: Text
    next_step: NextStepEntry | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min > self.max:
            raise ValueError("ends before it begins: min must not be more than max")
        return self


class BandsEntry(Shape):
    source: Slug
    population: Line | None = None
    values: Annotated[list[BandEntry], Field(min_length=2)]


class ScaleEntry(Shape):
    id: Id
    name: Line
    description: Line
    low: Line | None = None
    high: Line | None = None
    method: Literal["mean", "sum"]
    items: Annotated[list[Id], Field(min_length=1)]
    reverse_keyed: list[Id] = Field(default_factory=list)
    weights: dict[Id, Positive] = Field(default_factory=dict)
    missing: MissingEntry
    reliability: ReliabilityEntry | None = None
    norms: NormsEntry | None = None
    bands: BandsEntry | None = None
    shares_items_with: list[Id] = Field(default_factory=list)


class FunctionEntry(Shape):
    constant: Number
    coefficients: dict[Id, Number]


class StyleEntry(InterpretationEntry):
    id: Id
    name: Line
    position: dict[Id, Literal["low", "high"]] | None = None
    function: FunctionEntry | None = None


class StyleRuleEntry(Shape):
    method: Literal["midpoint", "linear_discriminant"]
    scales: Annotated[list[Id], Field(min_length=1, max_length=4)]
    midpoints: dict[Id, Number] | None = None
    borderline_margin: Positive | None = None
    source: Slug | None = None
    note: Line | None = None
    styles: Annotated[list[StyleEntry], Field(min_length=2)]
    middle: InterpretationEntry | None = None


class RecommendationsEntry(Shape):
    topics: list[Slug] = Field(default_factory=list)
    articles: list[Slug] = Field(default_factory=list)
    journey: Slug | None = None


class LicenceEntry(Shape):
    status: Line
    holder: Line
    url: Https | None = None
    commercial_use: Literal["allowed", "forbidden", "unclear"]
    override_reason: Text | None = None

    @model_validator(mode="after")
    def _is_granted(self) -> Self:
        if self.commercial_use != "allowed" and self.override_reason is None:
            raise ValueError(f"is {self.commercial_use} for commercial use: get a permission, or give override_reason")
        return self


class QuestionnaireFile(Shape):
    title: Line
    summary: Line
    minutes: Annotated[int, Field(ge=1, le=240)]
    about: Text
    instructions: Text
    disclaimer: Text
    response_scales: Annotated[list[ResponseScaleEntry], Field(min_length=1)]
    sections: list[SectionEntry] = Field(default_factory=list)
    questions: Annotated[list[QuestionEntry], Field(min_length=1, max_length=MOST_QUESTIONS)]
    scales: Annotated[list[ScaleEntry], Field(min_length=1, max_length=MOST_SCALES)]
    style: StyleRuleEntry | None = None
    recommendations: RecommendationsEntry = Field(default_factory=RecommendationsEntry)
    licence: LicenceEntry
    references: list[ReferenceEntry] = Field(default_factory=list)
