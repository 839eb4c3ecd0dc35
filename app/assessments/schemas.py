"""Questionnaires as everybody reads them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_origin

from pydantic import BaseModel, Field, model_validator

from app.articles.schemas import Reference
from app.core.db.pagination import Page

TITLE = "Attachment reflection"
SLUG = "attachment-reflection"


class Sparse(BaseModel):
    """Made from what is stored without what an editor left out: that is null, or an empty list."""

    @model_validator(mode="before")
    @classmethod
    def _whole(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        lists = {name for name, field in cls.model_fields.items() if get_origin(field.annotation) is list}
        return {name: value.get(name, [] if name in lists else None) for name in cls.model_fields}


class AssessmentSummary(BaseModel):
    slug: str = Field(examples=[SLUG])
    version: int
    title: str = Field(examples=[TITLE])
    summary: str = Field(examples=["How easily you worry about closeness, and how easily you lean on others."])
    minutes: int = Field(description="How long it takes, roughly.", examples=[6])
    question_count: int = Field(examples=[24])


@dataclass
class AssessmentPage(Page[AssessmentSummary]):
    items: list[AssessmentSummary]


class ResponseScaleRead(BaseModel):
    """Answers are the whole numbers from `min` to `max`; not all of them need have a label."""

    min: int = Field(examples=[1])
    max: int = Field(examples=[7])
    labels: dict[str, str] = Field(examples=[{"1": "Not at all like me", "7": "Very much like me"}])


class SectionRead(Sparse):
    id: str = Field(examples=["worries"])
    title: str = Field(examples=["When you worry"])
    text: str | None = Field(examples=[None])


class OptionRead(BaseModel):
    value: int = Field(examples=[1])
    label: str | None = Field(examples=["Yes"])


class ConditionRead(Sparse):
    """Either `question`, which was answered with at least, at most or one of something, or `all` or `any` of several
    conditions. Without an answer to an earlier question, or if that isn't asked either, it doesn't hold.
    """

    question: str | None = Field(examples=["q01"])
    at_least: int | None = Field(examples=[3])
    at_most: int | None = Field(examples=[None])
    one_of: list[int] = Field(description="Empty: any.", examples=[[]])
    all: list["ConditionRead"] = Field(examples=[[]])
    any: list["ConditionRead"] = Field(examples=[[]])


class QuestionRead(Sparse):
    id: str = Field(description="Stays the same for ever; what answers are named by.", examples=["q01"])
    text: str = Field(examples=["When a message stays unanswered for a day, I start to worry about us."])
    section: str | None = Field(examples=["worries"])
    options: list[OptionRead] | None = Field(
        description="What it may be answered with; null: with a number of the `response_scale`.", examples=[None]
    )
    scored: bool
    show_if: ConditionRead | None = Field(description="When it is asked; null: always.", examples=[None])


class MissingRead(Sparse):
    """`require_complete`; `prorate`: the answers stand for the rest; `ignore`: what wasn't answered adds nothing. With
    fewer than `min_answered` answers there is no score.
    """

    rule: Literal["prorate", "require_complete", "ignore"]
    min_answered: int | None = Field(examples=[10])
    note: str | None = Field(examples=[None])


class ReliabilityRead(Sparse):
    """How exactly the scale measures, as somebody found it among some people."""

    coefficient: str = Field(examples=["Cronbach's alpha"])
    value: float = Field(examples=[0.9])
    sd: float = Field(examples=[1.1])
    n: int | None = Field(examples=[1000])
    population: str = Field(examples=["Adults who answered online"])
    source: str = Field(description="The id of a reference.", examples=["somebody-2020"])


class NormsRead(Sparse):
    """Mean and standard deviation of the scores of some people."""

    mean: float = Field(examples=[3.5])
    sd: float = Field(examples=[1.1])
    n: int | None = Field(examples=[1000])
    population: str = Field(examples=["Adults who answered online"])
    source: str = Field(description="The id of a reference.", examples=["somebody-2020"])


class BandRead(BaseModel):
    """A range of scores, `min` and `max` included; where two bands touch, the upper one."""

    id: str = Field(examples=["moderate"])
    name: str = Field(examples=["Moderate"])
    min: float = Field(examples=[2.0])
    max: float = Field(examples=[4.0])


class BandsRead(Sparse):
    source: str = Field(description="The id of a reference.", examples=["somebody-2020"])
    population: str | None = Field(examples=[None])
    values: list[BandRead]


class ScaleRead(Sparse):
    id: str = Field(examples=["anxiety"])
    name: str = Field(examples=["Worry about closeness"])
    description: str = Field(examples=["How much you worry about being left or not mattering."])
    low: str | None = Field(examples=["Closeness rarely worries you."])
    high: str | None = Field(examples=["Closeness often worries you."])
    method: Literal["mean", "sum"]
    min: float = Field(description="The lowest score there can be.", examples=[1.0])
    max: float = Field(examples=[7.0])
    items: list[str] = Field(examples=[["q01", "q02"]])
    reverse_keyed: list[str] = Field(
        description="Items that count the other way round, as lowest + highest - answer.", examples=[["q02"]]
    )
    weights: dict[str, float] | None = Field(description="Of items that count more than once.", examples=[None])
    missing: MissingRead
    reliability: ReliabilityRead | None = Field(examples=[None])
    norms: NormsRead | None = Field(examples=[None])
    bands: BandsRead | None = Field(examples=[None])


class StyleName(BaseModel):
    id: str = Field(examples=["secure"])
    name: str = Field(examples=["Closeness mostly feels safe"])


class StyleRuleRead(Sparse):
    """How scores lead to a style, which is a rough word for where they lie."""

    method: Literal["midpoint", "linear_discriminant"]
    scales: list[str] = Field(examples=[["anxiety", "avoidance"]])
    midpoints: dict[str, float] | None = Field(examples=[{"anxiety": 4.0, "avoidance": 4.0}])
    borderline_margin: float | None = Field(examples=[0.5])
    source: str | None = Field(description="The id of a reference.", examples=[None])
    note: str | None = Field(examples=["The margin is an editorial choice."])
    styles: list[StyleName]


class LicenceRead(Sparse):
    status: str = Field(examples=["original"])
    holder: str = Field(examples=["21|Twenty One"])
    url: str | None = Field(examples=[None])
    commercial_use: Literal["allowed", "forbidden", "unclear"]


class SupportLink(BaseModel):
    text: str = Field(examples=["If something feels too heavy to carry alone, there are people to talk to."])
    href: str = Field(description="An address of this API.", examples=["/v1/support"])


class AssessmentRead(Sparse):
    slug: str = Field(examples=[SLUG])
    version: int
    current_version: int | None = Field(
        description="The version that is asked now; null: none any longer.", examples=[1]
    )
    digest: str = Field(description="A hash of the whole definition.", examples=["2c26b46b68ffc68f..."])
    published_at: datetime
    title: str = Field(examples=[TITLE])
    summary: str = Field(examples=["How easily you worry about closeness, and how easily you lean on others."])
    minutes: int = Field(examples=[6])
    about: str = Field(description="Paragraphs, as in every long text here.", examples=["What it looks at."])
    instructions: str = Field(examples=["Think of the people you are close to."])
    response_scale: ResponseScaleRead
    sections: list[SectionRead]
    questions: list[QuestionRead] = Field(description="In the order in which they are asked.")
    scales: list[ScaleRead]
    style: StyleRuleRead | None
    licence: LicenceRead
    references: list[Reference]
    disclaimer: str = Field(examples=["This is not a validated instrument, and not a diagnosis."])
    support: SupportLink
