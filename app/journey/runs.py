"""Loading and saving of members' runs through a journey, each with its completed days."""

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
from app.journey.rules.schedule import Pace, Period, Timetable

CURRENT = "current"  # in a URL path, selects the latest run that isn't abandoned


class RunNotFound(NotFound):
    code = "run_not_found"
    message = "You have no such run."

    def __init__(self) -> None:
        super().__init__(FieldError("path", "/run_id", self.message))


class RunFinished(Conflict):
    code = "run_finished"
    message = "This run is over. You can still edit your reflections, or start a new run."


class RunUnderway(Conflict):
    code = "run_underway"
    message = "Another run is underway. Finish or abandon it first. Your entries are not deleted."


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A journey run as loaded from the database. `run` contains the events that determine its progress."""

    member_id: UUID
    id: UUID
    number: int
    journey: str
    digest: str
    reminder_time: time | None
    started_at: datetime
    has_calendar: bool
    run: RunHistory


class RunSelector(Enum):
    """Ways to select one of a member's journey runs: by id, or the latest that isn't abandoned."""

    ID = "by id"
    CURRENT = "the latest that is not abandoned"


@cache
def member_runs() -> Statement:
    """Select all journey runs of a member, each with its journey's content hash and its completed days as JSON."""
    run = models.Run
    column_names = (
        "id",
        "number",
        "journey",
        "pace",
        "starts_on",
        "timetable",
        "reminder_time",
        "started_at",
        "abandoned_at",
    )
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
            *(col(getattr(run, name)) for name in column_names),
            col(Journey.digest),
            exists().where(*calendar).label("has_calendar"),
            days.scalar_subquery().label("days"),
        )
        .join(Journey, col(Journey.slug) == col(run.journey))
        .where(col(run.member_id) == bindparam("member_id"))
    )


@cache
def selected_run(selector: RunSelector) -> Statement:
    """Select one journey run of a member: by the bound parameter `run_id`, or the latest that isn't abandoned."""
    if selector is RunSelector.ID:
        return member_runs().where(col(models.Run.id) == bindparam("run_id"))
    run = aliased(models.Run)
    latest_number = select(func.max(col(run.number))).where(
        col(run.member_id) == bindparam("member_id"), col(run.abandoned_at).is_(None)
    )
    return member_runs().where(col(models.Run.number) == latest_number.scalar_subquery())


@cache
def runs_by_number() -> Statement:
    return member_runs().where(col(models.Run.number).in_(bindparam("numbers", expanding=True)))


@cache
def ordered_runs() -> Statement:
    return member_runs().order_by(col(models.Run.number))


def load(session: Session, member_id: UUID, run_id: UUID | None) -> StoredRun:
    """Load a journey run by id. If the id is None, load the latest that isn't abandoned. Raise RunNotFound."""
    rows = session.fetch(selected_run(selector_for(run_id)), selector_values(member_id, run_id))
    if not rows:
        raise RunNotFound
    return run_from_row(rows[0], member_id)


def load_by_number(session: Session, member_id: UUID, numbers: Sequence[int]) -> dict[int, StoredRun]:
    rows = session.execute(runs_by_number(), {"member_id": member_id, "numbers": list(numbers)})
    return {row.number: run_from_row(row, member_id) for row in rows}


def load_all(session: Session, member_id: UUID) -> list[StoredRun]:
    """Load all journey runs of a member, oldest first."""
    return [run_from_row(row, member_id) for row in session.execute(ordered_runs(), {"member_id": member_id})]


def parse_run_id(run_id: str) -> UUID | None:
    """Parse a journey run id from a URL path. Return None for `current`, the latest run that isn't abandoned."""
    return None if run_id == CURRENT else UUID(run_id)


def selector_for(run_id: UUID | None) -> RunSelector:
    return RunSelector.CURRENT if run_id is None else RunSelector.ID


def selector_values(member_id: UUID, run_id: UUID | None) -> dict[str, Any]:
    """Return the bound parameters for the statement that `selected_run` returns."""
    return {"member_id": member_id} if run_id is None else {"member_id": member_id, "run_id": run_id}


def save(session: Session, before: StoredRun, after: RunHistory, extra_values: Mapping[str, Any] | None = None) -> None:
    """Save the differences between a loaded journey run and its new state, and other column values of its row.

    Raise RunUnderway if a finished run would become active again while another run of the member is underway.
    """
    previous = before.run
    values = dict(extra_values or {})
    if after.is_underway and not previous.is_underway:
        _check_no_other_run_underway(session, before)
    if after.timetable != previous.timetable:
        values["timetable"] = timetable_to_json(after.timetable)
    if after.is_underway != previous.is_underway:
        values["is_underway"] = after.is_underway
    if after.abandoned_at != previous.abandoned_at:
        values["abandoned_at"] = after.abandoned_at
    if values:
        session.update(models.Run, {"member_id": before.member_id, "id": before.id}, values)
    changed_days = (day for day, completion in after.completions.items() if completion != previous.completions.get(day))
    session.upsert(RunDay, [_day_row(before, day, after.completions[day]) for day in changed_days])


def _check_no_other_run_underway(session: Session, stored_run: StoredRun) -> None:
    other_runs = select(col(models.Run.id)).where(
        col(models.Run.member_id) == stored_run.member_id,
        col(models.Run.id) != stored_run.id,
        col(models.Run.is_underway).is_(True),
    )
    if session.execute(other_runs).first():
        raise RunUnderway


def _day_row(stored_run: StoredRun, day: int, completion: Completion) -> dict[str, Any]:
    return {
        "member_id": stored_run.member_id,
        "run_id": stored_run.id,
        "day": day,
        "completed_at": completion.at,
        "completed_on": completion.on,
        "time_zone": completion.zone,
        "undone_at": completion.undone_at,
    }


def run_from_row(row: Row[*tuple[Any, ...]], member_id: UUID) -> StoredRun:
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
    """Return the parts of a timetable that can change, as JSON. Stored data depends on the names of the keys."""
    parts = {
        "stretches": [[period.since.isoformat(), period.zone, period.is_paused] for period in timetable.periods],
        "rests": [[first.isoformat(), last.isoformat()] for first, last in timetable.paused_dates],
        "openings": [opening.isoformat() for opening in timetable.openings],
    }
    return json.dumps(parts, separators=(",", ":"))


def timetable_from_json(text: str, *, starts_on: date, pace: Pace) -> Timetable:
    parts = json.loads(text)
    instant, day = datetime.fromisoformat, date.fromisoformat
    return Timetable(
        starts_on,
        pace,
        periods=tuple(Period(instant(since), zone, is_paused) for since, zone, is_paused in parts["stretches"]),
        paused_dates=tuple((day(first), day(last)) for first, last in parts["rests"]),
        openings=tuple(instant(opening) for opening in parts["openings"]),
    )
