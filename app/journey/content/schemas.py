"""Response schemas for journeys (guided 21-day programs) and their days."""

from dataclasses import dataclass

from pydantic import BaseModel, Field

from app.articles.blocks import Body
from app.articles.schemas import ArticleBrief, Reference
from app.core.db.pagination import Page

EXAMPLE_SLUG = "21-days"
EXAMPLE_TITLE = "Where you stand today"
EXAMPLE_SUMMARY = "Who is around you, without grades."


class JourneyBrief(BaseModel):
    slug: str = Field(examples=[EXAMPLE_SLUG])
    title: str = Field(examples=["One Small Thing a Day"])
    subtitle: str = Field(examples=["21 days to start a practice"])
    length: int = Field(description="The number of days.", examples=[21])


@dataclass
class JourneyPage(Page[JourneyBrief]):
    items: list[JourneyBrief]


class WeekRead(BaseModel):
    number: int = Field(examples=[1])
    title: str = Field(examples=["Notice"])
    description: str = Field(examples=["What closeness does in you, without changing anything yet."])


class DayBrief(BaseModel):
    """Title, summary and duration of one day of a journey, without the day's content."""

    number: int = Field(examples=[1])
    week: int = Field(examples=[1])
    title: str = Field(examples=[EXAMPLE_TITLE])
    summary: str = Field(examples=[EXAMPLE_SUMMARY])
    minutes: int = Field(description="The time needed for reading and the exercise.", examples=[20])


class OutlineDay(DayBrief):
    is_public: bool = Field(description="Whether the day's content is public.")


class SupportHint(BaseModel):
    """A text that links to help lines for people in distress. Show it on every screen of the journey."""

    text: str = Field(examples=["If something feels too heavy to carry alone, there are people to talk to."])
    href: str = Field(examples=["/v1/support"])


class JourneyRead(JourneyBrief):
    description: Body
    about_21_days: Body = Field(description="What research shows about the duration of 21 days.")
    weeks: list[WeekRead]
    days: list[OutlineDay]
    assessment: str | None = Field(
        description="The slug of the assessment to take before and after the journey.",
        examples=["attachment-reflection"],
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
    id: str = Field(description="A stable id that does not change when the text is edited.", examples=["draw-the-page"])
    text: str = Field(examples=["Draw the page, even with only three marks on it."])


class Evidence(BaseModel):
    """Research that supports the day's exercise (`text`), and what that research can't show (`limit`)."""

    text: str = Field(examples=["In a diary study people felt closer on days on which they shared good news."])
    limit: str = Field(examples=["A diary can't show what caused what."])


class DayContent(DayBrief):
    lesson: Body
    exercise: Exercise
    tasks: list[Task]
    reflection_prompt: str = Field(examples=["What did you notice?"])
    if_today_is_hard: str = Field(
        description="A smaller version of the exercise.", examples=["Write one name. That is enough."]
    )
    evidence: Evidence
    safety: str | None = Field(
        description="Show this text before the exercise.", examples=["Leave out anybody whom you are afraid of."]
    )
    references: list[Reference]
    articles: list[ArticleBrief] = Field(description="Further reading.")
    support: SupportHint
