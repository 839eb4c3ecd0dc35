"""The reference stack's journey: the dashboard, completing a day, and what a phone kept offline. Days have their titles
in the database.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel
from sqlmodel import Session, col, select

from app.assessments.serializers import SUPPORT
from app.journey.day_updates import fields_of
from app.journey.requests import DayChange, OfflineChange
from app.journey.responses import Dashboard, DayChanged, Synced
from app.journey.rules import merge
from app.journey.rules.merge import Completion, Note
from app.journey.rules.progress import RunHistory, RunProgress, run_progress
from app.journey.rules.schedule import Pace, Stretch, Timetable
from app.journey.serializers import standing_of
from bench.reference_stack.template_models import User, Walk, WalkDay
from bench.reference_stack.template_session import CurrentUser, SessionDep

Shown = dict[str, Any]

router = APIRouter(prefix="/v1/me/journeys/current")


class Changes(BaseModel):
    changes: list[OfflineChange]


@router.get("", response_model=Dashboard)
def read_dashboard(session: SessionDep, current_user: CurrentUser) -> Any:
    walk = latest_walk(session, current_user)
    return dashboard_of(walk, found_standing(walk, datetime.now(UTC)))


@router.patch("/days/{day}", response_model=DayChanged)
def complete_day(session: SessionDep, current_user: CurrentUser, day: int, change: DayChange) -> Any:
    walk, now = latest_walk(session, current_user), datetime.now(UTC)
    check_open(walk, now, day)
    done = session.exec(select(WalkDay).where(WalkDay.walk_id == walk.id, WalkDay.number == day)).first()
    done = done or WalkDay(walk_id=walk.id, number=day)
    if change.completed and done.completed_at is None:
        done.completed_at, done.completed_on = now, now.date()
    session.add(done)
    session.commit()
    session.refresh(done)
    session.refresh(walk)
    found = found_standing(walk, now)
    said = {name: value for name, (value, _) in done.notes.items()}
    tasks = {f"task-{n}": bool(said.get(f"tasks/task-{n}")) for n in range(3)}
    notes = {name: said.get(name) for name in ("mood_before", "mood_after", "reflection")}
    times = {"completed_at": done.completed_at, "completed_on": done.completed_on}
    shown = {"number": day, "status": found.days[day - 1].status, "progress": {**times, "tasks": tasks, **notes}}
    return {**shown, "run": standing_of(found)}


@router.post("/sync", response_model=Synced)
def sync(session: SessionDep, current_user: CurrentUser, body: Changes) -> Any:
    walk, now = latest_walk(session, current_user), datetime.now(UTC)
    check_open(walk, now, *(change.day for change in body.changes))
    days = {day.number: day for day in walk.days}
    zone = ZoneInfo(walk.time_zone)
    results = {}
    for change in sorted(body.changes, key=lambda each: each.happened_at):
        day = days.setdefault(change.day, WalkDay(walk_id=walk.id, number=change.day))
        results[change.change_id] = merge_change(day, change, zone)
        session.add(day)
    session.commit()
    session.refresh(walk)
    answers = [results[change.change_id] for change in body.changes]
    return {"results": answers, "dashboard": dashboard_of(walk, found_standing(walk, now))}


def latest_walk(session: Session, user: User) -> Walk:
    walk = session.exec(select(Walk).where(Walk.user_id == user.id).order_by(col(Walk.started_at).desc())).first()
    if not walk:
        raise HTTPException(404, "Not found")
    return walk


def found_standing(walk: Walk, now: datetime) -> RunProgress:
    completions = {day.number: Completion(day.completed_at, day.completed_on, walk.time_zone) for day in walk.days}
    stretches = (Stretch(walk.started_at.astimezone(UTC), walk.time_zone),)
    return run_progress(RunHistory(Timetable(walk.starts_on, Pace(walk.pace), stretches), completions), now=now)


def check_open(walk: Walk, now: datetime, *days: int) -> None:
    if max(days, default=0) > (found_standing(walk, now).current_day or 0):
        raise HTTPException(403, "Locked")


def merge_change(day: WalkDay, change: OfflineChange, zone: ZoneInfo) -> Shown:
    """Of the notes what was said last stands, of completions the earliest."""
    at = change.happened_at
    notes = {name: Note(value, datetime.fromisoformat(since)) for name, (value, since) in day.notes.items()}
    merged = merge.merged(notes, dict(fields_of(change.fields)), at=at)
    day.notes = {name: [value, since.isoformat()] for name, (value, since) in merged.notes.items()}
    effects = dict(merged.effects)
    if "completed" in change.fields.model_fields_set:
        before = Completion(day.completed_at, day.completed_on, zone.key)
        after, effects["completed"] = merge.completed(before, at=at, on=at.astimezone(zone).date(), zone=zone.key)
        day.completed_at, day.completed_on = after.at, after.on
    superseded = [name for name, effect in effects.items() if effect is merge.Effect.SUPERSEDED]
    answer = {"change_id": change.change_id, "status": merge.effect_of(effects), "superseded": superseded}
    return {**answer, "reflections": None, "problem": None}


def dashboard_of(walk: Walk, found: RunProgress) -> Shown:
    briefs = [
        {**day.model_dump(exclude={"id", "course_id"}), "week": (day.number + 6) // 7} for day in walk.course.days
    ]
    unset = dict.fromkeys(("abandoned_at", "paused_at", "reminder_time", "finished"))
    about = {"id": walk.id, "journey": walk.course.slug, "title": walk.course.title, "pace": walk.pace}
    times = {"time_zone": walk.time_zone, "starts_on": walk.starts_on, "started_at": walk.started_at}
    up_next = briefs[found.next_day - 1] if found.next_day else None
    days = list(days_of(briefs, found))
    more = {"has_calendar": False, "up_next": up_next, "days": days, "support": SUPPORT}
    return {**vars(standing_of(found)), **about, **times, **unset, **more}


def days_of(briefs: list[Shown], found: RunProgress) -> Iterator[Shown]:
    for day in found.days:
        yield {
            **briefs[day.number - 1],
            "status": day.status,
            "scheduled_on": day.scheduled_on,
            "opens_at": day.opens_at,
            "completed_at": day.completion.at,
            "completed_on": day.completion.on,
        }
