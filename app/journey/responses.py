"""What the API says of members' runs."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.core.problems import Problem
from app.journey.content.schemas import SLUG, SUMMARY, TITLE, DayBrief, DayContent, SupportHint
from app.journey.rules.progress import DayStatus, Status
from app.journey.rules.schedule import Pace

A_CHANGE = "5f0c7a3e-9b1d-4c7e-8f55-2a6f0e6d9b11"
AN_ID = "9d2f6f0e-1c55-4a57-9a2e-0d8f3f2b7c11"


class StreakRead(BaseModel):
    """Dates with a completion in a row. One missed date in a week is bridged: nothing is lost by it."""

    current: int = Field(examples=[4])
    longest: int = Field(examples=[6])
    bridged: int = Field(description="Missed dates within the current one.", examples=[1])


class Standing(BaseModel):
    """Where somebody stands."""

    status: Status
    today: date = Field(description="In the run's zone.")
    current_day: int | None = Field(description="The highest open day.", examples=[5])
    next_day: int | None = Field(description="The lowest open day that isn't completed.", examples=[5])
    next_opens_at: datetime | None = Field(description="When the next day opens; null: unknown, or all are open.")
    days_completed: int = Field(examples=[4])
    percent: int = Field(examples=[19])
    streak: StreakRead


class AboutRun(BaseModel):
    """What it is, and how it is walked."""

    id: UUID = Field(examples=[AN_ID])
    journey: str = Field(examples=[SLUG])
    title: str = Field(examples=["One Small Thing a Day"])
    pace: Pace
    time_zone: str = Field(examples=["Europe/Dublin"])
    starts_on: date
    started_at: datetime = Field(description="When it was made.")
    abandoned_at: datetime | None


class RunBrief(AboutRun):
    status: Status
    days_completed: int = Field(examples=[4])
    percent: int = Field(examples=[19])


class RunPage(BaseModel):
    items: list[RunBrief]
    total: int = Field(examples=[1])
    next: str | None = Field(examples=[None])


class RunDayRead(BaseModel):
    number: int = Field(examples=[1])
    week: int = Field(examples=[1])
    title: str = Field(examples=[TITLE])
    minutes: int = Field(examples=[20])
    status: DayStatus
    scheduled_on: date | None = Field(description="Null while it isn't known.")
    opens_at: datetime | None = Field(description="When it opened or will open; null while it isn't known.")
    completed_at: datetime | None
    completed_on: date | None = Field(description="By the clocks of the zone that it was completed in.")


class TakenResult(BaseModel):
    id: UUID = Field(examples=["3b1f8c62-6f0e-4a57-9c0e-0d8f3f2b7c11"])
    taken_at: datetime


class AssessmentOffer(BaseModel):
    """The assessment, to be taken again: `/v1/me/results/{after}/change?since={before}` compares."""

    assessment: str = Field(examples=["attachment-reflection"])
    before: TakenResult | None = Field(description="Your last result from before the run was finished.")
    after: TakenResult | None = Field(description="Your first one since.")


class Finished(BaseModel):
    """What there is to say once all 21 days are completed."""

    text: str = Field(examples=["You have been through all 21 days."])
    first_on: date
    last_on: date
    dates_practised: int = Field(description="Dates with at least one completion.", examples=[19])
    longest_streak: int = Field(examples=[12])
    again: AssessmentOffer | None


class Dashboard(Standing, AboutRun):
    """Everything that the main screen needs."""

    paused_at: datetime | None = Field(description="Since when it is paused.")
    reminder_time: str | None = Field(description="By the clocks of the run's zone.", examples=["07:30"])
    has_calendar: bool
    up_next: DayBrief | None = Field(
        description="The `next_day`.",
        examples=[{"number": 1, "week": 1, "title": TITLE, "summary": SUMMARY, "minutes": 20}],
    )
    days: list[RunDayRead]
    finished: Finished | None = Field(description="Null until all days are completed.")
    support: SupportHint


class Progress(BaseModel):
    """What you did and wrote on a day."""

    completed_at: datetime | None
    completed_on: date | None
    tasks: dict[str, bool] = Field(examples=[{"draw-the-page": True}])
    mood_before: int | None = Field(examples=[2])
    mood_after: int | None = Field(examples=[3])
    reflection: str | None = Field(examples=["I noticed the pull to check."])


class DayRead(DayContent):
    status: DayStatus
    scheduled_on: date | None
    opens_at: datetime
    progress: Progress


class DayChanged(BaseModel):
    """A day after a change, and where you stand since. The `ETag` is that of the day."""

    number: int = Field(examples=[1])
    status: DayStatus
    progress: Progress
    run: Standing


class MetReflections(BaseModel):
    """Two texts for one day met: the later one is `kept`, and the other isn't lost for you."""

    kept: str | None = Field(examples=["What I wrote on the phone."])
    superseded: str | None = Field(examples=["What I wrote on the tablet."])


class ChangeResult(BaseModel):
    change_id: UUID = Field(examples=[A_CHANGE])
    status: Literal["applied", "unchanged", "superseded", "refused"] = Field(
        description="`applied`; `unchanged`: says it already; `superseded`: a later change stands; `refused`.",
        examples=["applied"],
    )
    superseded: list[str] = Field(
        description="The fields for which a later change stands; tasks as `tasks/` and their id.", examples=[[]]
    )
    reflections: MetReflections | None = Field(examples=[None])
    problem: Problem | None = Field(
        description="Why it was refused, as the day's own address would say it.", examples=[None]
    )


class Synced(BaseModel):
    results: list[ChangeResult] = Field(description="In the order of the changes.")
    dashboard: Dashboard


class Practice(BaseModel):
    """A day with something to tell."""

    day: int = Field(examples=[1])
    completed_on: date | None
    tasks_done: int = Field(examples=[2])
    mood_before: int | None = Field(examples=[2])
    mood_after: int | None = Field(examples=[3])
    words: int = Field(examples=[42])


class MoodFigures(BaseModel):
    n: int = Field(description="On how many days it was noted.", examples=[4])
    mean: float | None = Field(description="From 1 to 5; null without any.", examples=[2.75])


class MoodChange(BaseModel):
    n: int = Field(description="Days on which both were noted.", examples=[3])
    mean_difference: float | None = Field(description="After minus before.", examples=[0.67])


class Insights(BaseModel):
    """Counts and means of what you noted. They describe; they don't prove that anything caused anything."""

    days_completed: int = Field(examples=[4])
    dates_practised: int = Field(examples=[4])
    percent: int = Field(examples=[19])
    longest_streak: int = Field(examples=[4])
    practice: list[Practice] = Field(description="By day.")
    mood_before: MoodFigures
    mood_after: MoodFigures
    mood_change: MoodChange
    words_written: int = Field(description="Counted; what you wrote stays with you.", examples=[180])
    note: str = Field(examples=["These are few days: a difference may well be chance."])


class CalendarRead(BaseModel):
    """The secret address of a calendar. Whoever knows it sees when your days are, and nothing of what is in them."""

    path: str = Field(examples=["/v1/calendars/Zm9yLXlvdXItZXllcy1vbmx5LXRoaXMtaXMtYS1zZWNyZXQ.ics"])
    url: str = Field(
        description="The same with this server's address.",
        examples=["https://api.example.org/v1/calendars/Zm9yLXlvdXItZXllcy1vbmx5LXRoaXMtaXMtYS1zZWNyZXQ.ics"],
    )
    made_at: datetime
