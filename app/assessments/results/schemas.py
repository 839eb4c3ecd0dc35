"""What answers add up to, and what is kept of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.assessments.requests import TOKEN
from app.assessments.schemas import SLUG, TITLE, Sparse, SupportLink
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
    """What the answers add up to on one scale, and how sure that is. Nothing is rounded: show one or two decimals."""

    scale: Annotated[str, Field(examples=["anxiety"])]
    name: Annotated[str, Field(examples=["Worry about closeness"])]
    value: Annotated[float | None, Field(description="Null: too few answers.", examples=[3.25])]
    min: Annotated[float, Field(examples=[1.0])]
    max: Annotated[float, Field(examples=[7.0])]
    answered: Annotated[int, Field(description="How many of the items were answered.", examples=[12])]
    items: Annotated[int, Field(examples=[12])]
    standard_error: Annotated[
        float | None,
        Field(description="Of measurement, larger where answers are missing; null: not known.", examples=[None]),
    ]
    interval: Annotated[Interval | None, Field(description="95 %, within the scale; null: not known.", examples=[None])]
    percentile: Annotated[
        float | None,
        Field(
            description="By the norms' mean and SD, as if scores were normally distributed; null: no norms.",
            examples=[None],
        ),
    ]
    t_score: Annotated[float | None, Field(description="Mean 50, SD 10; null: no norms.", examples=[None])]
    band: Annotated[BandName | None, Field(description="Null: no published bands.", examples=[None])]


@dataclass(kw_only=True)
class StyleDistance:
    """How far the scores are from those of a style, in points. `function` is its discriminant function, if any."""

    style: Annotated[str, Field(examples=["preoccupied"])]
    name: Annotated[str, Field(examples=["Closeness matters, and worries"])]
    points: Annotated[float, Field(examples=[0.75])]
    is_near: Annotated[bool, Field(description="Whether the scores may as well be this style's.", examples=[False])]
    function: Annotated[float | None, Field(examples=[None])]


@dataclass(kw_only=True)
class StyleBrief:
    """A rough word for where the scores lie: secondary to them, and no type of person."""

    id: Annotated[str, Field(description="For programs; show `name`.", examples=["secure"])]
    name: Annotated[
        str,
        Field(
            description="When borderline, of both styles that it may be, or that it is the middle.",
            examples=["Closeness mostly feels safe"],
        ),
    ]
    method: Literal["midpoint", "linear_discriminant"]
    borderline: Annotated[
        bool, Field(description="Whether another style is so near that the word is a toss-up.", examples=[False])
    ]


@dataclass(kw_only=True)
class StyleRead(StyleBrief):
    basis: Annotated[Literal["margin", "standard_error"], Field(description="What `borderline` was judged by.")]
    margin: Annotated[float | None, Field(description="In points; an editorial choice.", examples=[0.5])]
    note: Annotated[str | None, Field(examples=["The margin is an editorial choice."])]
    distances: list[StyleDistance]


@dataclass(kw_only=True)
class NextStep:
    text: Annotated[str, Field(examples=["Read what the two measures mean."])]
    label: Annotated[str, Field(examples=["Read the article"])]
    href: Annotated[str, Field(description="A path of the frontend or an https address.", examples=["/journey"])]


class Interpretation(Sparse):
    scale: str | None = Field(description="The scale that it is about; null: the result as a whole.", examples=[None])
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
    """What became of one answer; `scale` and `keyed` are null if it isn't scored."""

    question: Annotated[str, Field(examples=["q02"])]
    raw: Annotated[int, Field(examples=[2])]
    keyed: Annotated[float | None, Field(examples=[6.0])]
    scale: Annotated[str | None, Field(examples=["avoidance"])]
    is_reversed: bool


@dataclass(kw_only=True)
class Figures:
    assessment: Annotated[str, Field(examples=[SLUG])]
    version: int
    title: Annotated[str, Field(examples=[TITLE])]
    scores: list[ScaleScoreRead]
    style: Annotated[StyleRead | None, Field(description="Null: there is none for these scores.")]


@dataclass(kw_only=True)
class InterpretedScores(Figures):
    interpretation: list[Interpretation]
    recommendations: Recommendations
    explanation: Annotated[
        list[KeyedAnswerRead], Field(description="Every answer, once for each scale that it counts on.")
    ]
    disclaimer: Annotated[str, Field(examples=["This is not a validated instrument, and not a diagnosis."])]
    support: SupportLink


@dataclass(kw_only=True)
class ScoreRead(InterpretedScores):
    claim_token: Annotated[
        str,
        Field(description="Holds the answers, sealed. With it a member can keep this result, once.", examples=[TOKEN]),
    ]
    claim_expires_at: datetime


@dataclass(kw_only=True)
class ResultStamp:
    id: Annotated[UUID, Field(examples=["3b1f8c62-6f0e-4a57-9c0e-0d8f3f2b7c11"])]
    version: int
    taken_at: datetime


class ChangeBasis(Sparse):
    """The figures that the verdict rests on."""

    coefficient: str = Field(examples=["Cronbach's alpha"])
    value: float = Field(examples=[0.9])
    sd: float = Field(examples=[1.1])
    population: str = Field(examples=["Adults who answered online"])
    source: str = Field(examples=["somebody-2020"])


@dataclass(kw_only=True)
class ScaleChange:
    """The reliable change index of Jacobson and Truax (1991). `reliable` is null if not computable."""

    scale: Annotated[str, Field(examples=["anxiety"])]
    name: Annotated[str, Field(examples=["Worry about closeness"])]
    before: Annotated[float | None, Field(examples=[3.75])]
    after: Annotated[float | None, Field(examples=[3.25])]
    difference: Annotated[float | None, Field(examples=[-0.5])]
    standard_error: Annotated[float | None, Field(description="Of the difference.", examples=[None])]
    rci: Annotated[float | None, Field(examples=[None])]
    reliable: Annotated[bool | None, Field(examples=[None])]
    words: Annotated[
        str, Field(description="The verdict in words, to be shown beside the figures.", examples=["No verdict."])
    ]
    basis: ChangeBasis | None


@dataclass(kw_only=True)
class ChangeSince:
    since: ResultStamp
    scales: list[ScaleChange]


@dataclass(kw_only=True)
class ChangeRead(ChangeSince):
    assessment: Annotated[str, Field(examples=[SLUG])]
    result: ResultStamp
    disclaimer: Annotated[str, Field(examples=["This is not a validated instrument, and not a diagnosis."])]
    support: SupportLink


@dataclass(kw_only=True)
class ResultSummary(ResultStamp):
    assessment: Annotated[str, Field(examples=[SLUG])]
    title: Annotated[str, Field(examples=[TITLE])]
    scores: list[ScaleScoreRead]
    style: StyleBrief | None
    disclaimer: Annotated[str, Field(examples=["This is not a validated instrument, and not a diagnosis."])]
    support: SupportLink


@dataclass
class ResultPage(Page[ResultSummary]):
    items: list[ResultSummary]


@dataclass(kw_only=True)
class ResultRead(ResultStamp, InterpretedScores):
    change: Annotated[ChangeSince | None, Field(description="Since the result before this one; null: it is the first.")]
