"""One day of a run: what it says, and what its member did and wrote."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, and_, bindparam
from sqlmodel import Session, col

from app.accounts.consents import HEALTH, granted
from app.accounts.members import unwrapped_key
from app.accounts.models import MemberKey
from app.accounts.request_context import Reading, Writing
from app.core.db.pagination import Statement
from app.core.errors import AppError, FieldError
from app.journey import notes
from app.journey.content.journeys import DayLocked, StoredJourney, content_of
from app.journey.day_updates import NOTED, TASK, DayState, record
from app.journey.models import DayNote, Run
from app.journey.requests import DayChange
from app.journey.rules.merge import UNDONE, Completion, Effect, Notes, effect_of
from app.journey.rules.progress import Standing, opens_at, standing
from app.journey.runs import BY_ID, CURRENT, StoredRun, check_alone, found_run, run_wanted, write_changes
from app.journey.serializers import standing_of
from app.journey.services import Tools

Shown = dict[str, Any]


class DayChangedMeanwhile(AppError):
    """Carries the day's present ETag."""

    status = HTTPStatus.PRECONDITION_FAILED
    code = "day_changed"
    says = "This day was changed on another device meanwhile. Please look at it again before you save."

    def __init__(self, etag: str) -> None:
        super().__init__(FieldError("header", "/if-match", "This isn't the day as it is."), headers={"ETag": etag})


class OpenedDay(NamedTuple):
    """A day that is open, with what its member noted and whether they agree to that being kept."""

    stored: StoredRun
    journey: StoredJourney
    number: int
    key: bytes
    notes: Notes
    agreed: bool

    @property
    def completion(self) -> Completion:
        return self.stored.run.completions.get(self.number, UNDONE)

    @property
    def tasks(self) -> list[str]:
        return self.journey.tasks(self.number)

    def shown(self, found: Standing) -> Shown:
        """The day's own state with its progress."""
        day = found.days[self.number - 1]
        return {
            "number": self.number,
            "status": day.status,
            "scheduled_on": day.scheduled_on,
            "opens_at": day.opens_at,
            "progress": self.progress,
        }

    @property
    def progress(self) -> Shown:
        said = {name: note.value for name, note in self.notes.items()}
        return {
            "completed_at": self.completion.at,
            "completed_on": self.completion.on,
            "tasks": {name: bool(said.get(TASK + name)) for name in self.tasks},
            **{name: said.get(name) for name in NOTED},
        }

    @property
    def etag(self) -> str:
        """Another one once the progress, or what the journey says, is another."""
        said = json.dumps([self.stored.digest, self.progress], default=str, sort_keys=True)
        return f'"{sha256(said.encode()).hexdigest()[:32]}"'


def _with_day(run: Statement) -> Statement:
    """A run with the notes on one of its days, what opens them, and whether they may be kept: all in one row."""
    of_run = col(DayNote.member_id) == col(Run.member_id), col(DayNote.run_id) == col(Run.id)
    return (
        run.join(MemberKey, col(MemberKey.member_id) == col(Run.member_id))
        .outerjoin(DayNote, and_(*of_run, col(DayNote.day) == bindparam("day")))
        .add_columns(
            col(MemberKey.key_id),
            col(MemberKey.wrapped),
            col(DayNote.sealed),
            granted(bindparam("member_id"), HEALTH).label("agreed"),
        )
    )


DAY_OF = {statement: _with_day(statement) for statement in (BY_ID, CURRENT)}


def read_day(
    me: Reading, tools: Tools, run_id: UUID | None, number: int, *, body_format: str, now: datetime
) -> tuple[str, Shown]:
    """The ETag, and the day with its content. Raises BadToken, RunNotFound and DayLocked."""
    rows = me.rows(*_day_wanted(me.access.member_id, run_id, number))
    day = _opened(me.reads, tools, me.access.member_id, rows, number, now=now)
    found = standing(day.stored.run, now=now)
    content = content_of(me.reads, day.journey, number, body_format=body_format, now=now)
    return day.etag, content | day.shown(found)


def change_day(
    me: Writing,
    tools: Tools,
    run_id: UUID | None,
    number: int,
    change: DayChange,
    *,
    if_match: str | None,
    now: datetime,
) -> tuple[str, Shown]:
    """The ETag, and the day as it is then. What is said now counts more than all that was said before.

    Raises BadToken, RunNotFound, DayLocked, DayChangedMeanwhile, UnknownTask, ConsentRequired, RunFinished and
    RunUnderway.
    """
    rows = me.rows(*_day_wanted(me.access.member_id, run_id, number))
    session = me.session
    day = _opened(session.connection(), tools, me.access.member_id, rows, number, now=now)
    clocks = [now, *(note.at for note in day.notes.values()), day.completion.undone_at or now]
    state = DayState(day.stored.run, number, day.notes, day.tasks)
    recorded = record(state, change, at=max(clocks), now=now, agreed=day.agreed)
    changes = effect_of(recorded.effects) is not Effect.UNCHANGED  # what says it already is good for any ETag
    if changes and if_match is not None and not _matches(if_match, day.etag):
        raise DayChangedMeanwhile(day.etag)
    after = recorded.state
    write_run(session, day.stored, after)
    if after.notes != day.notes:
        notes.write(session, day.key, day.stored, {number: after.notes})
    found = standing(after.run, now=now)
    day = day._replace(stored=replace(day.stored, run=after.run), notes=after.notes)
    return day.etag, {**day.shown(found), "run": standing_of(found)}


def write_run(session: Session, stored: StoredRun, after: DayState) -> None:
    """Raises RunUnderway if a run that was over would go on beside another."""
    if after.run.is_underway and not stored.run.is_underway:
        check_alone(session, stored)
    write_changes(session, stored, after.run)


def _day_wanted(member_id: UUID, run_id: UUID | None, number: int) -> tuple[Statement, dict[str, Any]]:
    statement, values = run_wanted(member_id, run_id)
    return DAY_OF[statement], {**values, "day": number}


def _opened(
    reads: Connection, tools: Tools, member_id: UUID, rows: Sequence[Row[Any]], number: int, *, now: datetime
) -> OpenedDay:
    stored = found_run(rows, member_id)
    if number > len(stored.run.openings(now=now)):
        raise DayLocked(opens_at(stored.run, number, now=now))
    [row] = rows
    key = unwrapped_key(tools.ring, stored.member_id, row.key_id, row.wrapped)
    noted = notes.opened(key, row.sealed, stored, number) if row.sealed else {}
    journey = tools.journeys.read(reads, stored.journey, stored.digest)
    return OpenedDay(stored, journey, number, key, noted, bool(row.agreed))


def _matches(if_match: str, etag: str) -> bool:
    tags: Sequence[str] = [tag.strip() for tag in if_match.split(",")]
    return "*" in tags or etag in tags
