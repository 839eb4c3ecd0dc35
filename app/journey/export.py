"""A member's runs for their data export."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from app.core.db.session import Session
from app.journey import runs
from app.journey.day_updates import EARLIER, NOTED, TASK
from app.journey.models import Calendar
from app.journey.notes import load_notes
from app.journey.rules.merge import UNDONE, Completion, Notes
from app.journey.rules.progress import run_progress


def exported_runs(session: Session, member_id: UUID, key: bytes, *, now: datetime) -> Iterator[dict[str, Any]]:
    """The oldest first."""
    made = select(col(Calendar.run_id), col(Calendar.made_at)).where(col(Calendar.member_id) == member_id)
    calendars = {row.run_id: row.made_at for row in session.execute(made)}
    for stored in runs.load_all(session, member_id):
        run, noted = stored.run, load_notes(session, key, stored)
        timetable = run.timetable
        yield {
            "id": stored.id,
            "journey": stored.journey,
            "status": run_progress(run, now=now).status,
            "pace": timetable.pace,
            "starts_on": timetable.starts_on,
            "started_at": stored.started_at,
            "abandoned_at": run.abandoned_at,
            "reminder_time": stored.reminder_time and stored.reminder_time.strftime("%H:%M"),
            "calendar_made_at": calendars.get(stored.id),
            "stretches": [
                {"since": each.since, "time_zone": each.zone, "paused": each.paused} for each in timetable.stretches
            ],
            "opened_at": run.openings(now=now),
            "days": [
                {"day": day, **_day(run.completions.get(day, UNDONE), noted.get(day, {}))}
                for day in sorted(run.completions.keys() | noted.keys())
            ],
        }


def _day(completion: Completion, noted: Notes) -> dict[str, Any]:
    tasks = {name.removeprefix(TASK): note.value for name, note in noted.items() if name.startswith(TASK)}
    return {
        "completed_at": completion.at,
        "completed_on": completion.on,
        "time_zone": completion.zone,
        "undone_at": completion.undone_at,
        "tasks": tasks,
        **{name: noted[name].value if name in noted else None for name in (*NOTED, EARLIER)},
        "noted_at": {name: note.at for name, note in noted.items()},
    }
