"""Changes that were made offline: a batch is merged one by one, each is answered by itself, and none is in the way of
another.
"""

import json
from collections import ChainMap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import ClassVar, cast
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select
from sqlmodel import col

from app.core.db.json_agg import hexadecimal, json_rows
from app.core.db.pagination import Statement
from app.core.db.session import Session
from app.core.errors import AppError, BadInput, Conflict, FieldError
from app.core.idempotency import body_hash, check_same
from app.core.problems import Problem, problem_within
from app.core.timestamps import not_ahead, shown_moment
from app.journey import runs
from app.journey.content.journeys import JourneyContent
from app.journey.day_updates import EARLIER, REFLECTION, DayState, Recorded, fields_of, record
from app.journey.models import AppliedChange
from app.journey.notes import load_with_notes, save_notes
from app.journey.requests import OfflineChange, UnusableChange
from app.journey.responses import ChangeResult, MetReflections, Synced
from app.journey.rules.merge import Effect, Notes, Value, effect_of
from app.journey.rules.progress import RunHistory, opens_at
from app.journey.runs import StoredRun
from app.journey.serializers import dashboard_of
from app.journey.services import JourneyServices

AT_MOST = 10_000  # changes of one run that are remembered


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

    journey: JourneyContent
    run: RunHistory
    notes: dict[int, Notes]
    agreed: bool
    now: datetime
    applied: dict[UUID, bytes]  # of the changes in this batch that were merged before: id and hash of the body
    kept: int  # how many changes of this run are remembered
    news: dict[UUID, bytes] = field(default_factory=dict)

    def merge(self, change: OfflineChange, sent: bytes) -> ChangeResult:
        """The result of a change. Raises what keeps it from being merged; then nothing was changed."""
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

    def _again(self, change: OfflineChange) -> ChangeResult:
        """The result of a change that was merged before: which of its fields have other values by now, and the
        reflection that was replaced, so that no lost reply loses words.
        """
        noted = self.notes.get(change.day, {})
        sent = dict(fields_of(change.fields))
        values = {name: noted[name].value if name in noted else None for name in (*sent, EARLIER)}
        superseded = [name for name, value in sent.items() if (values[name] or None) != (value or None)]
        lost = sent.get(REFLECTION) if REFLECTION in superseded else values[EARLIER]
        return ChangeResult(
            change_id=change.change_id,
            status="unchanged",
            superseded=superseded,
            reflections=_reflections(values[REFLECTION], lost) if REFLECTION in sent else None,
            problem=None,
        )


def sync(
    session: Session,
    services: JourneyServices,
    member_id: UUID,
    run_id: UUID | None,
    changes: Sequence[OfflineChange | UnusableChange],
    *,
    now: datetime,
) -> Synced:
    """Merge changes in the order in which they happened. Raises RunNotFound."""
    stored, journal = load_with_notes(session, services.ring, member_id, run_id)
    ids = [each.change_id for each in changes]
    remembered = session.execute(remembered_changes(), {**_of_run(stored), "ids": ids}).one()
    merging = Merging(
        journey=services.journeys.read(session, stored.journey, stored.digest),
        run=stored.run,
        notes=dict(journal.notes),
        agreed=journal.agreed,
        now=now,
        applied={UUID(id_): bytes.fromhex(body_hash) for id_, body_hash in json.loads(remembered.changes or "[]")},
        kept=remembered.number,
    )
    results = dict(_results(merging, journal.key, changes))
    runs.save(session, stored, merging.run)
    changed = {day: noted for day, noted in merging.notes.items() if noted != journal.notes.get(day, {})}
    save_notes(session, journal.key, stored, changed)
    if merging.news:
        rows = [{**_of_run(stored), "id": change_id, "body_hash": sent} for change_id, sent in merging.news.items()]
        session.execute(insert(AppliedChange), rows)
    return Synced(
        results=[results[number] for number in range(len(changes))],
        dashboard=dashboard_of(session, services, replace(stored, run=merging.run), now=now),
    )


@cache
def remembered_changes() -> Statement:
    """How many changes of a run are remembered, and as JSON those that are among the bound `ids`."""
    of_run = col(AppliedChange.member_id) == bindparam("member_id"), col(AppliedChange.run_id) == bindparam("run_id")
    among = col(AppliedChange.id).in_(bindparam("ids", expanding=True))
    rows = json_rows(col(AppliedChange.id), hexadecimal(col(AppliedChange.body_hash)))
    return select(
        select(func.count()).select_from(AppliedChange).where(*of_run).scalar_subquery().label("number"),
        select(rows).select_from(AppliedChange).where(*of_run, among).scalar_subquery().label("changes"),
    )


def _results(
    merging: Merging, key: bytes, changes: Sequence[OfflineChange | UnusableChange]
) -> Iterator[tuple[int, ChangeResult]]:
    """Each result with its change's place in the batch."""
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


def _of_run(stored: StoredRun) -> dict[str, UUID]:
    return {"member_id": stored.member_id, "run_id": stored.id}


def _merged(change_id: UUID, recorded: Recorded) -> ChangeResult:
    lost = recorded.lost.get(REFLECTION)
    return ChangeResult(
        change_id=change_id,
        status=effect_of(recorded.effects).value,
        superseded=[name for name, effect in recorded.effects.items() if effect is Effect.SUPERSEDED],
        reflections=_reflections(recorded.state.notes[REFLECTION].value, lost) if lost else None,
        problem=None,
    )


def _refused(number: int, change_id: UUID, refusal: AppError) -> ChangeResult:
    problem = Problem.model_validate(problem_within(f"/changes/{number}", refusal))
    return ChangeResult(change_id=change_id, status="refused", superseded=[], reflections=None, problem=problem)


def _reflections(kept: Value, superseded: Value) -> MetReflections | None:
    """None unless a text was superseded."""
    if not superseded:
        return None
    return MetReflections(kept=cast("str | None", kept), superseded=cast("str", superseded))
