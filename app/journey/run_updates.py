"""Changes to a member's run through a journey: time zone, reminder, pause, resume and abandon."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from app.core.db.session import Session
from app.core.errors import Conflict
from app.journey import runs
from app.journey.requests import RunChange
from app.journey.responses import Dashboard
from app.journey.rules.progress import RunHistory, Status
from app.journey.rules.schedule import change_timetable, store_openings
from app.journey.runs import RunFinished
from app.journey.serializers import build_dashboard
from app.journey.services import JourneyServices

MAX_PERIODS = 400  # per run; each pause, resumption and change of time zone adds one


class TooManyPeriods(Conflict):
    code = "too_many_turns"
    message = "This run has reached the maximum number of pauses and time zone changes."


def change_run(
    session: Session,
    services: JourneyServices,
    member_id: UUID,
    run_id: UUID | None,
    change: RunChange,
    *,
    now: datetime,
) -> Dashboard:
    """Change the time zone, reminder or status of a journey run. Return its new dashboard.

    A finished run accepts only the values that it already has. Raise RunNotFound, RunFinished and TooManyPeriods.
    """
    stored_run = runs.load(session, member_id, run_id)
    sent_names = change.model_fields_set
    zone = change.time_zone if "time_zone" in sent_names else stored_run.run.timetable.zone
    status = Status(change.status) if "status" in sent_names else None
    reminder_time = change.reminder_time if "reminder_time" in sent_names else stored_run.reminder_time
    run = stored_run.run
    if run.is_underway:
        run = _apply_change(run, zone, status, now=now)
        has_new_period = run.timetable.periods != stored_run.run.timetable.periods
        is_resumed = stored_run.run.timetable.is_paused and not run.timetable.is_paused  # exempt from the limit
        if has_new_period and not is_resumed and len(run.timetable.periods) > MAX_PERIODS:
            raise TooManyPeriods
    elif (zone, reminder_time) != (run.timetable.zone, stored_run.reminder_time) or status not in {
        None,
        _final_status(run),
    }:
        raise RunFinished
    changed_columns = {"reminder_time": reminder_time} if reminder_time != stored_run.reminder_time else {}
    runs.save(session, stored_run, run, changed_columns)
    return build_dashboard(session, services, replace(stored_run, run=run, reminder_time=reminder_time), now=now)


def _apply_change(run: RunHistory, zone: str, status: Status | None, *, now: datetime) -> RunHistory:
    is_paused = status is Status.PAUSED if status in {Status.PAUSED, Status.ACTIVE} else None
    timetable = change_timetable(run.timetable, run.completed_days, zone=zone, is_paused=is_paused, at=now)
    run = replace(run, timetable=timetable)
    if status is not Status.ABANDONED:
        return run
    return replace(run, timetable=store_openings(run.timetable, run.completed_days, now=now), abandoned_at=now)


def _final_status(run: RunHistory) -> Status:
    return Status.COMPLETED if run.abandoned_at is None else Status.ABANDONED
