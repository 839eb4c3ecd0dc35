"""Offline sync: merges changes that a device made offline into a member's run.

Each change in a batch has its own result. A rejected change doesn't affect the others.
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
from app.core.errors import AppError, Conflict, FieldError, InvalidInput
from app.core.idempotency import body_hash, require_same_body
from app.core.problems import Problem, nested_problem
from app.core.timestamps import clamp_to_now, format_timestamp
from app.journey import runs
from app.journey.content.journeys import JourneyContent
from app.journey.day_updates import EARLIER_REFLECTION, REFLECTION, DayState, RecordedChange, record_change, sent_fields
from app.journey.models import AppliedChange
from app.journey.notes import load_with_notes, save_notes
from app.journey.requests import InvalidChange, OfflineChange
from app.journey.responses import ChangeResult, ReflectionConflict, SyncResult
from app.journey.rules.merge import Effect, Notes, Value, overall_effect
from app.journey.rules.progress import RunHistory, day_opening
from app.journey.runs import StoredRun
from app.journey.serializers import build_dashboard
from app.journey.services import JourneyServices

MAX_STORED_CHANGES = 10_000  # per run


class BeforeOpening(InvalidInput):
    """Raised when an offline change is dated before its day was unlocked.

    The response contains the server's time and, if known, the time at which the day unlocks.
    """

    code = "before_opening"
    extensions_example: ClassVar = {"opens_at": "2026-11-25T00:00:00Z", "server_time": "2026-11-24T09:30:00Z"}
    message = "This change is dated before the day opened."

    def __init__(self, opens_at: datetime | None, *, now: datetime) -> None:
        extensions = {"opens_at": opens_at and format_timestamp(opens_at), "server_time": format_timestamp(now)}
        super().__init__(FieldError("body", "/happened_at", "This is before the day opened."), extensions=extensions)


class UndoNotSynced(InvalidInput):
    code = "undo_not_synced"
    message = "A completion can't be undone in a batch. Change the day itself instead."

    def __init__(self) -> None:
        super().__init__(FieldError("body", "/fields/completed", "Only true is allowed here."))


class TooManyChanges(Conflict):
    code = "too_many_changes"
    message = "This run has reached the maximum number of offline changes. Change its days one by one instead."


@dataclass(slots=True)
class BatchMerge:
    """The state of a journey run while a batch of offline changes is merged into it.

    `stored_hashes` and `new_hashes` map the id of each merged change to a keyed hash of the change.
    """

    journey: JourneyContent
    run: RunHistory
    notes: dict[int, Notes]
    has_consent: bool
    now: datetime
    stored_hashes: dict[UUID, bytes]  # of changes in this batch that earlier requests merged
    stored_count: int  # number of changes merged into the run before this batch
    new_hashes: dict[UUID, bytes] = field(default_factory=dict)

    def merge(self, change: OfflineChange, sent_hash: bytes) -> ChangeResult:
        """Merge a change and return its result. If it is rejected, raise AppError and change no state."""
        known_hashes = ChainMap(self.stored_hashes, self.new_hashes)
        if change.change_id in known_hashes:
            known_hash = known_hashes[change.change_id] or sent_hash  # empty if the member's health data was erased
            require_same_body(known_hash, sent_hash, pointer="/change_id")
            return self._repeated_result(change)
        at = clamp_to_now(change.happened_at, now=self.now, pointer="/happened_at")
        if change.fields.completed is False:
            raise UndoNotSynced
        openings = self.run.openings(now=self.now)
        if change.day > len(openings) or at < openings[change.day - 1]:
            raise BeforeOpening(day_opening(self.run, change.day, now=self.now), now=self.now)
        state = DayState(self.run, change.day, self.notes.get(change.day, {}), self.journey.task_ids(change.day))
        recorded = record_change(
            state,
            change.fields,
            at=at,
            now=self.now,
            has_consent=self.has_consent,
            pointer_prefix="/fields",
            is_offline=True,
        )
        if recorded.state != state:
            if self.stored_count + len(self.new_hashes) >= MAX_STORED_CHANGES:
                raise TooManyChanges
            self.new_hashes[change.change_id] = sent_hash
        self.run = recorded.state.run
        self.notes[change.day] = recorded.state.notes
        return _merged_result(change.change_id, recorded)

    def _repeated_result(self, change: OfflineChange) -> ChangeResult:
        """Return the result of a change that was already merged by an earlier request.

        The result names the fields that have a different value by now. If a reflection was replaced, both texts are
        returned again, because the client may not have received the first response.
        """
        notes = self.notes.get(change.day, {})
        sent = dict(sent_fields(change.fields))
        values = {name: notes[name].value if name in notes else None for name in (*sent, EARLIER_REFLECTION)}
        superseded = [name for name, value in sent.items() if (values[name] or None) != (value or None)]
        discarded = sent.get(REFLECTION) if REFLECTION in superseded else values[EARLIER_REFLECTION]
        return ChangeResult(
            change_id=change.change_id,
            status="unchanged",
            superseded=superseded,
            reflections=_reflection_conflict(values[REFLECTION], discarded) if REFLECTION in sent else None,
            problem=None,
        )


def sync(
    session: Session,
    services: JourneyServices,
    member_id: UUID,
    run_id: UUID | None,
    changes: Sequence[OfflineChange | InvalidChange],
    *,
    now: datetime,
) -> SyncResult:
    """Merge a batch of offline changes, ordered by the time at which they were made.

    Return the result of each change and the run's new dashboard. Raise RunNotFound.
    """
    stored_run, run_notes = load_with_notes(session, services.ring, member_id, run_id)
    run_key = _run_key(stored_run)
    ids = [change.change_id for change in changes]
    row = session.execute(stored_changes(), {**run_key, "ids": ids}).one()
    batch = BatchMerge(
        journey=services.journeys.get(session, stored_run.journey, stored_run.digest),
        run=stored_run.run,
        notes=dict(run_notes.by_day),
        has_consent=run_notes.has_consent,
        now=now,
        stored_hashes={UUID(change_id): bytes.fromhex(digest) for change_id, digest in json.loads(row.changes or "[]")},
        stored_count=row.total,
    )
    results = dict(_merge_changes(batch, run_notes.key, changes))
    runs.save(session, stored_run, batch.run)
    changed_notes = {day: notes for day, notes in batch.notes.items() if notes != run_notes.by_day.get(day, {})}
    save_notes(session, run_notes.key, stored_run, changed_notes)
    if batch.new_hashes:
        rows = [{**run_key, "id": change_id, "body_hash": digest} for change_id, digest in batch.new_hashes.items()]
        session.execute(insert(AppliedChange), rows)
    return SyncResult(
        results=[results[index] for index in range(len(changes))],
        dashboard=build_dashboard(session, services, replace(stored_run, run=batch.run), now=now),
    )


@cache
def stored_changes() -> Statement:
    """Select the number of offline changes merged into a journey run, and those with the bound `ids` as JSON."""
    of_run = col(AppliedChange.member_id) == bindparam("member_id"), col(AppliedChange.run_id) == bindparam("run_id")
    has_id = col(AppliedChange.id).in_(bindparam("ids", expanding=True))
    rows = json_rows(col(AppliedChange.id), hexadecimal(col(AppliedChange.body_hash)))
    return select(
        select(func.count()).select_from(AppliedChange).where(*of_run).scalar_subquery().label("total"),
        select(rows).select_from(AppliedChange).where(*of_run, has_id).scalar_subquery().label("changes"),
    )


def _merge_changes(
    batch: BatchMerge, key: bytes, changes: Sequence[OfflineChange | InvalidChange]
) -> Iterator[tuple[int, ChangeResult]]:
    """Merge a batch of changes in chronological order. Yield the index and the result of each change."""
    valid = []
    for index, change in enumerate(changes):
        if isinstance(change, InvalidChange):
            yield index, _rejected_result(index, change.change_id, InvalidInput(*change.errors))
        else:
            valid.append((index, change))
    for index, change in sorted(valid, key=lambda item: (item[1].happened_at, item[1].change_id)):
        sent_hash = body_hash(key, change.model_dump(mode="json", exclude_unset=True))
        try:
            yield index, batch.merge(change, sent_hash)
        except AppError as error:
            yield index, _rejected_result(index, change.change_id, error)


def _run_key(stored_run: StoredRun) -> dict[str, UUID]:
    return {"member_id": stored_run.member_id, "run_id": stored_run.id}


def _merged_result(change_id: UUID, recorded: RecordedChange) -> ChangeResult:
    discarded = recorded.discarded.get(REFLECTION)
    return ChangeResult(
        change_id=change_id,
        status=overall_effect(recorded.effects).value,
        superseded=[name for name, effect in recorded.effects.items() if effect is Effect.SUPERSEDED],
        reflections=_reflection_conflict(recorded.state.notes[REFLECTION].value, discarded) if discarded else None,
        problem=None,
    )


def _rejected_result(index: int, change_id: UUID, error: AppError) -> ChangeResult:
    problem = Problem.model_validate(nested_problem(f"/changes/{index}", error))
    return ChangeResult(change_id=change_id, status="refused", superseded=[], reflections=None, problem=problem)


def _reflection_conflict(kept: Value, superseded: Value) -> ReflectionConflict | None:
    """Return both texts of a conflicting reflection, or None if there is no conflict."""
    if not superseded:
        return None
    return ReflectionConflict(kept=cast("str | None", kept), superseded=cast("str", superseded))
