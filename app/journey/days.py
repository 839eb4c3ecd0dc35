"""Reading and changing one day of a journey: its content and the member's progress."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from typing import NamedTuple, cast
from uuid import UUID

from app.core.db.session import Session
from app.core.errors import AppError, FieldError
from app.journey import runs
from app.journey.content.journeys import DayLocked, JourneyContent, day_content_fields
from app.journey.day_updates import NOTE_FIELDS, TASK_PREFIX, DayState, record_change
from app.journey.notes import RunNotes, load_with_notes, save_notes
from app.journey.requests import DayChange
from app.journey.responses import DayRead, Progress, UpdatedDay
from app.journey.rules.merge import NOT_COMPLETED, Completion, Effect, Notes, overall_effect
from app.journey.rules.progress import compute_progress, day_opening
from app.journey.runs import StoredRun
from app.journey.serializers import build_summary
from app.journey.services import JourneyServices


class DayETagMismatch(AppError):
    """Raised when a day has changed since the client read it. The response contains the day's current ETag."""

    status = HTTPStatus.PRECONDITION_FAILED
    code = "day_changed"
    message = "This day was changed on another device. Please reload it and save again."

    def __init__(self, etag: str) -> None:
        super().__init__(
            FieldError("header", "/if-match", "The day has changed since you read it."), headers={"ETag": etag}
        )


class OpenDay(NamedTuple):
    """An unlocked day of a member's run through a journey, with the member's notes."""

    stored_run: StoredRun
    journey: JourneyContent
    task_ids: list[str]
    number: int
    notes: Notes

    @property
    def completion(self) -> Completion:
        return self.stored_run.run.completions.get(self.number, NOT_COMPLETED)

    def progress(self) -> Progress:
        values = {name: note.value for name, note in self.notes.items()}
        mood_before, mood_after, reflection = (values.get(name) for name in NOTE_FIELDS)
        return Progress(
            completed_at=self.completion.at,
            completed_on=self.completion.on,
            tasks={name: bool(values.get(TASK_PREFIX + name)) for name in self.task_ids},
            mood_before=cast("int | None", mood_before),
            mood_after=cast("int | None", mood_after),
            reflection=cast("str | None", reflection),
        )

    def etag(self, progress: Progress) -> str:
        """Return an ETag: a hash of the member's progress and of the journey's content."""
        state = json.dumps([self.stored_run.digest, vars(progress)], default=str, sort_keys=True)
        return f'"{sha256(state.encode()).hexdigest()[:32]}"'


def read_day(
    session: Session,
    services: JourneyServices,
    member_id: UUID,
    run_id: UUID | None,
    number: int,
    *,
    body_format: str,
    now: datetime,
) -> tuple[str, DayRead]:
    """Return the ETag and the content of an unlocked journey day, with the member's progress.

    Raise RunNotFound, and DayLocked if the day isn't unlocked yet.
    """
    day, _ = _open_day(session, services, member_id, run_id, number, now=now)
    day_progress = compute_progress(day.stored_run.run, now=now).days[number - 1]
    content = day_content_fields(session, day.journey, number, body_format=body_format, now=now)
    progress = day.progress()
    member_fields = {
        "status": day_progress.status,
        "scheduled_on": day_progress.scheduled_on,
        "opens_at": day_progress.opens_at,
        "progress": progress,
    }
    return day.etag(progress), DayRead.model_validate(content | member_fields)


def change_day(
    session: Session,
    services: JourneyServices,
    member_id: UUID,
    run_id: UUID | None,
    number: int,
    change: DayChange,
    *,
    if_match: str | None,
    now: datetime,
) -> tuple[str, UpdatedDay]:
    """Change the member's progress on an unlocked journey day. Return the new ETag and the changed day.

    The change overrides all stored values, even those with a later timestamp. If `if_match` isn't the current ETag,
    raises DayETagMismatch, unless the change has no effect. Also raises RunNotFound, DayLocked, UnknownTask,
    ConsentRequired, RunFinished and RunUnderway.
    """
    day, run_notes = _open_day(session, services, member_id, run_id, number, now=now)
    timestamps = [now, *(note.at for note in day.notes.values()), day.completion.undone_at or now]
    state = DayState(day.stored_run.run, number, day.notes, day.task_ids)
    recorded = record_change(state, change, at=max(timestamps), now=now, has_consent=run_notes.has_consent)
    has_effect = overall_effect(recorded.effects) is not Effect.UNCHANGED
    if has_effect and if_match is not None:
        etag = day.etag(day.progress())
        if not _matches(if_match, etag):
            raise DayETagMismatch(etag)
    after = recorded.state
    runs.save(session, day.stored_run, after.run)
    if after.notes != day.notes:
        save_notes(session, run_notes.key, day.stored_run, {number: after.notes})
    run_progress = compute_progress(after.run, now=now)
    day = day._replace(stored_run=replace(day.stored_run, run=after.run), notes=after.notes)
    progress = day.progress()
    updated = UpdatedDay(
        number=number,
        status=run_progress.days[number - 1].status,
        progress=progress,
        run=build_summary(run_progress),
    )
    return day.etag(progress), updated


def _open_day(
    session: Session, services: JourneyServices, member_id: UUID, run_id: UUID | None, number: int, *, now: datetime
) -> tuple[OpenDay, RunNotes]:
    stored_run, run_notes = load_with_notes(session, services.ring, member_id, run_id, day=number)
    if number > len(stored_run.run.openings(now=now)):
        raise DayLocked(day_opening(stored_run.run, number, now=now))
    journey = services.journeys.get(session, stored_run.journey, stored_run.digest)
    return OpenDay(stored_run, journey, journey.task_ids(number), number, run_notes.by_day.get(number, {})), run_notes


def _matches(if_match: str, etag: str) -> bool:
    tags: Sequence[str] = [tag.strip() for tag in if_match.split(",")]
    return "*" in tags or etag in tags
