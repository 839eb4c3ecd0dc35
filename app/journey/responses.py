"""What the API says of members' runs."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.core.db.pagination import Page
from app.core.problems import Problem
from app.journey.content.schemas import SLUG, SUMMARY, TITLE, DayBrief, DayContent, SupportHint
from app.journey.rules.progress import DayStatus, Status
from app.journey.rules.schedule import Pace

A_CHANGE = "5f0c7a3e-9b1d-4c7e-8f55-2a6f0e6d9b11"
AN_ID = "9d2f6f0e-1c55-4a57-9a2e-0d8f3f2b7c11"


@dataclass(kw_only=True)
class StreakRead:
    """Dates with a completion in a row. One missed date in a week is bridged: nothing is lost by it."""

    current: Annotated[int, Field(examples=[4])]
    longest: Annotated[int, Field(examples=[6])]
    bridged: Annotated[int, Field(description="Missed dates within the current one.", examples=[1])]


@dataclass(kw_only=True)
class Standing:
    """Status and figures of a run at the moment of the request."""

    status: Status
    today: Annotated[date, Field(description="In the run's zone.")]
    current_day: Annotated[int | None, Field(description="The highest open day.", examples=[5])]
    next_day: Annotated[int | None, Field(description="The lowest open day that isn't completed.", examples=[5])]
    next_opens_at: Annotated[
        datetime | None, Field(description="When the next day opens; null: unknown, or all are open.")
    ]
    days_completed: Annotated[int, Field(examples=[4])]
    percent: Annotated[int, Field(examples=[19])]
    streak: StreakRead


@dataclass(kw_only=True)
class AboutRun:
    """What it is, and how it is walked."""

    id: Annotated[UUID, Field(examples=[AN_ID])]
    journey: Annotated[str, Field(examples=[SLUG])]
    title: Annotated[str, Field(examples=["One Small Thing a Day"])]
    pace: Pace
    time_zone: Annotated[str, Field(examples=["Europe/Dublin"])]
    starts_on: date
    started_at: Annotated[datetime, Field(description="When it was made.")]
    abandoned_at: datetime | None


@dataclass(kw_only=True)
class RunBrief(AboutRun):
    status: Status
    days_completed: Annotated[int, Field(examples=[4])]
    percent: Annotated[int, Field(examples=[19])]


@dataclass
class RunPage(Page[RunBrief]):
    items: list[RunBrief]


@dataclass(kw_only=True)
class RunDayRead:
    number: Annotated[int, Field(examples=[1])]
    week: Annotated[int, Field(examples=[1])]
    title: Annotated[str, Field(examples=[TITLE])]
    minutes: Annotated[int, Field(examples=[20])]
    status: DayStatus
    scheduled_on: Annotated[date | None, Field(description="Null while it isn't known.")]
    opens_at: Annotated[datetime | None, Field(description="When it opened or will open; null while it isn't known.")]
    completed_at: datetime | None
    completed_on: Annotated[date | None, Field(description="By the clocks of the zone that it was completed in.")]


@dataclass(kw_only=True)
class TakenResult:
    id: Annotated[UUID, Field(examples=["3b1f8c62-6f0e-4a57-9c0e-0d8f3f2b7c11"])]
    taken_at: datetime


@dataclass(kw_only=True)
class AssessmentOffer:
    """The assessment, to be taken again: `/v1/me/results/{after}/change?since={before}` compares."""

    assessment: Annotated[str, Field(examples=["attachment-reflection"])]
    before: Annotated[TakenResult | None, Field(description="Your last result from before the run was finished.")]
    after: Annotated[TakenResult | None, Field(description="Your first one since.")]


@dataclass(kw_only=True)
class Finished:
    """What there is to say once all 21 days are completed."""

    text: Annotated[str, Field(examples=["You have been through all 21 days."])]
    first_on: date
    last_on: date
    dates_practised: Annotated[int, Field(description="Dates with at least one completion.", examples=[19])]
    longest_streak: Annotated[int, Field(examples=[12])]
    again: AssessmentOffer | None


@dataclass(kw_only=True)
class Dashboard(Standing, AboutRun):
    """Everything that the main screen needs."""

    paused_at: Annotated[datetime | None, Field(description="Since when it is paused.")]
    reminder_time: Annotated[str | None, Field(description="By the clocks of the run's zone.", examples=["07:30"])]
    has_calendar: bool
    up_next: Annotated[
        DayBrief | None,
        Field(
            description="The `next_day`.",
            examples=[{"number": 1, "week": 1, "title": TITLE, "summary": SUMMARY, "minutes": 20}],
        ),
    ]
    days: list[RunDayRead]
    finished: Annotated[Finished | None, Field(description="Null until all days are completed.")]
    support: SupportHint


@dataclass(kw_only=True)
class Progress:
    """What you did and wrote on a day."""

    completed_at: datetime | None
    completed_on: date | None
    tasks: Annotated[dict[str, bool], Field(examples=[{"draw-the-page": True}])]
    mood_before: Annotated[int | None, Field(examples=[2])]
    mood_after: Annotated[int | None, Field(examples=[3])]
    reflection: Annotated[str | None, Field(examples=["I noticed the pull to check."])]


class DayRead(DayContent):
    status: DayStatus
    scheduled_on: date | None
    opens_at: datetime
    progress: Progress


@dataclass(kw_only=True)
class DayChanged:
    """A day after a change, and where you stand since. The `ETag` is that of the day."""

    number: Annotated[int, Field(examples=[1])]
    status: DayStatus
    progress: Progress
    run: Standing


@dataclass(kw_only=True)
class MetReflections:
    """Two texts for one day met: the later one is `kept`, and the other isn't lost for you."""

    kept: Annotated[str | None, Field(examples=["What I wrote on the phone."])]
    superseded: Annotated[str | None, Field(examples=["What I wrote on the tablet."])]


@dataclass(kw_only=True)
class ChangeResult:
    change_id: Annotated[UUID, Field(examples=[A_CHANGE])]
    status: Annotated[
        Literal["applied", "unchanged", "superseded", "refused"],
        Field(
            description="`applied`; `unchanged`: no difference; `superseded` by a later change; `refused`.",
            examples=["applied"],
        ),
    ]
    superseded: Annotated[
        list[str],
        Field(description="Fields that a later change has set; tasks as `tasks/` and their id.", examples=[[]]),
    ]
    reflections: Annotated[MetReflections | None, Field(examples=[None])]
    problem: Annotated[
        Problem | None, Field(description="Why it was refused, as the day's own address would say it.", examples=[None])
    ]


@dataclass(kw_only=True)
class Synced:
    results: Annotated[list[ChangeResult], Field(description="In the order of the changes.")]
    dashboard: Dashboard


@dataclass(kw_only=True)
class Practice:
    """A day that was completed or has notes."""

    day: Annotated[int, Field(examples=[1])]
    completed_on: date | None
    tasks_done: Annotated[int, Field(examples=[2])]
    mood_before: Annotated[int | None, Field(examples=[2])]
    mood_after: Annotated[int | None, Field(examples=[3])]
    words: Annotated[int, Field(examples=[42])]


@dataclass(kw_only=True)
class MoodFigures:
    n: Annotated[int, Field(description="On how many days it was noted.", examples=[4])]
    mean: Annotated[float | None, Field(description="From 1 to 5; null without any.", examples=[2.75])]


@dataclass(kw_only=True)
class MoodChange:
    n: Annotated[int, Field(description="Days on which both were noted.", examples=[3])]
    mean_difference: Annotated[float | None, Field(description="After minus before.", examples=[0.67])]


@dataclass(kw_only=True)
class Insights:
    """Counts and means of what you noted. They describe; they don't prove that anything caused anything."""

    days_completed: Annotated[int, Field(examples=[4])]
    dates_practised: Annotated[int, Field(examples=[4])]
    percent: Annotated[int, Field(examples=[19])]
    longest_streak: Annotated[int, Field(examples=[4])]
    practice: Annotated[list[Practice], Field(description="By day.")]
    mood_before: MoodFigures
    mood_after: MoodFigures
    mood_change: MoodChange
    words_written: Annotated[int, Field(description="Counted; what you wrote stays with you.", examples=[180])]
    note: Annotated[str, Field(examples=["These are few days: a difference may well be chance."])]


@dataclass(kw_only=True)
class CalendarRead:
    """The secret address of a calendar. The calendar has the dates of your days, and none of their content."""

    path: Annotated[str, Field(examples=["/v1/calendars/Zm9yLXlvdXItZXllcy1vbmx5LXRoaXMtaXMtYS1zZWNyZXQ.ics"])]
    url: Annotated[
        str,
        Field(
            description="The same with this server's address.",
            examples=["https://api.example.org/v1/calendars/Zm9yLXlvdXItZXllcy1vbmx5LXRoaXMtaXMtYS1zZWNyZXQ.ics"],
        ),
    ]
    made_at: datetime
