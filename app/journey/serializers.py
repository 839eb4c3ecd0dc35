"""Functions that build API responses for runs through a journey from stored data."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import col

from app.assessments.models import Result
from app.core.db.pagination import Statement
from app.core.db.session import Session
from app.journey.content.journeys import SUPPORT, JourneyContent
from app.journey.responses import (
    AssessmentOffer,
    Dashboard,
    FinishedRun,
    ResultReference,
    RunBrief,
    RunDayRead,
    RunSummary,
    StreakRead,
)
from app.journey.rules.progress import DayProgress, RunProgress, compute_progress
from app.journey.rules.schedule import LENGTH
from app.journey.runs import StoredRun
from app.journey.services import JourneyServices


def build_dashboard(session: Session, services: JourneyServices, stored_run: StoredRun, *, now: datetime) -> Dashboard:
    """Build the dashboard of a journey run. If all days are completed, it includes a closing text and statistics."""
    journey = services.journeys.get(session, stored_run.journey, stored_run.digest)
    progress = compute_progress(stored_run.run, now=now)
    return Dashboard(
        **_details_fields(journey, stored_run, progress),
        **_summary_fields(progress),
        paused_at=progress.paused_at,
        reminder_time=stored_run.reminder_time.strftime("%H:%M") if stored_run.reminder_time else None,
        has_calendar=stored_run.has_calendar,
        up_next=journey.day_brief(progress.next_day) if progress.next_day else None,
        days=[_day_read(journey, day) for day in progress.days],
        finished=_finished_run(session, journey, stored_run, progress) if progress.days_completed == LENGTH else None,
        support=SUPPORT,
    )


def build_summary(progress: RunProgress) -> RunSummary:
    return RunSummary(**_summary_fields(progress))


def build_brief(session: Session, services: JourneyServices, stored_run: StoredRun, *, now: datetime) -> RunBrief:
    """Build the short form of a journey run for the list of a member's runs."""
    journey = services.journeys.get(session, stored_run.journey, stored_run.digest)
    progress = compute_progress(stored_run.run, now=now)
    return RunBrief(
        **_details_fields(journey, stored_run, progress),
        status=progress.status,
        days_completed=progress.days_completed,
        percent=progress.percent,
    )


def _details_fields(journey: JourneyContent, stored_run: StoredRun, progress: RunProgress) -> dict[str, Any]:
    """Return the values of the `RunDetails` fields: journey, pace, time zone and dates."""
    timetable = stored_run.run.timetable
    return {
        "id": stored_run.id,
        "journey": stored_run.journey,
        "title": journey.definition["title"],
        "pace": timetable.pace,
        "time_zone": progress.zone,
        "starts_on": timetable.starts_on,
        "started_at": stored_run.started_at,
        "abandoned_at": stored_run.run.abandoned_at,
    }


def _summary_fields(progress: RunProgress) -> dict[str, Any]:
    """Return the values of the `RunSummary` fields: status, current day, progress and streak."""
    streak = progress.streak
    return {
        "status": progress.status,
        "today": progress.today,
        "current_day": progress.current_day,
        "next_day": progress.next_day,
        "next_opens_at": progress.next_opens_at,
        "days_completed": progress.days_completed,
        "percent": progress.percent,
        "streak": StreakRead(current=streak.current, longest=streak.longest, bridged=streak.bridged),
    }


def _day_read(journey: JourneyContent, day: DayProgress) -> RunDayRead:
    outline = journey.outline[day.number - 1]
    return RunDayRead(
        number=day.number,
        week=outline.week,
        title=outline.title,
        minutes=outline.minutes,
        status=day.status,
        scheduled_on=day.scheduled_on,
        opens_at=day.opens_at,
        completed_at=day.completion.at,
        completed_on=day.completion.on,
    )


def _finished_run(
    session: Session, journey: JourneyContent, stored_run: StoredRun, progress: RunProgress
) -> FinishedRun:
    completed_days = stored_run.run.completed_days.values()
    dates = sorted(day.on for day in completed_days)
    ended_at = max(day.at for day in completed_days)
    return FinishedRun(
        text=journey.definition["finished"],
        first_on=dates[0],
        last_on=dates[-1],
        dates_practised=len(set(dates)),
        longest_streak=progress.streak.longest,
        again=_assessment_offer(session, journey.definition["assessment"], stored_run, ended_at=ended_at),
    )


def assessment_results() -> Statement:
    return select(col(Result.id), col(Result.taken_at)).where(
        col(Result.member_id) == bindparam("member_id"), col(Result.assessment) == bindparam("assessment")
    )


def _assessment_offer(
    session: Session, slug: str | None, stored_run: StoredRun, *, ended_at: datetime
) -> AssessmentOffer | None:
    """Return an invitation to retake the journey's assessment, or None if it has none.

    It refers to the member's last result before the end of the run, and the first one after it.
    """
    if slug is None:
        return None
    taken_at, result_id = col(Result.taken_at), col(Result.id)
    before = assessment_results().where(taken_at <= ended_at).order_by(taken_at.desc(), result_id)
    after = assessment_results().where(taken_at > ended_at).order_by(taken_at, result_id)
    return AssessmentOffer(
        assessment=slug,
        before=_first_result(session, before, stored_run.member_id, slug),
        after=_first_result(session, after, stored_run.member_id, slug),
    )


def _first_result(session: Session, results: Statement, member_id: Any, slug: str) -> ResultReference | None:
    row = session.execute(results.limit(1), {"member_id": member_id, "assessment": slug}).first()
    return ResultReference(id=row.id, taken_at=row.taken_at) if row else None
