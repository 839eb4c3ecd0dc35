"""Changing a run: its zone, its reminder, pausing it, resuming it, and abandoning it."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.core.db.session import Session
from app.core.errors import Conflict
from app.journey import runs
from app.journey.requests import RunChange
from app.journey.responses import Dashboard
from app.journey.rules.progress import RunHistory, Status
from app.journey.rules.schedule import changed, noted
from app.journey.runs import RunFinished
from app.journey.serializers import dashboard_of
from app.journey.services import JourneyServices

MOST_STRETCHES = 400  # changes of zone, pauses and resumptions of one run


class TooManyTurns(Conflict):
    code = "too_many_turns"
    says = "This run has been paused or moved too often to be changed that way again."


def change_run(
    session: Session,
    services: JourneyServices,
    member_id: UUID,
    run_id: UUID | None,
    change: RunChange,
    *,
    now: datetime,
) -> Dashboard:
    """Change the fields that were sent. A field that has its value already is accepted in every state of the run.

    Raises RunNotFound, RunFinished and TooManyTurns.
    """
    stored = runs.load(session, member_id, run_id)
    sent = change.model_fields_set
    zone = change.time_zone if "time_zone" in sent else stored.run.timetable.zone
    status = Status(change.status) if "status" in sent else None
    reminder = change.reminder_time if "reminder_time" in sent else stored.reminder_time
    run = stored.run
    if run.is_underway:
        run = _changed(run, zone, status, now=now)
        is_new = run.timetable.stretches != stored.run.timetable.stretches
        resumes = stored.run.timetable.paused and not run.timetable.paused  # always possible
        if is_new and not resumes and len(run.timetable.stretches) > MOST_STRETCHES:
            raise TooManyTurns
    elif (zone, reminder) != (run.timetable.zone, stored.reminder_time) or status not in {None, _end_of(run)}:
        raise RunFinished
    runs.save(session, stored, run, {"reminder_time": reminder} if reminder != stored.reminder_time else {})
    return dashboard_of(session, services, replace(stored, run=run, reminder_time=reminder), now=now)


def _changed(run: RunHistory, zone: str, status: Status | None, *, now: datetime) -> RunHistory:
    paused = status is Status.PAUSED if status in {Status.PAUSED, Status.ACTIVE} else None
    run = replace(run, timetable=changed(run.timetable, run.done, zone=zone, paused=paused, at=now))
    if status is not Status.ABANDONED:
        return run
    return replace(run, timetable=noted(run.timetable, run.done, now=now), abandoned_at=now)


def _end_of(run: RunHistory) -> Status:
    return Status.COMPLETED if run.abandoned_at is None else Status.ABANDONED
