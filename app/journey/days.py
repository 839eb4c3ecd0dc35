"""One day of a run: its content, and what the member did and wrote."""

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
from app.journey.content.journeys import DayLocked, JourneyContent, content_of
from app.journey.day_updates import NOTED, TASK, DayState, record
from app.journey.notes import Journal, load_with_notes, save_notes
from app.journey.requests import DayChange
from app.journey.responses import DayChanged, DayRead, Progress
from app.journey.rules.merge import UNDONE, Completion, Effect, Notes, effect_of
from app.journey.rules.progress import opens_at, run_progress
from app.journey.runs import StoredRun
from app.journey.serializers import standing_of
from app.journey.services import JourneyServices


class DayChangedMeanwhile(AppError):
    """Carries the day's present ETag."""

    status = HTTPStatus.PRECONDITION_FAILED
    code = "day_changed"
    says = "This day was changed on another device meanwhile. Please look at it again before you save."

    def __init__(self, etag: str) -> None:
        super().__init__(FieldError("header", "/if-match", "This isn't the day as it is."), headers={"ETag": etag})


class OpenDay(NamedTuple):
    """A day that is open, with the notes on it."""

    stored: StoredRun
    journey: JourneyContent
    tasks: list[str]
    number: int
    notes: Notes

    @property
    def completion(self) -> Completion:
        return self.stored.run.completions.get(self.number, UNDONE)

    def progress(self) -> Progress:
        values = {name: note.value for name, note in self.notes.items()}
        mood_before, mood_after, reflection = (values.get(name) for name in NOTED)
        return Progress(
            completed_at=self.completion.at,
            completed_on=self.completion.on,
            tasks={name: bool(values.get(TASK + name)) for name in self.tasks},
            mood_before=cast("int | None", mood_before),
            mood_after=cast("int | None", mood_after),
            reflection=cast("str | None", reflection),
        )

    def etag(self, progress: Progress) -> str:
        """Differs once the progress or the journey's content differs."""
        state = json.dumps([self.stored.digest, vars(progress)], default=str, sort_keys=True)
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
    """The ETag, and the day with its content. Raises RunNotFound and DayLocked."""
    day, _ = _open_day(session, services, member_id, run_id, number, now=now)
    state = run_progress(day.stored.run, now=now).days[number - 1]
    content = content_of(session, day.journey, number, body_format=body_format, now=now)
    progress = day.progress()
    own = {
        "status": state.status,
        "scheduled_on": state.scheduled_on,
        "opens_at": state.opens_at,
        "progress": progress,
    }
    return day.etag(progress), DayRead.model_validate(content | own)


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
) -> tuple[str, DayChanged]:
    """The ETag, and the changed day. This change counts as later than all that was noted before.

    Raises RunNotFound, DayLocked, DayChangedMeanwhile, UnknownTask, ConsentRequired, RunFinished and RunUnderway.
    """
    day, journal = _open_day(session, services, member_id, run_id, number, now=now)
    clocks = [now, *(note.at for note in day.notes.values()), day.completion.undone_at or now]
    state = DayState(day.stored.run, number, day.notes, day.tasks)
    recorded = record(state, change, at=max(clocks), now=now, agreed=journal.agreed)
    is_change = effect_of(recorded.effects) is not Effect.UNCHANGED  # a change to the same values fits any ETag
    if is_change and if_match is not None:
        etag = day.etag(day.progress())
        if not _matches(if_match, etag):
            raise DayChangedMeanwhile(etag)
    after = recorded.state
    runs.save(session, day.stored, after.run)
    if after.notes != day.notes:
        save_notes(session, journal.key, day.stored, {number: after.notes})
    found = run_progress(after.run, now=now)
    day = day._replace(stored=replace(day.stored, run=after.run), notes=after.notes)
    progress = day.progress()
    changed = DayChanged(number=number, status=found.days[number - 1].status, progress=progress, run=standing_of(found))
    return day.etag(progress), changed


def _open_day(
    session: Session, services: JourneyServices, member_id: UUID, run_id: UUID | None, number: int, *, now: datetime
) -> tuple[OpenDay, Journal]:
    stored, journal = load_with_notes(session, services.ring, member_id, run_id, day=number)
    if number > len(stored.run.openings(now=now)):
        raise DayLocked(opens_at(stored.run, number, now=now))
    journey = services.journeys.read(session, stored.journey, stored.digest)
    return OpenDay(stored, journey, journey.tasks(number), number, journal.notes.get(number, {})), journal


def _matches(if_match: str, etag: str) -> bool:
    tags: Sequence[str] = [tag.strip() for tag in if_match.split(",")]
    return "*" in tags or etag in tags
