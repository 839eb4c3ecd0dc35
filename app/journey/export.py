"""Export of a member's journey data, as part of the download of their personal data."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from app.core.db.session import Session
from app.journey import runs
from app.journey.day_updates import EARLIER_REFLECTION, NOTE_FIELDS, TASK_PREFIX
from app.journey.models import Calendar
from app.journey.notes import load_notes
from app.journey.rules.merge import NOT_COMPLETED, Completion, Notes
from app.journey.rules.progress import compute_progress


def export_runs(session: Session, member_id: UUID, key: bytes, *, now: datetime) -> Iterator[dict[str, Any]]:
    """Yield the member's journey runs, oldest first, with all notes decrypted."""
    statement = select(col(Calendar.run_id), col(Calendar.made_at)).where(col(Calendar.member_id) == member_id)
    calendars = {row.run_id: row.made_at for row in session.execute(statement)}
    for stored_run in runs.load_all(session, member_id):
        run, notes_by_day = stored_run.run, load_notes(session, key, stored_run)
        timetable = run.timetable
        yield {
            "id": stored_run.id,
            "journey": stored_run.journey,
            "status": compute_progress(run, now=now).status,
            "pace": timetable.pace,
            "starts_on": timetable.starts_on,
            "started_at": stored_run.started_at,
            "abandoned_at": run.abandoned_at,
            "reminder_time": stored_run.reminder_time and stored_run.reminder_time.strftime("%H:%M"),
            "calendar_made_at": calendars.get(stored_run.id),
            "stretches": [
                {"since": period.since, "time_zone": period.zone, "paused": period.is_paused}
                for period in timetable.periods
            ],
            "opened_at": run.openings(now=now),
            "days": [
                {"day": day, **_exported_day(run.completions.get(day, NOT_COMPLETED), notes_by_day.get(day, {}))}
                for day in sorted(run.completions.keys() | notes_by_day.keys())
            ],
        }


def _exported_day(completion: Completion, notes: Notes) -> dict[str, Any]:
    tasks = {name.removeprefix(TASK_PREFIX): note.value for name, note in notes.items() if name.startswith(TASK_PREFIX)}
    return {
        "completed_at": completion.at,
        "completed_on": completion.on,
        "time_zone": completion.zone,
        "undone_at": completion.undone_at,
        "tasks": tasks,
        **{name: notes[name].value if name in notes else None for name in (*NOTE_FIELDS, EARLIER_REFLECTION)},
        "noted_at": {name: note.at for name, note in notes.items()},
    }
