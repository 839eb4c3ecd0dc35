"""Response schemas for members' runs through a journey, and for the days of a run."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.core.db.pagination import Page
from app.core.problems import Problem
from app.journey.content.schemas import EXAMPLE_SLUG, EXAMPLE_SUMMARY, EXAMPLE_TITLE, DayBrief, DayContent, SupportHint
from app.journey.rules.progress import DayStatus, Status
from app.journey.rules.schedule import Pace

EXAMPLE_CHANGE_ID = "5f0c7a3e-9b1d-4c7e-8f55-2a6f0e6d9b11"
EXAMPLE_RUN_ID = "9d2f6f0e-1c55-4a57-9a2e-0d8f3f2b7c11"


@dataclass(kw_only=True)
class StreakRead:
    """Consecutive dates on which a day was completed. One missed date in seven doesn't end a streak."""

    current: Annotated[int, Field(examples=[4])]
    longest: Annotated[int, Field(examples=[6])]
    bridged: Annotated[int, Field(description="Missed dates within the current streak.", examples=[1])]


@dataclass(kw_only=True)
class RunSummary:
    """The status and progress of a run through a journey at the time of the request."""

    status: Status
    today: Annotated[date, Field(description="The current date in the run's time zone.")]
    current_day: Annotated[int | None, Field(description="The highest day that is open.", examples=[5])]
    next_day: Annotated[int | None, Field(description="The lowest open day that isn't completed.", examples=[5])]
    next_opens_at: Annotated[
        datetime | None,
        Field(description="When the next locked day opens; null if this is unknown or all days are open."),
    ]
    days_completed: Annotated[int, Field(examples=[4])]
    percent: Annotated[int, Field(examples=[19])]
    streak: StreakRead


@dataclass(kw_only=True)
class RunDetails:
    """The journey, pace, time zone and dates of a member's run."""

    id: Annotated[UUID, Field(examples=[EXAMPLE_RUN_ID])]
    journey: Annotated[str, Field(examples=[EXAMPLE_SLUG])]
    title: Annotated[str, Field(examples=["One Small Thing a Day"])]
    pace: Pace
    time_zone: Annotated[str, Field(examples=["Europe/Dublin"])]
    starts_on: date
    started_at: Annotated[datetime, Field(description="When the run was created.")]
    abandoned_at: datetime | None


@dataclass(kw_only=True)
class RunBrief(RunDetails):
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
    title: Annotated[str, Field(examples=[EXAMPLE_TITLE])]
    minutes: Annotated[int, Field(examples=[20])]
    status: DayStatus
    scheduled_on: Annotated[date | None, Field(description="Null while unknown.")]
    opens_at: Annotated[datetime | None, Field(description="When the day opened or will open; null while unknown.")]
    completed_at: datetime | None
    completed_on: Annotated[date | None, Field(description="The local date in the run's time zone at that time.")]


@dataclass(kw_only=True)
class ResultReference:
    id: Annotated[UUID, Field(examples=["3b1f8c62-6f0e-4a57-9c0e-0d8f3f2b7c11"])]
    taken_at: datetime


@dataclass(kw_only=True)
class AssessmentOffer:
    """An invitation to retake the assessment. `/v1/me/results/{after}/change?since={before}` compares the results."""

    assessment: Annotated[str, Field(examples=["attachment-reflection"])]
    before: Annotated[ResultReference | None, Field(description="Your last result before the end of the run.")]
    after: Annotated[ResultReference | None, Field(description="Your first result after the end of the run.")]


@dataclass(kw_only=True)
class FinishedRun:
    """The closing text and statistics of a run in which all 21 days are completed."""

    text: Annotated[str, Field(examples=["You have been through all 21 days."])]
    first_on: date
    last_on: date
    dates_practised: Annotated[int, Field(description="Dates with at least one completion.", examples=[19])]
    longest_streak: Annotated[int, Field(examples=[12])]
    again: AssessmentOffer | None


@dataclass(kw_only=True)
class Dashboard(RunSummary, RunDetails):
    """All data for the main screen of a journey: status, progress, reminder, days and next day."""

    paused_at: Annotated[datetime | None, Field(description="When the current pause began.")]
    reminder_time: Annotated[str | None, Field(description="Local time in the run's time zone.", examples=["07:30"])]
    has_calendar: bool
    up_next: Annotated[
        DayBrief | None,
        Field(
            description="The outline of `next_day`.",
            examples=[{"number": 1, "week": 1, "title": EXAMPLE_TITLE, "summary": EXAMPLE_SUMMARY, "minutes": 20}],
        ),
    ]
    days: list[RunDayRead]
    finished: Annotated[FinishedRun | None, Field(description="Null until all days are completed.")]
    support: SupportHint


@dataclass(kw_only=True)
class Progress:
    """Your progress on one day: time of completion, tasks done, moods and reflection."""

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
class UpdatedDay:
    """The changed day, and a summary of its run. The `ETag` response header identifies this version of the day."""

    number: Annotated[int, Field(examples=[1])]
    status: DayStatus
    progress: Progress
    run: RunSummary


@dataclass(kw_only=True)
class ReflectionConflict:
    """Two conflicting texts of a reflection: `kept` is stored, `superseded` isn't. Offer both to the user."""

    kept: Annotated[str | None, Field(examples=["What I wrote on the phone."])]
    superseded: Annotated[str | None, Field(examples=["What I wrote on the tablet."])]


@dataclass(kw_only=True)
class ChangeResult:
    change_id: Annotated[UUID, Field(examples=[EXAMPLE_CHANGE_ID])]
    status: Annotated[
        Literal["applied", "unchanged", "superseded", "refused"],
        Field(
            description="`applied`, `unchanged` (no effect), `superseded` (by a later change) or `refused` (an error).",
            examples=["applied"],
        ),
    ]
    superseded: Annotated[
        list[str],
        Field(description="Fields with a later value; tasks are listed as `tasks/{id}`.", examples=[[]]),
    ]
    reflections: Annotated[ReflectionConflict | None, Field(examples=[None])]
    problem: Annotated[
        Problem | None, Field(description="The error, as for a PATCH of the day; set if `refused`.", examples=[None])
    ]


@dataclass(kw_only=True)
class SyncResult:
    results: Annotated[list[ChangeResult], Field(description="One result per change, in the same order.")]
    dashboard: Dashboard


@dataclass(kw_only=True)
class PracticeDay:
    """A day of the journey that is completed or has notes."""

    day: Annotated[int, Field(examples=[1])]
    completed_on: date | None
    tasks_done: Annotated[int, Field(examples=[2])]
    mood_before: Annotated[int | None, Field(examples=[2])]
    mood_after: Annotated[int | None, Field(examples=[3])]
    words: Annotated[int, Field(examples=[42])]


@dataclass(kw_only=True)
class MoodSummary:
    n: Annotated[int, Field(description="The number of days with this mood.", examples=[4])]
    mean: Annotated[float | None, Field(description="From 1 to 5; null if `n` is 0.", examples=[2.75])]


@dataclass(kw_only=True)
class MoodChange:
    n: Annotated[int, Field(description="The number of days with both moods.", examples=[3])]
    mean_difference: Annotated[float | None, Field(description="After minus before.", examples=[0.67])]


@dataclass(kw_only=True)
class Insights:
    """Statistics of your completed days and notes. They describe your practice and moods, but show no causes."""

    days_completed: Annotated[int, Field(examples=[4])]
    dates_practised: Annotated[int, Field(examples=[4])]
    percent: Annotated[int, Field(examples=[19])]
    longest_streak: Annotated[int, Field(examples=[4])]
    practice: Annotated[list[PracticeDay], Field(description="Ordered by day.")]
    mood_before: MoodSummary
    mood_after: MoodSummary
    mood_change: MoodChange
    words_written: Annotated[int, Field(description="The number of words in all reflections.", examples=[180])]
    note: Annotated[
        str, Field(examples=["These figures are based on few days. Means of few days can change a lot by chance."])
    ]


@dataclass(kw_only=True)
class CalendarRead:
    """The secret address of a calendar. The calendar shows when journey days are due, but not their content."""

    path: Annotated[str, Field(examples=["/v1/calendars/Zm9yLXlvdXItZXllcy1vbmx5LXRoaXMtaXMtYS1zZWNyZXQ.ics"])]
    url: Annotated[
        str,
        Field(
            description="The absolute URL of `path` on this server.",
            examples=["https://api.example.org/v1/calendars/Zm9yLXlvdXItZXllcy1vbmx5LXRoaXMtaXMtYS1zZWNyZXQ.ics"],
        ),
    ]
    made_at: datetime
