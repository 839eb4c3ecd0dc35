"""Runs as they are stored: loaded with all their days in one statement, and written back as far as they changed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import Enum
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, exists, func, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from app.core.db.json_agg import json_rows
from app.core.db.pagination import Statement
from app.core.db.session import Session
from app.core.errors import Conflict, FieldError, NotFound
from app.journey import models
from app.journey.models import Calendar, Journey, RunDay
from app.journey.rules.merge import Completion
from app.journey.rules.progress import RunHistory
from app.journey.rules.schedule import Pace, Stretch, Timetable

CURRENT = "current"  # in a path, instead of an id


class RunNotFound(NotFound):
    code = "run_not_found"
    says = "You have no such run."

    def __init__(self) -> None:
        super().__init__(FieldError("path", "/run_id", self.says))


class RunFinished(Conflict):
    code = "run_finished"
    says = "This run is over. What you wrote can still be changed; a new run starts a new count."


class RunUnderway(Conflict):
    code = "run_underway"
    says = "Another run is underway. Finish or abandon it first; nothing of it is lost."


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A row with the rows of its days; `run` is what the rules know of it."""

    member_id: UUID
    id: UUID
    number: int
    journey: str
    digest: str
    reminder_time: time | None
    started_at: datetime
    has_calendar: bool
    run: RunHistory


class Selector(Enum):
    """How a member's run is found."""

    ID = "by id"
    CURRENT = "the latest that is not abandoned"


@cache
def member_runs() -> Statement:
    """A member's runs, each with its journey's digest and its days as JSON."""
    run = models.Run
    names = ("id", "number", "journey", "pace", "starts_on", "timetable", "reminder_time", "started_at", "abandoned_at")
    calendar = col(Calendar.member_id) == col(run.member_id), col(Calendar.run_id) == col(run.id)
    days = select(
        json_rows(
            col(RunDay.day),
            col(RunDay.completed_at),
            col(RunDay.completed_on),
            col(RunDay.time_zone),
            col(RunDay.undone_at),
        )
    ).where(col(RunDay.member_id) == col(run.member_id), col(RunDay.run_id) == col(run.id))
    return (
        select(
            *(col(getattr(run, name)) for name in names),
            col(Journey.digest),
            exists().where(*calendar).label("has_calendar"),
            days.scalar_subquery().label("days"),
        )
        .join(Journey, col(Journey.slug) == col(run.journey))
        .where(col(run.member_id) == bindparam("member_id"))
    )


@cache
def one_run(selector: Selector) -> Statement:
    """A member's run, by the bound parameter `run_id` or as the current one."""
    if selector is Selector.ID:
        return member_runs().where(col(models.Run.id) == bindparam("run_id"))
    other = aliased(models.Run)
    latest = select(func.max(col(other.number))).where(
        col(other.member_id) == bindparam("member_id"), col(other.abandoned_at).is_(None)
    )
    return member_runs().where(col(models.Run.number) == latest.scalar_subquery())


@cache
def numbered_runs() -> Statement:
    return member_runs().where(col(models.Run.number).in_(bindparam("numbers", expanding=True)))


@cache
def runs_in_order() -> Statement:
    return member_runs().order_by(col(models.Run.number))


def load(session: Session, member_id: UUID, run_id: UUID | None) -> StoredRun:
    """A run by its id; without one, the current run. Raises RunNotFound."""
    rows = session.fetch(one_run(selector_of(run_id)), values_of(member_id, run_id))
    if not rows:
        raise RunNotFound
    return stored_run(rows[0], member_id)


def load_numbered(session: Session, member_id: UUID, numbers: Sequence[int]) -> dict[int, StoredRun]:
    rows = session.execute(numbered_runs(), {"member_id": member_id, "numbers": list(numbers)})
    return {row.number: stored_run(row, member_id) for row in rows}


def load_all(session: Session, member_id: UUID) -> list[StoredRun]:
    """The oldest first."""
    return [stored_run(row, member_id) for row in session.execute(runs_in_order(), {"member_id": member_id})]


def run_selector(run_id: str) -> UUID | None:
    """Of a path. None selects the current run."""
    return None if run_id == CURRENT else UUID(run_id)


def selector_of(run_id: UUID | None) -> Selector:
    return Selector.CURRENT if run_id is None else Selector.ID


def values_of(member_id: UUID, run_id: UUID | None) -> dict[str, Any]:
    """The bound parameters of `one_run`."""
    return {"member_id": member_id} if run_id is None else {"member_id": member_id, "run_id": run_id}


def save(session: Session, before: StoredRun, after: RunHistory, more: Mapping[str, Any] | None = None) -> None:
    """Write what differs between a run as it was loaded and as it is now; `more` are other columns of its row.

    Raises RunUnderway if a finished run would be underway again beside another one.
    """
    was = before.run
    values = dict(more or {})
    if after.is_underway and not was.is_underway:
        _check_alone(session, before)
    if after.timetable != was.timetable:
        values["timetable"] = timetable_to_json(after.timetable)
    if after.is_underway != was.is_underway:
        values["is_underway"] = after.is_underway
    if after.abandoned_at != was.abandoned_at:
        values["abandoned_at"] = after.abandoned_at
    if values:
        session.update(models.Run, {"member_id": before.member_id, "id": before.id}, values)
    changed = (day for day, completion in after.completions.items() if completion != was.completions.get(day))
    session.upsert(RunDay, [_day_row(before, day, after.completions[day]) for day in changed])


def _check_alone(session: Session, stored: StoredRun) -> None:
    others = select(col(models.Run.id)).where(
        col(models.Run.member_id) == stored.member_id,
        col(models.Run.id) != stored.id,
        col(models.Run.is_underway).is_(True),
    )
    if session.execute(others).first():
        raise RunUnderway


def _day_row(stored: StoredRun, day: int, completion: Completion) -> dict[str, Any]:
    return {
        "member_id": stored.member_id,
        "run_id": stored.id,
        "day": day,
        "completed_at": completion.at,
        "completed_on": completion.on,
        "time_zone": completion.zone,
        "undone_at": completion.undone_at,
    }


def stored_run(row: Row[*tuple[Any, ...]], member_id: UUID) -> StoredRun:
    completions = {
        day: Completion(
            datetime.fromisoformat(at) if at else None,
            date.fromisoformat(on) if on else None,
            zone,
            datetime.fromisoformat(undone_at) if undone_at else None,
        )
        for day, at, on, zone, undone_at in json.loads(row.days or "[]")
    }
    timetable = timetable_from_json(row.timetable, starts_on=row.starts_on, pace=Pace(row.pace))
    return StoredRun(
        member_id=member_id,
        id=row.id,
        number=row.number,
        journey=row.journey,
        digest=row.digest,
        reminder_time=row.reminder_time,
        started_at=row.started_at,
        has_calendar=row.has_calendar,
        run=RunHistory(timetable, completions, row.abandoned_at),
    )


def timetable_to_json(timetable: Timetable) -> str:
    """A timetable's changing parts."""
    parts = {
        "stretches": [[each.since.isoformat(), each.zone, each.paused] for each in timetable.stretches],
        "rests": [[first.isoformat(), last.isoformat()] for first, last in timetable.rests],
        "openings": [each.isoformat() for each in timetable.openings],
    }
    return json.dumps(parts, separators=(",", ":"))


def timetable_from_json(text: str, *, starts_on: date, pace: Pace) -> Timetable:
    parts = json.loads(text)
    moment, day = datetime.fromisoformat, date.fromisoformat
    return Timetable(
        starts_on,
        pace,
        stretches=tuple(Stretch(moment(since), zone, paused) for since, zone, paused in parts["stretches"]),
        rests=tuple((day(first), day(last)) for first, last in parts["rests"]),
        openings=tuple(moment(each) for each in parts["openings"]),
    )
