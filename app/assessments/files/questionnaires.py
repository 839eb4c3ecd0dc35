"""Schema of the questionnaire files in seed_content/assessments/, described for editors in docs/content.md."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from app.core.source_files.fields import ContentModel, Href, Line, ReferenceEntry, Slug, Text, WebAddress

MAX_ANSWER_VALUE = 1000
MAX_QUESTIONS = 500
MAX_SCALES = 50


def _whole_number(value: str) -> str:
    if not value.removeprefix("-").isdecimal() or str(int(value)) != value:
        raise ValueError("must be one of the scale's numbers")
    return value


def _id(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", value):
        raise ValueError("must be lower-case letters, digits and underscores, such as q01; a letter first, at most 40")
    return value


Id = Annotated[str, AfterValidator(_id)]
Answer = Annotated[int, Field(ge=-MAX_ANSWER_VALUE, le=MAX_ANSWER_VALUE)]
AnswerKey = Annotated[str, AfterValidator(_whole_number)]
Number = Annotated[float, Field(ge=-1_000_000, le=1_000_000, allow_inf_nan=False)]
PositiveNumber = Annotated[float, Field(ge=0.000_001, le=1_000_000, allow_inf_nan=False)]
SampleSize = Annotated[int, Field(ge=1)]


class ResponseScaleEntry(ContentModel):
    id: Id
    min: Answer
    max: Answer
    labels: dict[AnswerKey, Line]
    scores: dict[AnswerKey, Number] | None = None


class SectionEntry(ContentModel):
    id: Id
    title: Line
    text: Line | None = None


class OptionEntry(ContentModel):
    value: Answer
    label: Line
    score: Number | None = None


class ConditionEntry(ContentModel):
    """A condition on the answer to an earlier question, or a combination of such conditions."""

    question: Id | None = None
    at_least: Answer | None = None
    at_most: Answer | None = None
    one_of: Annotated[list[Answer], Field(min_length=1)] | None = None
    all: Annotated[list["ConditionEntry"], Field(min_length=1)] | None = None
    any: Annotated[list["ConditionEntry"], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        comparisons = [self.at_least, self.at_most, self.one_of]
        kinds = [self.question, self.all, self.any]
        if sum(kind is not None for kind in kinds) != 1:
            raise ValueError("must have exactly one of question, all and any")
        if bool(self.question) != any(test is not None for test in comparisons):
            raise ValueError("must have question together with at_least, at_most or one_of")
        return self


class QuestionEntry(ContentModel):
    id: Id
    text: Line
    section: Id | None = None
    response_scale: Id | None = None
    options: Annotated[list[OptionEntry], Field(min_length=2)] | None = None
    scored: bool = True
    show_if: ConditionEntry | None = None


class MissingEntry(ContentModel):
    rule: Literal["require_complete", "prorate", "ignore"]
    min_answered: Annotated[int, Field(ge=1)] | None = None
    note: Line | None = None

    @model_validator(mode="after")
    def _check_min_answered(self) -> Self:
        if self.rule == "require_complete" and self.min_answered is not None:
            raise ValueError("must have no min_answered: the rule require_complete needs every answer")
        if self.rule != "require_complete" and self.min_answered is None:
            raise ValueError("must have min_answered: the smallest number of answers for a score")
        return self


class ReliabilityEntry(ContentModel):
    coefficient: Line
    value: Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]
    sd: PositiveNumber
    n: SampleSize | None = None
    population: Line
    source: Slug


class NormsEntry(ContentModel):
    mean: Number
    sd: PositiveNumber
    n: SampleSize | None = None
    population: Line
    source: Slug


class NextStepEntry(ContentModel):
    text: Line
    label: Line
    href: Href


class InterpretationEntry(ContentModel):
    title: Line
    text: Text
    next_step: NextStepEntry | None = None


class BandEntry(ContentModel):
    id: Id
    name: Line
    min: Number
    max: Number
    text: Text
    next_step: NextStepEntry | None = None

    @model_validator(mode="after")
    def _check_range(self) -> Self:
        if self.min > self.max:
            raise ValueError("min must not be larger than max")
        return self


class BandsEntry(ContentModel):
    source: Slug
    population: Line | None = None
    values: Annotated[list[BandEntry], Field(min_length=2)]


class ScaleEntry(ContentModel):
    id: Id
    name: Line
    description: Line
    low: Line | None = None
    high: Line | None = None
    method: Literal["mean", "sum"]
    items: Annotated[list[Id], Field(min_length=1)]
    reverse_keyed: list[Id] = Field(default_factory=list)
    weights: dict[Id, PositiveNumber] = Field(default_factory=dict)
    missing: MissingEntry
    reliability: ReliabilityEntry | None = None
    norms: NormsEntry | None = None
    bands: BandsEntry | None = None
    shares_items_with: list[Id] = Field(default_factory=list)


class FunctionEntry(ContentModel):
    constant: Number
    coefficients: dict[Id, Number]


class StyleEntry(InterpretationEntry):
    id: Id
    name: Line
    position: dict[Id, Literal["low", "high"]] | None = None
    function: FunctionEntry | None = None


class StyleRuleEntry(ContentModel):
    method: Literal["midpoint", "linear_discriminant"]
    scales: Annotated[list[Id], Field(min_length=1, max_length=4)]
    midpoints: dict[Id, Number] | None = None
    borderline_margin: PositiveNumber | None = None
    source: Slug | None = None
    note: Line | None = None
    styles: Annotated[list[StyleEntry], Field(min_length=2)]
    middle: InterpretationEntry | None = None


class RecommendationsEntry(ContentModel):
    topics: list[Slug] = Field(default_factory=list)
    articles: list[Slug] = Field(default_factory=list)
    journey: Slug | None = None


class LicenceEntry(ContentModel):
    status: Line
    holder: Line
    url: WebAddress | None = None
    commercial_use: Literal["allowed", "forbidden", "unclear"]
    override_reason: Text | None = None

    @model_validator(mode="after")
    def _check_commercial_use(self) -> Self:
        if self.commercial_use != "allowed" and self.override_reason is None:
            raise ValueError(f"is {self.commercial_use} for commercial use: get permission, or give override_reason")
        return self


class QuestionnaireFile(ContentModel):
    title: Line
    summary: Line
    minutes: Annotated[int, Field(ge=1, le=240)]
    about: Text
    instructions: Text
    disclaimer: Text
    response_scales: Annotated[list[ResponseScaleEntry], Field(min_length=1)]
    sections: list[SectionEntry] = Field(default_factory=list)
    questions: Annotated[list[QuestionEntry], Field(min_length=1, max_length=MAX_QUESTIONS)]
    scales: Annotated[list[ScaleEntry], Field(min_length=1, max_length=MAX_SCALES)]
    style: StyleRuleEntry | None = None
    recommendations: RecommendationsEntry = Field(default_factory=RecommendationsEntry)
    licence: LicenceEntry
    references: list[ReferenceEntry] = Field(default_factory=list)
