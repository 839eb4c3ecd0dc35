"""A run as the model keeps it: what was said of each day. When days open the oracle of tests/journey/ tells."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from tests.journey.oracle import LAST, Event, Kind, Picture, Start, replay

Json = dict[str, Any]
Effects = dict[str, str]

REFLECTION, EARLIER = "reflection", "earlier_reflection"


class Refused(Exception):
    """By its code."""


class Note(NamedTuple):
    value: Any
    at: datetime


@dataclass
class Run:
    id: str
    body: Json
    started_at: datetime
    start: Start
    zone: str
    paused: bool = False
    abandoned_at: datetime | None = None
    reminder: str | None = None
    events: list[Event] = field(default_factory=list)
    done: dict[int, datetime] = field(default_factory=dict)
    undone: dict[int, datetime] = field(default_factory=dict)
    notes: dict[int, dict[str, Note]] = field(default_factory=dict)
    changes: dict[str, Json | None] = field(default_factory=dict)  # that were merged; None: what it said is forgotten
    sent: list[Json] = field(default_factory=list, compare=False)  # the batch that was sent last
    seen: dict[int, tuple[str, Json]] = field(
        default_factory=dict, compare=False
    )  # a day's ETag, and its progress then

    @property
    def is_underway(self) -> bool:
        return self.abandoned_at is None and len(self.done) < LAST

    def picture(self, now: datetime) -> Picture:
        return replay(self.start, self.events, now)

    def hear(
        self, kind: Kind, now: datetime, day: int = 0, happened_at: datetime | None = None, zone: str = ""
    ) -> None:
        """What happened to two days at one instant is told in the order of the days: it makes no difference."""
        self.events.append(Event(now, kind, day, happened_at, zone))
        self.events.sort(key=lambda event: (event.at, event.day))

    def change(
        self, day: int, fields: Json, *, at: datetime, now: datetime, agreed: bool, offline: bool = False
    ) -> Effects:
        """Merge what was said of an open day: the effect of each field. Raises Refused, and changes nothing then."""
        before = self.notes.get(day, {})
        said = flat(fields)
        effects = {name: _effect(before.get(name), value, at) for name, value in said.items()}
        if not agreed and any(said[name] for name, effect in effects.items() if effect == "applied"):
            raise Refused("consent_required")
        if "completed" in fields:
            effects["completed"] = self._completing(day, at) if fields["completed"] else self._undoing(day)
        over = [name for name, effect in effects.items() if effect == "applied" and name != REFLECTION]
        if self.abandoned_at is not None and over:
            raise Refused("run_finished")
        self._note(day, said, effects, at=at, offline=offline)
        if effects.get("completed") == "applied":
            if fields["completed"]:
                self.done[day] = at
                self.hear("complete", now, day, at)
                self.paused = self.paused and self.is_underway
            else:
                del self.done[day]
                self.undone[day] = now
                self.hear("undo", now, day)
        return effects

    def progress(self, day: int, now: datetime) -> Json:
        """What is shown of a day."""
        noted = {name: note.value for name, note in self.notes.get(day, {}).items()}
        at, on = self.picture(now).completed.get(day, (None, None))
        return {
            "completed_at": at,
            "completed_on": on and on.isoformat(),
            "tasks": {name: bool(noted.get(f"tasks/{name}")) for name in (f"first-{day}", f"second-{day}")},
            **{name: noted.get(name) for name in ("mood_before", "mood_after", REFLECTION)},
        }

    def forget_health(self) -> None:
        self.notes.clear()
        self.changes = dict.fromkeys(self.changes)

    def _completing(self, day: int, at: datetime) -> str:
        if day in self.undone and at < self.undone[day]:
            return "superseded"
        return "unchanged" if day in self.done and self.done[day] <= at else "applied"

    def _undoing(self, day: int) -> str:
        return "applied" if day in self.done else "unchanged"

    def _note(self, day: int, said: Json, effects: Mapping[str, str], *, at: datetime, offline: bool) -> None:
        noted = dict(self.notes.get(day, {}))
        replaced = noted.get(REFLECTION)
        for name, value in said.items():
            if effects[name] != "superseded":
                noted[name] = Note(value, max(at, noted[name].at) if name in noted else at)
        if effects.get(REFLECTION) == "applied":
            noted.pop(EARLIER, None)
            if offline and said[REFLECTION] and replaced and replaced.value:
                noted[EARLIER] = Note(replaced.value, at)
        if noted:
            self.notes[day] = noted


def flat(fields: Json) -> Json:
    """What was said, by the names that notes are kept under."""
    said = {f"tasks/{name}": done for name, done in fields.get("tasks", {}).items()}
    return said | {name: fields[name] or None for name in ("mood_before", "mood_after", REFLECTION) if name in fields}


def _effect(before: Note | None, value: Any, at: datetime) -> str:
    if before is not None and before.value != value and at < before.at:
        return "superseded"
    changes = value != before.value if before else bool(value)
    return "applied" if changes else "unchanged"
