"""Changes that were made offline: a batch is merged one by one, each is answered by itself, and none is in the way of
another.
"""

from collections import ChainMap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Connection, bindparam, func, insert, select
from sqlmodel import Session, col

from app.core.db.pagination import Statement
from app.core.errors import AppError, BadInput, Conflict, FieldError
from app.core.idempotency import body_hash, check_same
from app.core.problems import problem_within
from app.core.timestamps import not_ahead, shown_moment
from app.journey import notes
from app.journey.content.journeys import StoredJourney
from app.journey.day_updates import EARLIER, REFLECTION, DayState, Recorded, fields_of, record
from app.journey.models import AppliedChange
from app.journey.requests import Change, UnusableChange
from app.journey.rules.merge import Effect, Notes, effect_of
from app.journey.rules.progress import Run, opens_at
from app.journey.runs import StoredRun, read_run, write_changes
from app.journey.serializers import dashboard_of
from app.journey.services import Tools

AT_MOST = 10_000  # changes of one run that are remembered
OF_RUN = col(AppliedChange.member_id) == bindparam("member_id"), col(AppliedChange.run_id) == bindparam("run_id")
MANY: Statement = select(func.count()).select_from(AppliedChange).where(*OF_RUN)
APPLIED: Statement = select(col(AppliedChange.id), col(AppliedChange.body_hash)).where(
    *OF_RUN, col(AppliedChange.id).in_(bindparam("ids", expanding=True))
)
REMEMBER = insert(AppliedChange)

Shown = dict[str, Any]


class BeforeOpening(BadInput):
    """Says when the day opens or opened, if that is known, and the server's time."""

    code = "before_opening"
    more_example: ClassVar = {"opens_at": "2026-11-25T00:00:00Z", "server_time": "2026-11-24T09:30:00Z"}
    says = "This is said to have happened before the day opened."

    def __init__(self, opens_at: datetime | None, *, now: datetime) -> None:
        more = {"opens_at": opens_at and shown_moment(opens_at), "server_time": shown_moment(now)}
        super().__init__(FieldError("body", "/happened_at", "This is before the day opened."), more=more)


class UndoNotSynced(BadInput):
    code = "undo_not_synced"
    says = "A completion is undone at the day's own address only, so that no old batch takes one away."

    def __init__(self) -> None:
        super().__init__(FieldError("body", "/fields/completed", "Only true can be sent here."))


class TooManyChanges(Conflict):
    code = "too_many_changes"
    says = "There is no room for more offline changes of this run. It can be changed day by day."


@dataclass(slots=True)
class Merging:
    """A run while a batch is merged into it."""

    journey: StoredJourney
    run: Run
    notes: dict[int, Notes]
    agreed: bool
    now: datetime
    applied: dict[UUID, bytes]  # the changes that were merged once, each with the hash of what it said
    kept: int  # how many there are of these in all
    news: dict[UUID, bytes] = field(default_factory=dict)

    def merge(self, change: Change, sent: bytes) -> Shown:
        """What came of a change. Raises what keeps it from being merged; then it changed nothing."""
        known = ChainMap(self.applied, self.news)
        if change.change_id in known:
            check_same(known[change.change_id] or sent, sent, pointer="/change_id")  # emptied with the health data
            return self._again(change)
        at = not_ahead(change.happened_at, now=self.now, pointer="/happened_at")
        if change.fields.completed is False:
            raise UndoNotSynced
        openings = self.run.openings(now=self.now)
        if change.day > len(openings) or at < openings[change.day - 1]:
            raise BeforeOpening(opens_at(self.run, change.day, now=self.now), now=self.now)
        state = DayState(self.run, change.day, self.notes.get(change.day, {}), self.journey.tasks(change.day))
        recorded = record(state, change.fields, at=at, now=self.now, agreed=self.agreed, place="/fields", offline=True)
        if recorded.state != state:
            if self.kept + len(self.news) >= AT_MOST:
                raise TooManyChanges
            self.news[change.change_id] = sent
        self.run = recorded.state.run
        self.notes[change.day] = recorded.state.notes
        return _merged(change.change_id, recorded)

    def _again(self, change: Change) -> Shown:
        """The answer to a change that was merged before: what it said that doesn't stand, and the reflection that gave
        way, so that no lost reply loses anybody's words.
        """
        noted = self.notes.get(change.day, {})
        sent = dict(fields_of(change.fields))
        stands = {name: noted[name].value if name in noted else None for name in (*sent, EARLIER)}
        gone = [name for name, value in sent.items() if (stands[name] or None) != (value or None)]
        lost = sent.get(REFLECTION) if REFLECTION in gone else stands[EARLIER]
        reflections = {"kept": stands[REFLECTION], "superseded": lost} if REFLECTION in sent and lost else None
        return _answer(change.change_id, Effect.UNCHANGED, superseded=gone, reflections=reflections)


def sync(
    session: Session,
    tools: Tools,
    member_id: UUID,
    run_id: UUID | None,
    changes: Sequence[Change | UnusableChange],
    *,
    now: datetime,
) -> Shown:
    """Merge changes in the order in which they happened. Raises RunNotFound."""
    connection = session.connection()
    stored = read_run(connection, member_id, run_id)
    key, agreed = notes.key_and_consent(connection, tools.ring, member_id)
    before = notes.read(connection, key, stored)
    merging = Merging(
        journey=tools.journeys.read(connection, stored.journey, stored.digest),
        run=stored.run,
        notes=dict(before),
        agreed=agreed,
        now=now,
        applied=_applied(connection, stored, [each.change_id for each in changes]),
        kept=connection.scalar(MANY, _named(stored)) or 0,
    )
    results = dict(_answers(merging, key, changes))
    write_changes(session, stored, merging.run)
    changed = {day: noted for day, noted in merging.notes.items() if noted != before.get(day, {})}
    notes.write(session, key, stored, changed)
    if merging.news:
        place = _named(stored)
        rows = [{**place, "id": change_id, "body_hash": sent} for change_id, sent in merging.news.items()]
        connection.execute(REMEMBER, rows)
    dashboard = dashboard_of(connection, tools, replace(stored, run=merging.run), now=now)
    return {"results": [results[number] for number in range(len(changes))], "dashboard": dashboard}


def _answers(merging: Merging, key: bytes, changes: Sequence[Change | UnusableChange]) -> Iterator[tuple[int, Shown]]:
    """Each answer with its change's place in the batch."""
    usable = []
    for number, change in enumerate(changes):
        if isinstance(change, UnusableChange):
            yield number, _refused(number, change.change_id, BadInput(*change.errors))
        else:
            usable.append((number, change))
    for number, change in sorted(usable, key=lambda each: (each[1].happened_at, each[1].change_id)):
        sent = body_hash(key, change.model_dump(mode="json", exclude_unset=True))
        try:
            yield number, merging.merge(change, sent)
        except AppError as refusal:
            yield number, _refused(number, change.change_id, refusal)


def _applied(reading: Connection, stored: StoredRun, ids: Sequence[UUID]) -> dict[UUID, bytes]:
    return {row.id: row.body_hash for row in reading.execute(APPLIED, {**_named(stored), "ids": ids})}


def _named(stored: StoredRun) -> dict[str, UUID]:
    return {"member_id": stored.member_id, "run_id": stored.id}


def _merged(change_id: UUID, recorded: Recorded) -> Shown:
    superseded = [name for name, effect in recorded.effects.items() if effect is Effect.SUPERSEDED]
    reflections = None
    if recorded.lost.get(REFLECTION):
        kept = recorded.state.notes[REFLECTION].value
        reflections = {"kept": kept, "superseded": recorded.lost[REFLECTION]}
    return _answer(change_id, effect_of(recorded.effects), superseded=superseded, reflections=reflections)


def _refused(number: int, change_id: UUID, refusal: AppError) -> Shown:
    return _answer(change_id, "refused", problem=problem_within(f"/changes/{number}", refusal))


def _answer(change_id: UUID, status: str, **more: Any) -> Shown:
    return {"change_id": change_id, "status": status, "superseded": [], "reflections": None, "problem": None, **more}
