"""What answers add up to, and what is kept of them."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.assessments.requests import EXAMPLE, TOKEN
from app.assessments.schemas import SLUG, TITLE, Sparse, SupportLink


class Interval(BaseModel):
    low: float = Field(examples=[2.4])
    high: float = Field(examples=[3.6])


class BandName(BaseModel):
    id: str = Field(examples=["moderate"])
    name: str = Field(examples=["Moderate"])


class ScaleScoreRead(BaseModel):
    """What the answers add up to on one scale, and how sure that is. Nothing is rounded: show one or two decimals."""

    scale: str = Field(examples=["anxiety"])
    name: str = Field(examples=["Worry about closeness"])
    value: float | None = Field(description="Null: too few answers.", examples=[3.25])
    min: float = Field(examples=[1.0])
    max: float = Field(examples=[7.0])
    answered: int = Field(description="How many of the items were answered.", examples=[12])
    items: int = Field(examples=[12])
    standard_error: float | None = Field(
        description="Of measurement, larger where answers are missing; null: not known.", examples=[None]
    )
    interval: Interval | None = Field(description="95 %, within the scale; null: not known.", examples=[None])
    percentile: float | None = Field(
        description="By the norms' mean and SD, as if scores were normally distributed; null: no norms.",
        examples=[None],
    )
    t_score: float | None = Field(description="Mean 50, SD 10; null: no norms.", examples=[None])
    band: BandName | None = Field(description="Null: nobody has published bands.", examples=[None])


class StyleDistance(BaseModel):
    """How far the scores are from those of a style, in points. `function` is its discriminant function, if any."""

    style: str = Field(examples=["preoccupied"])
    name: str = Field(examples=["Closeness matters, and worries"])
    points: float = Field(examples=[0.75])
    is_near: bool = Field(description="Whether the scores may as well be this style's.", examples=[False])
    function: float | None = Field(examples=[None])


class StyleBrief(BaseModel):
    """A rough word for where the scores lie: secondary to them, and no type of person."""

    id: str = Field(description="For programs; show `name`.", examples=["secure"])
    name: str = Field(
        description="When borderline, of both styles that it may be, or that it is the middle.",
        examples=["Closeness mostly feels safe"],
    )
    method: Literal["midpoint", "linear_discriminant"]
    borderline: bool = Field(
        description="Whether another style is so near that the word is a toss-up.", examples=[False]
    )


class StyleRead(StyleBrief):
    basis: Literal["margin", "standard_error"] = Field(description="What `borderline` was judged by.")
    margin: float | None = Field(description="In points; an editorial choice.", examples=[0.5])
    note: str | None = Field(examples=["The margin is an editorial choice."])
    distances: list[StyleDistance]


class NextStep(BaseModel):
    text: str = Field(examples=["Read what the two measures mean."])
    label: str = Field(examples=["Read the article"])
    href: str = Field(description="A path of the frontend or an https address.", examples=["/journey"])


class Interpretation(Sparse):
    scale: str | None = Field(description="The scale that it is about; null: the result as a whole.", examples=[None])
    title: str = Field(examples=["Closeness mostly feels safe"])
    text: str = Field(examples=["Your answers lean towards..."])
    next_step: NextStep | None


class RecommendedArticle(BaseModel):
    slug: str = Field(examples=["attachment-is-two-dials-not-four-boxes"])
    title: str = Field(examples=["Attachment Is Two Dials, Not Four Boxes"])
    excerpt: str = Field(examples=["Why our assessment shows two measures first."])
    reading_minutes: int = Field(examples=[7])


class RecommendedTopic(BaseModel):
    slug: str = Field(examples=["attachment"])
    name: str = Field(examples=["attachment"])


class RecommendedJourney(BaseModel):
    slug: str = Field(examples=["21-days"])


class Recommendations(BaseModel):
    articles: list[RecommendedArticle]
    topics: list[RecommendedTopic]
    journey: RecommendedJourney | None


class KeyedAnswerRead(BaseModel):
    """What became of one answer; `scale` and `keyed` are null if it isn't scored."""

    question: str = Field(examples=["q02"])
    raw: int = Field(examples=[2])
    keyed: float | None = Field(examples=[6.0])
    scale: str | None = Field(examples=["avoidance"])
    is_reversed: bool


class Figures(BaseModel):
    assessment: str = Field(examples=[SLUG])
    version: int
    title: str = Field(examples=[TITLE])
    scores: list[ScaleScoreRead]
    style: StyleRead | None = Field(description="Null: there is none for these scores.")


class Outcome(Figures):
    interpretation: list[Interpretation]
    recommendations: Recommendations
    explanation: list[KeyedAnswerRead] = Field(description="Every answer, once for each scale that it counts on.")
    disclaimer: str = Field(examples=["This is not a validated instrument, and not a diagnosis."])
    support: SupportLink


class ScoreRead(Outcome):
    claim_token: str = Field(
        description="Holds the answers, sealed. With it a member can keep this result, once.", examples=[TOKEN]
    )
    claim_expires_at: datetime


class ResultStamp(BaseModel):
    id: UUID = Field(examples=["3b1f8c62-6f0e-4a57-9c0e-0d8f3f2b7c11"])
    version: int
    taken_at: datetime


class ChangeBasis(Sparse):
    """The figures that the verdict rests on."""

    coefficient: str = Field(examples=["Cronbach's alpha"])
    value: float = Field(examples=[0.9])
    sd: float = Field(examples=[1.1])
    population: str = Field(examples=["Adults who answered online"])
    source: str = Field(examples=["somebody-2020"])


class ScaleChange(BaseModel):
    """The reliable change index of Jacobson and Truax (1991). `reliable` is null where nobody can tell."""

    scale: str = Field(examples=["anxiety"])
    name: str = Field(examples=["Worry about closeness"])
    before: float | None = Field(examples=[3.75])
    after: float | None = Field(examples=[3.25])
    difference: float | None = Field(examples=[-0.5])
    standard_error: float | None = Field(description="Of the difference.", examples=[None])
    rci: float | None = Field(examples=[None])
    reliable: bool | None = Field(examples=[None])
    words: str = Field(description="The verdict in words, to be shown beside the figures.", examples=["No verdict."])
    basis: ChangeBasis | None


class ChangeSince(BaseModel):
    since: ResultStamp
    scales: list[ScaleChange]


class ChangeRead(ChangeSince):
    assessment: str = Field(examples=[SLUG])
    result: ResultStamp
    disclaimer: str = Field(examples=["This is not a validated instrument, and not a diagnosis."])
    support: SupportLink


class ResultSummary(ResultStamp):
    assessment: str = Field(examples=[SLUG])
    title: str = Field(examples=[TITLE])
    scores: list[ScaleScoreRead]
    style: StyleBrief | None
    disclaimer: str = Field(examples=["This is not a validated instrument, and not a diagnosis."])
    support: SupportLink


class ResultPage(BaseModel):
    items: list[ResultSummary]
    total: int = Field(examples=[2])
    next: str | None = Field(examples=[None])


class ResultRead(ResultStamp, Outcome):
    change: ChangeSince | None = Field(description="Since the result before this one; null: it is the first.")


class DraftProgress(BaseModel):
    asked: int = Field(description="How many questions there are, with these answers.", examples=[24])
    answered: int = Field(examples=[9])
    next_question: str | None = Field(description="The first without an answer; null: none.", examples=["q10"])


class DraftRead(BaseModel):
    assessment: str = Field(examples=[SLUG])
    version: int
    answers: dict[str, int] = Field(examples=[EXAMPLE])
    answered_at: datetime
    progress: DraftProgress
