"""Runs as they are stored: read with all their days in one statement, and written back as far as they changed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, exists, func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from app.core.db.json_agg import date_in, gathered, moment_in, rows_in
from app.core.db.pagination import Statement
from app.core.db.upsert import change_row, upsert
from app.core.errors import Conflict, FieldError, NotFound
from app.journey import models
from app.journey.models import Calendar, Journey, RunDay
from app.journey.rules.merge import Completion
from app.journey.rules.progress import Run
from app.journey.rules.schedule import Pace, Stretch, Timetable


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
    """A row with the rows of its days; `run` is what its rules know of it."""

    member_id: UUID
    id: UUID
    number: int
    journey: str
    digest: str
    reminder_time: time | None
    started_at: datetime
    has_calendar: bool
    run: Run


def _runs() -> Statement:
    run = models.Run
    names = ("id", "number", "journey", "pace", "starts_on", "timetable", "reminder_time", "started_at")
    mine = col(Calendar.member_id) == col(run.member_id), col(Calendar.run_id) == col(run.id)
    days = select(
        gathered(
            col(RunDay.day),
            col(RunDay.completed_at),
            col(RunDay.completed_on),
            col(RunDay.time_zone),
            col(RunDay.undone_at),
        )
    ).where(col(RunDay.member_id) == col(run.member_id), col(RunDay.run_id) == col(run.id))
    return select(
        *(col(getattr(run, name)) for name in names),
        col(run.abandoned_at),
        col(Journey.digest),
        exists().where(*mine).label("has_calendar"),
        days.scalar_subquery().label("days"),
    ).join(Journey, col(Journey.slug) == col(run.journey))


def _latest() -> Any:
    """The number of the latest run that isn't abandoned."""
    other = aliased(models.Run)
    mine = col(other.member_id) == bindparam("member_id"), col(other.abandoned_at).is_(None)
    return select(func.max(col(other.number))).where(*mine).scalar_subquery()


RUNS = _runs()
MINE = RUNS.where(col(models.Run.member_id) == bindparam("member_id"))
BY_ID = MINE.where(col(models.Run.id) == bindparam("run_id"))
CURRENT = MINE.where(col(models.Run.number) == _latest())
SOME = MINE.where(col(models.Run.number).in_(bindparam("numbers", expanding=True)))
ALL = MINE.order_by(col(models.Run.number))


def read_run(reading: Session | Connection, member_id: UUID, run_id: UUID | None) -> StoredRun:
    """By id, or the current one. Raises RunNotFound."""
    return found_run(reading.execute(*run_wanted(member_id, run_id)).all(), member_id)


def run_wanted(member_id: UUID, run_id: UUID | None) -> tuple[Statement, dict[str, Any]]:
    """The statement that finds a run, by id, or the current one, and its values."""
    if run_id is None:
        return CURRENT, {"member_id": member_id}
    return BY_ID, {"member_id": member_id, "run_id": run_id}


def found_run(rows: Sequence[Row[Any]], member_id: UUID) -> StoredRun:
    """Raises RunNotFound."""
    if not rows:
        raise RunNotFound
    return _stored(rows[0], member_id)


def read_numbered(reading: Session | Connection, member_id: UUID, numbers: Sequence[int]) -> dict[int, StoredRun]:
    rows = reading.execute(SOME, {"member_id": member_id, "numbers": list(numbers)})
    return {row.number: _stored(row, member_id) for row in rows}


def all_runs(reading: Session | Connection, member_id: UUID) -> list[StoredRun]:
    """The oldest first."""
    return [_stored(row, member_id) for row in reading.execute(ALL, {"member_id": member_id})]


def write_changes(session: Session, before: StoredRun, after: Run, more: Mapping[str, Any] | None = None) -> None:
    """Write what differs between a run as it was read and as it is now; `more` are other columns of its row."""
    was = before.run
    values = dict(more or {})
    if after.timetable != was.timetable:
        values["timetable"] = written(after.timetable)
    if after.is_underway != was.is_underway:
        values["is_underway"] = after.is_underway
    if after.abandoned_at != was.abandoned_at:
        values["abandoned_at"] = after.abandoned_at
    if values:
        change_row(session, models.Run, {"member_id": before.member_id, "id": before.id}, values)
    changed = (day for day, completion in after.completions.items() if completion != was.completions.get(day))
    upsert(session, RunDay, *(_day(before, day, after.completions[day]) for day in changed))


def check_alone(session: Session, stored: StoredRun) -> None:
    """Raises RunUnderway if another run of theirs is underway."""
    others = select(col(models.Run.id)).where(
        col(models.Run.member_id) == stored.member_id,
        col(models.Run.id) != stored.id,
        col(models.Run.is_underway).is_(True),
    )
    if session.execute(others).first():
        raise RunUnderway


def _day(stored: StoredRun, day: int, completion: Completion) -> dict[str, Any]:
    return {
        "member_id": stored.member_id,
        "run_id": stored.id,
        "day": day,
        "completed_at": completion.at,
        "completed_on": completion.on,
        "time_zone": completion.zone,
        "undone_at": completion.undone_at,
    }


def _stored(row: Row[Any], member_id: UUID) -> StoredRun:
    completions = {
        day: Completion(moment_in(at), date_in(on), zone, moment_in(undone_at))
        for day, at, on, zone, undone_at in rows_in(row.days)
    }
    timetable = read(row.timetable, starts_on=row.starts_on, pace=Pace(row.pace))
    return StoredRun(
        member_id=member_id,
        id=row.id,
        number=row.number,
        journey=row.journey,
        digest=row.digest,
        reminder_time=row.reminder_time,
        started_at=row.started_at,
        has_calendar=row.has_calendar,
        run=Run(timetable, completions, row.abandoned_at),
    )


def written(timetable: Timetable) -> str:
    """A timetable's changing parts as JSON."""
    parts = {
        "stretches": [[each.since.isoformat(), each.zone, each.paused] for each in timetable.stretches],
        "rests": [[first.isoformat(), last.isoformat()] for first, last in timetable.rests],
        "openings": [each.isoformat() for each in timetable.openings],
    }
    return json.dumps(parts, separators=(",", ":"))


def read(text: str, *, starts_on: date, pace: Pace) -> Timetable:
    parts = json.loads(text)
    moment, day = datetime.fromisoformat, date.fromisoformat
    return Timetable(
        starts_on,
        pace,
        stretches=tuple(Stretch(moment(since), zone, paused) for since, zone, paused in parts["stretches"]),
        rests=tuple((day(first), day(last)) for first, last in parts["rests"]),
        openings=tuple(moment(each) for each in parts["openings"]),
    )
