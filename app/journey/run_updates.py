"""Changing a run: its zone, its reminder, pausing it, going on, and giving it up."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.core.errors import Conflict
from app.journey.requests import RunChange
from app.journey.rules.progress import Run, Status
from app.journey.rules.schedule import changed, noted
from app.journey.runs import RunFinished, read_run, write_changes
from app.journey.serializers import dashboard_of
from app.journey.services import Tools

MOST_STRETCHES = 400  # changes of zone, pauses and resumptions of one run


class TooManyTurns(Conflict):
    code = "too_many_turns"
    says = "This run has been paused or moved too often to be changed that way again."


def change_run(
    session: Session, tools: Tools, member_id: UUID, run_id: UUID | None, change: RunChange, *, now: datetime
) -> dict[str, Any]:
    """Change what was sent; what is so already stays, whatever state the run is in.

    Raises RunNotFound, RunFinished and TooManyTurns.
    """
    stored = read_run(session, member_id, run_id)
    sent = change.model_fields_set
    zone = change.time_zone if "time_zone" in sent else stored.run.timetable.zone
    status = Status(change.status) if "status" in sent else None
    reminder = change.reminder_time if "reminder_time" in sent else stored.reminder_time
    run = stored.run
    if run.is_underway:
        run = _changed(run, zone, status, now=now)
        turns = run.timetable.stretches != stored.run.timetable.stretches
        goes_on = stored.run.timetable.paused and not run.timetable.paused  # which nobody is kept from
        if turns and not goes_on and len(run.timetable.stretches) > MOST_STRETCHES:
            raise TooManyTurns
    elif (zone, reminder) != (run.timetable.zone, stored.reminder_time) or status not in {None, _end_of(run)}:
        raise RunFinished
    write_changes(session, stored, run, {"reminder_time": reminder} if reminder != stored.reminder_time else {})
    return dashboard_of(session, tools, replace(stored, run=run, reminder_time=reminder), now=now)


def _changed(run: Run, zone: str, status: Status | None, *, now: datetime) -> Run:
    paused = status is Status.PAUSED if status in {Status.PAUSED, Status.ACTIVE} else None
    run = replace(run, timetable=changed(run.timetable, run.done, zone=zone, paused=paused, at=now))
    if status is not Status.ABANDONED:
        return run
    return replace(run, timetable=noted(run.timetable, run.done, now=now), abandoned_at=now)


def _end_of(run: Run) -> Status:
    return Status.COMPLETED if run.abandoned_at is None else Status.ABANDONED
