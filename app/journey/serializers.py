"""What a run looks like from outside."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import Session, col

from app.assessments.models import Result
from app.assessments.serializers import SUPPORT
from app.journey.content.journeys import StoredJourney
from app.journey.rules.progress import Standing, standing
from app.journey.rules.schedule import paused_since
from app.journey.runs import StoredRun
from app.journey.services import Tools

Shown = dict[str, Any]
SAID_OF_STANDING = (
    "status",
    "today",
    "current_day",
    "next_day",
    "next_opens_at",
    "days_completed",
    "percent",
    "streak",
)


def dashboard_of(reading: Session | Connection, tools: Tools, stored: StoredRun, *, now: datetime) -> Shown:
    """Everything that the main screen needs; of a finished run also what there is to say at its end."""
    journey = tools.journeys.read(reading, stored.journey, stored.digest)
    timetable, found = stored.run.timetable, standing(stored.run, now=now)
    return {
        **_about(journey, stored),
        **standing_of(found),
        "paused_at": paused_since(timetable) if timetable.paused else None,
        "reminder_time": stored.reminder_time and stored.reminder_time.strftime("%H:%M"),
        "has_calendar": stored.has_calendar,
        "up_next": journey.brief(found.next_day) if found.next_day else None,
        "days": _days(journey, found),
        "finished": _finished(reading, journey, stored, found) if stored.run.is_completed else None,
        "support": SUPPORT,
    }


def standing_of(found: Standing) -> Shown:
    return {name: getattr(found, name) for name in SAID_OF_STANDING}


def brief_of(tools: Tools, reading: Session | Connection, stored: StoredRun, *, now: datetime) -> Shown:
    """A run as a list shows it."""
    journey = tools.journeys.read(reading, stored.journey, stored.digest)
    found = standing(stored.run, now=now)
    figures = {name: getattr(found, name) for name in ("status", "days_completed", "percent")}
    return {**_about(journey, stored), **figures}


def _about(journey: StoredJourney, stored: StoredRun) -> Shown:
    timetable = stored.run.timetable
    return {
        "id": stored.id,
        "journey": stored.journey,
        "title": journey.stored["title"],
        "pace": timetable.pace,
        "time_zone": timetable.zone,
        "starts_on": timetable.starts_on,
        "started_at": stored.started_at,
        "abandoned_at": stored.run.abandoned_at,
    }


def _days(journey: StoredJourney, found: Standing) -> list[Shown]:
    return [
        {
            **journey.outline[day.number - 1],
            "status": day.status,
            "scheduled_on": day.scheduled_on,
            "opens_at": day.opens_at,
            "completed_at": day.completion.at,
            "completed_on": day.completion.on,
        }
        for day in found.days
    ]


def _finished(reading: Session | Connection, journey: StoredJourney, stored: StoredRun, found: Standing) -> Shown:
    done = stored.run.done.values()
    dates = sorted(each.on for each in done)
    return {
        "text": journey.stored["finished"],
        "first_on": dates[0],
        "last_on": dates[-1],
        "dates_practised": len(set(dates)),
        "longest_streak": found.streak.longest,
        "again": _offer(reading, journey.stored, stored, ended_at=max(each.at for each in done)),
    }


def _offer(
    reading: Session | Connection, said: Mapping[str, Any], stored: StoredRun, *, ended_at: datetime
) -> Shown | None:
    """The assessment, with the results that frame the end of the run."""
    slug = said["assessment"]
    if slug is None:
        return None
    taken_at = col(Result.taken_at)
    mine = select(col(Result.id), taken_at).where(
        col(Result.member_id) == stored.member_id, col(Result.assessment) == slug
    )
    before = reading.execute(
        mine.where(taken_at <= ended_at).order_by(taken_at.desc(), col(Result.id)).limit(1)
    ).first()
    after = reading.execute(mine.where(taken_at > ended_at).order_by(taken_at, col(Result.id)).limit(1)).first()
    return {
        "assessment": slug,
        "before": before and {"id": before.id, "taken_at": before.taken_at},
        "after": after and {"id": after.id, "taken_at": after.taken_at},
    }
