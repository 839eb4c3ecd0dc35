"""Response schemas for questionnaire scores and stored results."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.assessments.requests import CLAIM_TOKEN_EXAMPLE
from app.assessments.schemas import SLUG, TITLE, StoredJsonModel, SupportLink
from app.core.db.pagination import Page


@dataclass(kw_only=True)
class Interval:
    low: Annotated[float, Field(examples=[2.4])]
    high: Annotated[float, Field(examples=[3.6])]


@dataclass(kw_only=True)
class BandName:
    id: Annotated[str, Field(examples=["moderate"])]
    name: Annotated[str, Field(examples=["Moderate"])]


@dataclass(kw_only=True)
class ScaleScoreRead:
    """The score of one scale, with its precision. Values aren't rounded; display one or two decimals."""

    scale: Annotated[str, Field(examples=["anxiety"])]
    name: Annotated[str, Field(examples=["Worry about closeness"])]
    value: Annotated[float | None, Field(description="Null with too few answers.", examples=[3.25])]
    min: Annotated[float, Field(examples=[1.0])]
    max: Annotated[float, Field(examples=[7.0])]
    answered: Annotated[int, Field(description="The number of answered items.", examples=[12])]
    items: Annotated[int, Field(examples=[12])]
    standard_error: Annotated[
        float | None,
        Field(description="Standard error of measurement, larger if prorated; null if unknown.", examples=[None]),
    ]
    interval: Annotated[Interval | None, Field(description="95 % interval; null if unknown.", examples=[None])]
    percentile: Annotated[
        float | None,
        Field(description="Percentile in normally distributed norms; null without norms.", examples=[None]),
    ]
    t_score: Annotated[float | None, Field(description="Mean 50, SD 10; null without norms.", examples=[None])]
    band: Annotated[BandName | None, Field(description="Null without published bands.", examples=[None])]


@dataclass(kw_only=True)
class StyleDistance:
    """The distance, in points, between the scores and a style, such as an attachment style.

    `function` is the value of the style's discriminant function, or null if the method doesn't use one.
    """

    style: Annotated[str, Field(examples=["preoccupied"])]
    name: Annotated[str, Field(examples=["Closeness matters, and worries"])]
    points: Annotated[float, Field(examples=[0.75])]
    is_near: Annotated[bool, Field(description="Within the standard error or the margin.", examples=[False])]
    function: Annotated[float | None, Field(examples=[None])]


@dataclass(kw_only=True)
class StyleSummary:
    """The style that best fits the scores, such as an attachment style. It is a rough summary, not a type of person."""

    id: Annotated[str, Field(description="For programs; display `name` instead.", examples=["secure"])]
    name: Annotated[
        str,
        Field(
            description="The style; if borderline, the names of both styles or the title of the middle.",
            examples=["Closeness mostly feels safe"],
        ),
    ]
    method: Literal["midpoint", "linear_discriminant"]
    borderline: Annotated[bool, Field(description="Whether another style is equally plausible.", examples=[False])]


@dataclass(kw_only=True)
class StyleRead(StyleSummary):
    basis: Annotated[Literal["margin", "standard_error"], Field(description="The criterion for `borderline`.")]
    margin: Annotated[float | None, Field(description="In points; an editorial choice.", examples=[0.5])]
    note: Annotated[str | None, Field(examples=["The margin is an editorial choice."])]
    distances: list[StyleDistance]


@dataclass(kw_only=True)
class NextStep:
    text: Annotated[str, Field(examples=["Read what the two measures mean."])]
    label: Annotated[str, Field(examples=["Read the article"])]
    href: Annotated[str, Field(description="A path of the frontend or an https address.", examples=["/journey"])]


class Interpretation(StoredJsonModel):
    scale: str | None = Field(description="The scale of the text; null for the whole result.", examples=[None])
    title: str = Field(examples=["Closeness mostly feels safe"])
    text: str = Field(examples=["Your answers lean towards..."])
    next_step: NextStep | None


@dataclass(kw_only=True)
class RecommendedArticle:
    slug: Annotated[str, Field(examples=["attachment-is-two-dials-not-four-boxes"])]
    title: Annotated[str, Field(examples=["Attachment Is Two Dials, Not Four Boxes"])]
    excerpt: Annotated[str, Field(examples=["Why our assessment shows two measures first."])]
    reading_minutes: Annotated[int, Field(examples=[7])]


@dataclass(kw_only=True)
class RecommendedTopic:
    slug: Annotated[str, Field(examples=["attachment"])]
    name: Annotated[str, Field(examples=["attachment"])]


@dataclass(kw_only=True)
class RecommendedJourney:
    slug: Annotated[str, Field(examples=["21-days"])]


@dataclass(kw_only=True)
class Recommendations:
    articles: list[RecommendedArticle]
    topics: list[RecommendedTopic]
    journey: RecommendedJourney | None


@dataclass(kw_only=True)
class KeyedAnswerRead:
    """An answer and its score on one scale. The scores of reverse-keyed questions are reversed.

    `scale` and `keyed` are null if the answer isn't scored.
    """

    question: Annotated[str, Field(examples=["q02"])]
    raw: Annotated[int, Field(examples=[2])]
    keyed: Annotated[float | None, Field(examples=[6.0])]
    scale: Annotated[str | None, Field(examples=["avoidance"])]
    is_reversed: bool


@dataclass(kw_only=True)
class ScoreSummary:
    assessment: Annotated[str, Field(examples=[SLUG])]
    version: int
    title: Annotated[str, Field(examples=[TITLE])]
    scores: list[ScaleScoreRead]
    style: Annotated[StyleRead | None, Field(description="Null if the scores have no style.")]


@dataclass(kw_only=True)
class InterpretedScores(ScoreSummary):
    interpretation: list[Interpretation]
    recommendations: Recommendations
    explanation: Annotated[
        list[KeyedAnswerRead], Field(description="Every answer, once for each scale that scores it.")
    ]
    disclaimer: Annotated[str, Field(examples=["This is not a validated instrument, and not a diagnosis."])]
    support: SupportLink


@dataclass(kw_only=True)
class ScoreRead(InterpretedScores):
    claim_token: Annotated[
        str,
        Field(
            description="Contains the encrypted answers. A member can store this result with it, once.",
            examples=[CLAIM_TOKEN_EXAMPLE],
        ),
    ]
    claim_expires_at: datetime


@dataclass(kw_only=True)
class ResultHeader:
    id: Annotated[UUID, Field(examples=["3b1f8c62-6f0e-4a57-9c0e-0d8f3f2b7c11"])]
    version: int
    taken_at: datetime


class ChangeBasis(StoredJsonModel):
    """The published reliability of a scale, used to decide whether a change exceeds measurement error."""

    coefficient: str = Field(examples=["Cronbach's alpha"])
    value: float = Field(examples=[0.9])
    sd: float = Field(examples=[1.1])
    population: str = Field(examples=["Adults who answered online"])
    source: str = Field(examples=["smith-2020"])


@dataclass(kw_only=True)
class ScaleChange:
    """The change in one scale's score between two results.

    `rci` is the reliable change index (Jacobson and Truax, 1991), or null if it can't be computed.
    """

    scale: Annotated[str, Field(examples=["anxiety"])]
    name: Annotated[str, Field(examples=["Worry about closeness"])]
    before: Annotated[float | None, Field(examples=[3.75])]
    after: Annotated[float | None, Field(examples=[3.25])]
    difference: Annotated[float | None, Field(examples=[-0.5])]
    standard_error: Annotated[float | None, Field(description="Standard error of the difference.", examples=[None])]
    rci: Annotated[float | None, Field(examples=[None])]
    reliable: Annotated[bool | None, Field(examples=[None])]
    words: Annotated[
        str, Field(description="The verdict in words. Show it next to the numbers.", examples=["No verdict."])
    ]
    basis: ChangeBasis | None


@dataclass(kw_only=True)
class ChangeSince:
    since: ResultHeader
    scales: list[ScaleChange]


@dataclass(kw_only=True)
class ChangeRead(ChangeSince):
    assessment: Annotated[str, Field(examples=[SLUG])]
    result: ResultHeader
    disclaimer: Annotated[str, Field(examples=["This is not a validated instrument, and not a diagnosis."])]
    support: SupportLink


@dataclass(kw_only=True)
class ResultSummary(ResultHeader):
    assessment: Annotated[str, Field(examples=[SLUG])]
    title: Annotated[str, Field(examples=[TITLE])]
    scores: list[ScaleScoreRead]
    style: StyleSummary | None
    disclaimer: Annotated[str, Field(examples=["This is not a validated instrument, and not a diagnosis."])]
    support: SupportLink


@dataclass
class ResultPage(Page[ResultSummary]):
    items: list[ResultSummary]


@dataclass(kw_only=True)
class ResultRead(ResultHeader, InterpretedScores):
    change: Annotated[ChangeSince | None, Field(description="Since the previous result; null for the first result.")]
