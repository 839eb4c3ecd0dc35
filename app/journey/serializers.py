"""Runs as replies."""

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
    Finished,
    RunBrief,
    RunDayRead,
    Standing,
    StreakRead,
    TakenResult,
)
from app.journey.rules import progress
from app.journey.rules.progress import run_progress
from app.journey.rules.schedule import LENGTH
from app.journey.runs import StoredRun
from app.journey.services import JourneyServices


def dashboard_of(session: Session, services: JourneyServices, stored: StoredRun, *, now: datetime) -> Dashboard:
    """Everything that the main screen needs; of a finished run also what there is to say at its end."""
    journey = services.journeys.read(session, stored.journey, stored.digest)
    found = run_progress(stored.run, now=now)
    return Dashboard(
        **_about(journey, stored, found),
        **_figures(found),
        paused_at=found.paused_at,
        reminder_time=stored.reminder_time.strftime("%H:%M") if stored.reminder_time else None,
        has_calendar=stored.has_calendar,
        up_next=journey.brief(found.next_day) if found.next_day else None,
        days=[_day(journey, day) for day in found.days],
        finished=_finished(session, journey, stored, found) if found.days_completed == LENGTH else None,
        support=SUPPORT,
    )


def standing_of(found: progress.RunProgress) -> Standing:
    return Standing(**_figures(found))


def brief_of(session: Session, services: JourneyServices, stored: StoredRun, *, now: datetime) -> RunBrief:
    """A run as a list shows it."""
    journey = services.journeys.read(session, stored.journey, stored.digest)
    found = run_progress(stored.run, now=now)
    return RunBrief(
        **_about(journey, stored, found),
        status=found.status,
        days_completed=found.days_completed,
        percent=found.percent,
    )


def _about(journey: JourneyContent, stored: StoredRun, found: progress.RunProgress) -> dict[str, Any]:
    """The fields of `AboutRun`."""
    timetable = stored.run.timetable
    return {
        "id": stored.id,
        "journey": stored.journey,
        "title": journey.stored["title"],
        "pace": timetable.pace,
        "time_zone": found.zone,
        "starts_on": timetable.starts_on,
        "started_at": stored.started_at,
        "abandoned_at": stored.run.abandoned_at,
    }


def _figures(found: progress.RunProgress) -> dict[str, Any]:
    """The fields of the reply `Standing`."""
    streak = found.streak
    return {
        "status": found.status,
        "today": found.today,
        "current_day": found.current_day,
        "next_day": found.next_day,
        "next_opens_at": found.next_opens_at,
        "days_completed": found.days_completed,
        "percent": found.percent,
        "streak": StreakRead(current=streak.current, longest=streak.longest, bridged=streak.bridged),
    }


def _day(journey: JourneyContent, day: progress.DayProgress) -> RunDayRead:
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


def _finished(session: Session, journey: JourneyContent, stored: StoredRun, found: progress.RunProgress) -> Finished:
    done = stored.run.done.values()
    dates = sorted(each.on for each in done)
    return Finished(
        text=journey.stored["finished"],
        first_on=dates[0],
        last_on=dates[-1],
        dates_practised=len(set(dates)),
        longest_streak=found.streak.longest,
        again=_offer(session, journey.stored["assessment"], stored, ended_at=max(each.at for each in done)),
    )


def results_of_assessment() -> Statement:
    return select(col(Result.id), col(Result.taken_at)).where(
        col(Result.member_id) == bindparam("member_id"), col(Result.assessment) == bindparam("assessment")
    )


def _offer(session: Session, slug: str | None, stored: StoredRun, *, ended_at: datetime) -> AssessmentOffer | None:
    """The assessment, with the results that frame the end of the run."""
    if slug is None:
        return None
    taken_at, result_id = col(Result.taken_at), col(Result.id)
    before = results_of_assessment().where(taken_at <= ended_at).order_by(taken_at.desc(), result_id)
    after = results_of_assessment().where(taken_at > ended_at).order_by(taken_at, result_id)
    return AssessmentOffer(
        assessment=slug,
        before=_taken(session, before, stored.member_id, slug),
        after=_taken(session, after, stored.member_id, slug),
    )


def _taken(session: Session, results: Statement, member_id: Any, slug: str) -> TakenResult | None:
    row = session.execute(results.limit(1), {"member_id": member_id, "assessment": slug}).first()
    return TakenResult(id=row.id, taken_at=row.taken_at) if row else None
