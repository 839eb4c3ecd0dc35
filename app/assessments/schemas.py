"""Response schemas of the public questionnaire endpoints."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_origin

from pydantic import BaseModel, Field, model_validator

from app.articles.schemas import Reference
from app.core.db.pagination import Page

TITLE = "Attachment reflection"
SLUG = "attachment-reflection"


class StoredJsonModel(BaseModel):
    """Base class for responses built from stored JSON. Missing keys become null or an empty list."""

    @model_validator(mode="before")
    @classmethod
    def _fill_missing_fields(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        lists = {name for name, field in cls.model_fields.items() if get_origin(field.annotation) is list}
        return {name: value.get(name, [] if name in lists else None) for name in cls.model_fields}


class AssessmentSummary(BaseModel):
    slug: str = Field(examples=[SLUG])
    version: int
    title: str = Field(examples=[TITLE])
    summary: str = Field(examples=["How easily you worry about closeness, and how easily you lean on others."])
    minutes: int = Field(description="Approximate duration in minutes.", examples=[6])
    question_count: int = Field(examples=[24])


@dataclass
class AssessmentPage(Page[AssessmentSummary]):
    items: list[AssessmentSummary]


class ResponseScaleRead(BaseModel):
    """The possible answers to a question: the whole numbers from `min` to `max`. Some may have no label."""

    min: int = Field(examples=[1])
    max: int = Field(examples=[7])
    labels: dict[str, str] = Field(examples=[{"1": "Not at all like me", "7": "Very much like me"}])


class SectionRead(StoredJsonModel):
    id: str = Field(examples=["worries"])
    title: str = Field(examples=["When you worry"])
    text: str | None = Field(examples=[None])


class OptionRead(BaseModel):
    value: int = Field(examples=[1])
    label: str | None = Field(examples=["Yes"])


class ConditionRead(StoredJsonModel):
    """A condition on the answer to an earlier question, or a combination of conditions with `all` or `any`.

    An answer is compared by `at_least`, `at_most` or `one_of`. A condition on a question that is unanswered or hidden
    isn't met.
    """

    question: str | None = Field(examples=["q01"])
    at_least: int | None = Field(examples=[3])
    at_most: int | None = Field(examples=[None])
    one_of: list[int] = Field(
        description="Accepted answers; empty if any answer within the bounds is accepted.", examples=[[]]
    )
    all: list["ConditionRead"] = Field(examples=[[]])
    any: list["ConditionRead"] = Field(examples=[[]])


class QuestionRead(StoredJsonModel):
    id: str = Field(description="Stable id; the key of the answer in `answers`.", examples=["q01"])
    text: str = Field(examples=["When a message stays unanswered for a day, I start to worry about us."])
    section: str | None = Field(examples=["worries"])
    options: list[OptionRead] | None = Field(
        description="The possible answers; null if the question uses the `response_scale`.", examples=[None]
    )
    scored: bool
    show_if: ConditionRead | None = Field(
        description="Condition for showing the question; null if it is always shown.", examples=[None]
    )


class MissingRead(StoredJsonModel):
    """The rule for missing answers. There is no score with fewer than `min_answered` answers.

    `require_complete` requires all answers, `prorate` extrapolates from the given answers, and `ignore` counts a
    missing answer as 0.
    """

    rule: Literal["prorate", "require_complete", "ignore"]
    min_answered: int | None = Field(examples=[10])
    note: str | None = Field(examples=[None])


class ReliabilityRead(StoredJsonModel):
    """The reliability of a scale, as measured in one population."""

    coefficient: str = Field(examples=["Cronbach's alpha"])
    value: float = Field(examples=[0.9])
    sd: float = Field(examples=[1.1])
    n: int | None = Field(examples=[1000])
    population: str = Field(examples=["Adults who answered online"])
    source: str = Field(description="The id of a reference.", examples=["smith-2020"])


class NormsRead(StoredJsonModel):
    """Mean and standard deviation of a scale's scores in a reference population."""

    mean: float = Field(examples=[3.5])
    sd: float = Field(examples=[1.1])
    n: int | None = Field(examples=[1000])
    population: str = Field(examples=["Adults who answered online"])
    source: str = Field(description="The id of a reference.", examples=["smith-2020"])


class BandRead(BaseModel):
    """A named range of scores, including `min` and `max`. A score on the boundary between two bands belongs to the
    higher band.
    """

    id: str = Field(examples=["moderate"])
    name: str = Field(examples=["Moderate"])
    min: float = Field(examples=[2.0])
    max: float = Field(examples=[4.0])


class BandsRead(StoredJsonModel):
    source: str = Field(description="The id of a reference.", examples=["smith-2020"])
    population: str | None = Field(examples=[None])
    values: list[BandRead]


class ScaleRead(StoredJsonModel):
    id: str = Field(examples=["anxiety"])
    name: str = Field(examples=["Worry about closeness"])
    description: str = Field(examples=["How much you worry about being left or not mattering."])
    low: str | None = Field(examples=["Closeness rarely worries you."])
    high: str | None = Field(examples=["Closeness often worries you."])
    method: Literal["mean", "sum"]
    min: float = Field(description="The lowest possible score.", examples=[1.0])
    max: float = Field(examples=[7.0])
    items: list[str] = Field(examples=[["q01", "q02"]])
    reverse_keyed: list[str] = Field(
        description="Reverse-keyed items, scored as lowest + highest - answer.", examples=[["q02"]]
    )
    weights: dict[str, float] | None = Field(
        description="Weights of items; absent items weigh 1. Null if all items weigh 1.", examples=[None]
    )
    missing: MissingRead
    reliability: ReliabilityRead | None = Field(examples=[None])
    norms: NormsRead | None = Field(examples=[None])
    bands: BandsRead | None = Field(examples=[None])


class StyleName(BaseModel):
    id: str = Field(examples=["secure"])
    name: str = Field(examples=["Closeness mostly feels safe"])


class StyleRuleRead(StoredJsonModel):
    """The rule that derives a style, such as an attachment style, from the scores."""

    method: Literal["midpoint", "linear_discriminant"]
    scales: list[str] = Field(examples=[["anxiety", "avoidance"]])
    midpoints: dict[str, float] | None = Field(examples=[{"anxiety": 4.0, "avoidance": 4.0}])
    borderline_margin: float | None = Field(examples=[0.5])
    source: str | None = Field(description="The id of a reference.", examples=[None])
    note: str | None = Field(examples=["The margin is an editorial choice."])
    styles: list[StyleName]


class LicenceRead(StoredJsonModel):
    status: str = Field(examples=["original"])
    holder: str = Field(examples=["21|Twenty One"])
    url: str | None = Field(examples=[None])
    commercial_use: Literal["allowed", "forbidden", "unclear"]


class SupportLink(BaseModel):
    text: str = Field(examples=["If something feels too heavy to carry alone, there are people to talk to."])
    href: str = Field(description="A path of this API.", examples=["/v1/support"])


class AssessmentRead(StoredJsonModel):
    slug: str = Field(examples=[SLUG])
    version: int
    current_version: int | None = Field(
        description="The published version; null if the questionnaire is no longer published.", examples=[1]
    )
    digest: str = Field(description="SHA-256 hash of the whole definition.", examples=["2c26b46b68ffc68f..."])
    published_at: datetime
    title: str = Field(examples=[TITLE])
    summary: str = Field(examples=["How easily you worry about closeness, and how easily you lean on others."])
    minutes: int = Field(examples=[6])
    about: str = Field(
        description="Long text; a blank line separates paragraphs.", examples=["What this questionnaire measures."]
    )
    instructions: str = Field(examples=["Think of the people you are close to."])
    response_scale: ResponseScaleRead
    sections: list[SectionRead]
    questions: list[QuestionRead] = Field(description="In the order of presentation.")
    scales: list[ScaleRead]
    style: StyleRuleRead | None
    licence: LicenceRead
    references: list[Reference]
    disclaimer: str = Field(examples=["This is not a validated instrument, and not a diagnosis."])
    support: SupportLink
