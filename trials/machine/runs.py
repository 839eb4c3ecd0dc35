"""Model of a run, a member's enrolment in a journey.

The reference implementation in tests/journey/oracle.py calculates when its days open.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from tests.journey.oracle import LAST_DAY, Event, Kind, RunState, Start, replay

Json = dict[str, Any]
Effects = dict[str, str]

REFLECTION, EARLIER_REFLECTION = "reflection", "earlier_reflection"


class ChangeRejected(Exception):
    """The model rejects a change of a day. The argument is the expected error code."""


class ModelNote(NamedTuple):
    value: Any
    at: datetime


@dataclass
class ModelRun:
    id: str
    body: Json
    started_at: datetime
    start: Start
    zone: str
    paused: bool = False
    abandoned_at: datetime | None = None
    reminder: str | None = None
    events: list[Event] = field(default_factory=list)
    completed_days: dict[int, datetime] = field(default_factory=dict)
    undone_at: dict[int, datetime] = field(default_factory=dict)
    notes: dict[int, dict[str, ModelNote]] = field(default_factory=dict)
    changes: dict[str, Json | None] = field(default_factory=dict)  # applied changes by id; None after erasure
    last_batch: list[Json] = field(default_factory=list, compare=False)
    # The ETag and progress of each day when it was last read.
    last_read: dict[int, tuple[str, Json]] = field(default_factory=dict, compare=False)

    @property
    def is_underway(self) -> bool:
        return self.abandoned_at is None and len(self.completed_days) < LAST_DAY

    def expected_state(self, now: datetime) -> RunState:
        return replay(self.start, self.events, now)

    def record_event(
        self, kind: Kind, now: datetime, day: int = 0, happened_at: datetime | None = None, zone: str = ""
    ) -> None:
        """Add an event. Events at the same instant, whose order has no effect, are sorted by day."""
        self.events.append(Event(now, kind, day, happened_at, zone))
        self.events.sort(key=lambda event: (event.at, event.day))

    def change(
        self, day: int, fields: Json, *, at: datetime, now: datetime, has_consent: bool, offline: bool = False
    ) -> Effects:
        """Apply a change of an unlocked day, and return its effect on each field.

        Raise ChangeRejected before anything is changed.
        """
        before = self.notes.get(day, {})
        values = flatten_fields(fields)
        effects = {name: _effect(before.get(name), value, at) for name, value in values.items()}
        if not has_consent and any(values[name] for name, effect in effects.items() if effect == "applied"):
            raise ChangeRejected("consent_required")
        if "completed" in fields:
            effects["completed"] = self._completion_effect(day, at) if fields["completed"] else self._undo_effect(day)
        blocked = [name for name, effect in effects.items() if effect == "applied" and name != REFLECTION]
        if self.abandoned_at is not None and blocked:
            raise ChangeRejected("run_finished")
        self._store_notes(day, values, effects, at=at, offline=offline)
        if effects.get("completed") == "applied":
            if fields["completed"]:
                self.completed_days[day] = at
                self.record_event("complete", now, day, at)
                self.paused = self.paused and self.is_underway
            else:
                del self.completed_days[day]
                self.undone_at[day] = now
                self.record_event("undo", now, day)
        return effects

    def progress(self, day: int, now: datetime) -> Json:
        """Return the progress of a day as the API represents it."""
        values = {name: note.value for name, note in self.notes.get(day, {}).items()}
        at, local_date = self.expected_state(now).completed.get(day, (None, None))
        return {
            "completed_at": at,
            "completed_on": local_date and local_date.isoformat(),
            "tasks": {name: bool(values.get(f"tasks/{name}")) for name in (f"first-{day}", f"second-{day}")},
            **{name: values.get(name) for name in ("mood_before", "mood_after", REFLECTION)},
        }

    def delete_health_data(self) -> None:
        self.notes.clear()
        self.changes = dict.fromkeys(self.changes)

    def _completion_effect(self, day: int, at: datetime) -> str:
        if day in self.undone_at and at < self.undone_at[day]:
            return "superseded"
        return "unchanged" if day in self.completed_days and self.completed_days[day] <= at else "applied"

    def _undo_effect(self, day: int) -> str:
        return "applied" if day in self.completed_days else "unchanged"

    def _store_notes(self, day: int, values: Json, effects: Mapping[str, str], *, at: datetime, offline: bool) -> None:
        notes = dict(self.notes.get(day, {}))
        previous = notes.get(REFLECTION)
        for name, value in values.items():
            if effects[name] != "superseded":
                notes[name] = ModelNote(value, max(at, notes[name].at) if name in notes else at)
        if effects.get(REFLECTION) == "applied":
            notes.pop(EARLIER_REFLECTION, None)
            if offline and values[REFLECTION] and previous and previous.value:
                notes[EARLIER_REFLECTION] = ModelNote(previous.value, at)
        if notes:
            self.notes[day] = notes


def flatten_fields(fields: Json) -> Json:
    """Return all fields except `completed`, with the prefix `tasks/` for task names."""
    values = {f"tasks/{name}": done for name, done in fields.get("tasks", {}).items()}
    return values | {name: fields[name] or None for name in ("mood_before", "mood_after", REFLECTION) if name in fields}


def _effect(before: ModelNote | None, value: Any, at: datetime) -> str:
    if before is not None and before.value != value and at < before.at:
        return "superseded"
    is_changed = value != before.value if before else bool(value)
    return "applied" if is_changed else "unchanged"
