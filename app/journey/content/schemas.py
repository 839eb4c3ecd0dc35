"""What the API says of a journey and its days."""

from dataclasses import dataclass

from pydantic import BaseModel, Field

from app.articles.blocks import Body
from app.articles.schemas import ArticleBrief, Reference
from app.core.db.pagination import Page

SLUG = "21-days"
TITLE = "Where you stand today"
SUMMARY = "Who is around you, without grades."


class JourneyBrief(BaseModel):
    slug: str = Field(examples=[SLUG])
    title: str = Field(examples=["One Small Thing a Day"])
    subtitle: str = Field(examples=["21 days to start a practice"])
    length: int = Field(description="How many days it has.", examples=[21])


@dataclass
class JourneyPage(Page[JourneyBrief]):
    items: list[JourneyBrief]


class WeekRead(BaseModel):
    number: int = Field(examples=[1])
    title: str = Field(examples=["Notice"])
    description: str = Field(examples=["What closeness does in you, without changing anything yet."])


class DayBrief(BaseModel):
    """A day as the outline shows it."""

    number: int = Field(examples=[1])
    week: int = Field(examples=[1])
    title: str = Field(examples=[TITLE])
    summary: str = Field(examples=[SUMMARY])
    minutes: int = Field(description="For reading and the exercise.", examples=[20])


class OutlineDay(DayBrief):
    is_public: bool = Field(description="Whether it can be read without an account.")


class SupportHint(BaseModel):
    """To be shown wherever it could be needed: where there are people to talk to."""

    text: str = Field(examples=["If something feels too heavy to carry alone, there are people to talk to."])
    href: str = Field(examples=["/v1/support"])


class JourneyRead(JourneyBrief):
    description: Body
    about_21_days: Body = Field(description="What research says about 21 days.")
    weeks: list[WeekRead]
    days: list[OutlineDay]
    assessment: str | None = Field(
        description="The slug of the assessment to take before and again after.", examples=["attachment-reflection"]
    )
    disclaimer: str = Field(examples=["This is self-help for adults. It is not a treatment."])
    safety: str = Field(examples=["None of this is meant for a relationship in which you are afraid."])
    references: list[Reference]
    support: SupportHint


class Exercise(BaseModel):
    title: str = Field(examples=["A page with people on it"])
    minutes: int = Field(examples=[12])
    steps: list[str] = Field(examples=[["Take a sheet of paper.", "Write your name in the middle."]])


class Task(BaseModel):
    id: str = Field(description="Stays the same whatever the text says.", examples=["draw-the-page"])
    text: str = Field(examples=["Draw the page, even with only three marks on it."])


class Evidence(BaseModel):
    """Why the exercise may help, and what is not known."""

    text: str = Field(examples=["In a diary study people felt closer on days on which they shared good news."])
    limit: str = Field(examples=["A diary can't show what caused what."])


class DayContent(DayBrief):
    lesson: Body
    exercise: Exercise
    tasks: list[Task]
    reflection_prompt: str = Field(examples=["What did you notice?"])
    if_today_is_hard: str = Field(description="A smaller version.", examples=["Write one name. That is enough."])
    evidence: Evidence
    safety: str | None = Field(
        description="Show it before the exercise.", examples=["Leave out anybody whom you are afraid of."]
    )
    references: list[Reference]
    articles: list[ArticleBrief] = Field(description="To read on.")
    support: SupportHint
