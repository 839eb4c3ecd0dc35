"""Journey of the reference stack, a comparison server: dashboard, completions and offline changes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel
from sqlmodel import Session, col, select

from app.assessments.serializers import SUPPORT
from app.journey.day_updates import sent_fields
from app.journey.requests import DayChange, OfflineChange
from app.journey.responses import Dashboard, SyncResult, UpdatedDay
from app.journey.rules import merge
from app.journey.rules.merge import Completion, Note
from app.journey.rules.progress import RunHistory, RunProgress, compute_progress
from app.journey.rules.schedule import Pace, Period, Timetable
from app.journey.serializers import build_summary
from bench.reference_stack.template_models import User, Walk, WalkDay
from bench.reference_stack.template_session import CurrentUser, SessionDep

JsonObject = dict[str, Any]

router = APIRouter(prefix="/v1/me/journeys/current")


class Changes(BaseModel):
    changes: list[OfflineChange]


@router.get("", response_model=Dashboard)
def read_dashboard(session: SessionDep, current_user: CurrentUser) -> Any:
    walk = latest_walk(session, current_user)
    return dashboard_of(walk, progress_of(walk, datetime.now(UTC)))


@router.patch("/days/{day}", response_model=UpdatedDay)
def complete_day(session: SessionDep, current_user: CurrentUser, day: int, change: DayChange) -> Any:
    walk, now = latest_walk(session, current_user), datetime.now(UTC)
    check_open(walk, now, day)
    walk_day = session.exec(select(WalkDay).where(WalkDay.walk_id == walk.id, WalkDay.number == day)).first()
    walk_day = walk_day or WalkDay(walk_id=walk.id, number=day)
    if change.completed and walk_day.completed_at is None:
        walk_day.completed_at, walk_day.completed_on = now, now.date()
    session.add(walk_day)
    session.commit()
    session.refresh(walk_day)
    session.refresh(walk)
    progress = progress_of(walk, now)
    values = {name: value for name, (value, _) in walk_day.notes.items()}
    tasks = {f"task-{n}": bool(values.get(f"tasks/task-{n}")) for n in range(3)}
    notes = {name: values.get(name) for name in ("mood_before", "mood_after", "reflection")}
    times = {"completed_at": walk_day.completed_at, "completed_on": walk_day.completed_on}
    day_fields = {
        "number": day,
        "status": progress.days[day - 1].status,
        "progress": {**times, "tasks": tasks, **notes},
    }
    return {**day_fields, "run": build_summary(progress)}


@router.post("/sync", response_model=SyncResult)
def sync(session: SessionDep, current_user: CurrentUser, body: Changes) -> Any:
    walk, now = latest_walk(session, current_user), datetime.now(UTC)
    check_open(walk, now, *(change.day for change in body.changes))
    days = {day.number: day for day in walk.days}
    zone = ZoneInfo(walk.time_zone)
    results = {}
    for change in sorted(body.changes, key=lambda change: change.happened_at):
        day = days.setdefault(change.day, WalkDay(walk_id=walk.id, number=change.day))
        results[change.change_id] = merge_change(day, change, zone)
        session.add(day)
    session.commit()
    session.refresh(walk)
    change_results = [results[change.change_id] for change in body.changes]
    return {"results": change_results, "dashboard": dashboard_of(walk, progress_of(walk, now))}


def latest_walk(session: Session, user: User) -> Walk:
    walk = session.exec(select(Walk).where(Walk.user_id == user.id).order_by(col(Walk.started_at).desc())).first()
    if not walk:
        raise HTTPException(404, "Not found")
    return walk


def progress_of(walk: Walk, now: datetime) -> RunProgress:
    completions = {day.number: Completion(day.completed_at, day.completed_on, walk.time_zone) for day in walk.days}
    periods = (Period(walk.started_at.astimezone(UTC), walk.time_zone),)
    return compute_progress(RunHistory(Timetable(walk.starts_on, Pace(walk.pace), periods), completions), now=now)


def check_open(walk: Walk, now: datetime, *days: int) -> None:
    if max(days, default=0) > (progress_of(walk, now).current_day or 0):
        raise HTTPException(403, "Locked")


def merge_change(day: WalkDay, change: OfflineChange, zone: ZoneInfo) -> JsonObject:
    """Apply an offline change to a day: the latest note and the earliest completion win."""
    happened_at = change.happened_at
    notes = {name: Note(value, datetime.fromisoformat(since)) for name, (value, since) in day.notes.items()}
    merged = merge.merge_notes(notes, dict(sent_fields(change.fields)), at=happened_at)
    day.notes = {name: [value, since.isoformat()] for name, (value, since) in merged.notes.items()}
    effects = dict(merged.effects)
    if "completed" in change.fields.model_fields_set:
        stored = Completion(day.completed_at, day.completed_on, zone.key)
        merged_completion, effects["completed"] = merge.merge_completion(
            stored, at=happened_at, on=happened_at.astimezone(zone).date(), zone=zone.key
        )
        day.completed_at, day.completed_on = merged_completion.at, merged_completion.on
    superseded = [name for name, effect in effects.items() if effect is merge.Effect.SUPERSEDED]
    result = {"change_id": change.change_id, "status": merge.overall_effect(effects), "superseded": superseded}
    return {**result, "reflections": None, "problem": None}


def dashboard_of(walk: Walk, progress: RunProgress) -> JsonObject:
    briefs = [
        {**day.model_dump(exclude={"id", "course_id"}), "week": (day.number + 6) // 7} for day in walk.course.days
    ]
    unset = dict.fromkeys(("abandoned_at", "paused_at", "reminder_time", "finished"))
    about = {"id": walk.id, "journey": walk.course.slug, "title": walk.course.title, "pace": walk.pace}
    times = {"time_zone": walk.time_zone, "starts_on": walk.starts_on, "started_at": walk.started_at}
    up_next = briefs[progress.next_day - 1] if progress.next_day else None
    days = list(days_of(briefs, progress))
    extras = {"has_calendar": False, "up_next": up_next, "days": days, "support": SUPPORT}
    return {**vars(build_summary(progress)), **about, **times, **unset, **extras}


def days_of(briefs: list[JsonObject], progress: RunProgress) -> Iterator[JsonObject]:
    for day in progress.days:
        yield {
            **briefs[day.number - 1],
            "status": day.status,
            "scheduled_on": day.scheduled_on,
            "opens_at": day.opens_at,
            "completed_at": day.completion.at,
            "completed_on": day.completion.on,
        }
