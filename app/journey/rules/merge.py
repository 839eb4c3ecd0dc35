"""How changes that were made on several devices come together, field by field, in whatever order they arrive."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

Value = bool | int | str | None
UNSAID: Mapping[type[Value], Value] = {bool: False, int: None, str: None, type(None): None}


class Effect(StrEnum):
    """What a change did: `unchanged` says it already; `superseded` came too late to matter."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"


class Note(NamedTuple):
    """What a field says, and since when."""

    value: Value
    at: datetime


class Completion(NamedTuple):
    """Whether a day is completed: its earliest completion since it was undone last, if it ever was."""

    at: datetime | None = None
    on: date | None = None
    zone: str | None = None
    undone_at: datetime | None = None

    @property
    def is_done(self) -> bool:
        return self.at is not None


UNDONE = Completion()
Notes = Mapping[str, Note]


@dataclass(frozen=True, slots=True)
class Merged:
    """Fields after a change. `effects` are by field; `lost` has, by field, what gave way to what stands there now."""

    notes: Notes
    effects: Mapping[str, Effect]
    lost: Mapping[str, Value]


def merged(notes: Notes, fields: Mapping[str, Value], *, at: datetime) -> Merged:
    """Each field says what was said last; of two that were said at once, what arrived later."""
    after, effects, lost = dict(notes), {}, {}
    for name, value in fields.items():
        before = notes.get(name)
        if before is not None and before.value != value and at < before.at:
            effects[name], lost[name] = Effect.SUPERSEDED, value
            continue
        after[name] = Note(value, max(at, before.at) if before else at)
        said = before.value if before else UNSAID[type(value)]
        effects[name] = Effect.UNCHANGED if value == said else Effect.APPLIED
        if value != said:
            lost[name] = said
    return Merged(after, effects, lost)


def effect_of(effects: Mapping[str, Effect]) -> Effect:
    """That of a whole change: applied if any of it was."""
    found = set(effects.values())
    return next((each for each in (Effect.APPLIED, Effect.SUPERSEDED) if each in found), Effect.UNCHANGED)


def completed(before: Completion, *, at: datetime, on: date, zone: str) -> tuple[Completion, Effect]:
    """The earliest completion counts, but for those from before an undoing."""
    if before.undone_at is not None and at < before.undone_at:
        return before, Effect.SUPERSEDED
    if before.at is not None and before.at <= at:
        return before, Effect.UNCHANGED
    return before._replace(at=at, on=on, zone=zone), Effect.APPLIED


def undone(before: Completion, *, at: datetime) -> tuple[Completion, Effect]:
    if before.at is None:
        return before, Effect.UNCHANGED
    return Completion(undone_at=max(at, before.at)), Effect.APPLIED
