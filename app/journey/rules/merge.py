"""Merging of changes that several devices made to the same day.

For each field, the value with the latest timestamp wins (a last-writer-wins register). For the completion of a day, the
earliest time wins, unless that completion was undone. The result doesn't depend on the order in which changes arrive,
except that for equal timestamps the last to arrive wins.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

Value = bool | int | str | None
DEFAULT_VALUES: Mapping[type[Value], Value] = {bool: False, int: None, str: None, type(None): None}


class Effect(StrEnum):
    """How a change affected a field. `superseded` means that a later change has already set the field."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"


class Note(NamedTuple):
    """The value of one field of a member's notes, and the time at which it was set."""

    value: Value
    at: datetime


class Completion(NamedTuple):
    """When a day was completed, in which time zone, and when its completion was last undone."""

    at: datetime | None = None
    on: date | None = None
    zone: str | None = None
    undone_at: datetime | None = None

    @property
    def is_completed(self) -> bool:
        return self.at is not None


NOT_COMPLETED = Completion()
Notes = Mapping[str, Note]


@dataclass(frozen=True, slots=True)
class MergedNotes:
    """A member's notes on a day, after a change was merged into them.

    For each field with two different values, `discarded` contains the value that lost.
    """

    notes: Notes
    effects: Mapping[str, Effect]
    discarded: Mapping[str, Value]


def merge_notes(notes: Notes, fields: Mapping[str, Value], *, at: datetime) -> MergedNotes:
    """Merge new values into a member's notes on a day.

    In each field the value with the later timestamp wins. At equal times, the new value wins.
    """
    after, effects, discarded = dict(notes), {}, {}
    for name, value in fields.items():
        before = notes.get(name)
        if before is not None and before.value != value and at < before.at:
            effects[name], discarded[name] = Effect.SUPERSEDED, value
            continue
        after[name] = Note(value, max(at, before.at) if before else at)
        previous = before.value if before else DEFAULT_VALUES[type(value)]
        effects[name] = Effect.UNCHANGED if value == previous else Effect.APPLIED
        if value != previous:
            discarded[name] = previous
    return MergedNotes(after, effects, discarded)


def overall_effect(effects: Mapping[str, Effect]) -> Effect:
    """Return the effect of a change to several fields as a whole.

    It is `applied` if any field was applied, otherwise `superseded` if any field was superseded, otherwise `unchanged`.
    """
    distinct = set(effects.values())
    return next((effect for effect in (Effect.APPLIED, Effect.SUPERSEDED) if effect in distinct), Effect.UNCHANGED)


def merge_completion(before: Completion, *, at: datetime, on: date, zone: str) -> tuple[Completion, Effect]:
    """Record the completion of a day, unless an earlier completion is stored.

    If the completion happened before the day was last undone, it is ignored. Its reported effect is then `superseded`.
    """
    if before.undone_at is not None and at < before.undone_at:
        return before, Effect.SUPERSEDED
    if before.at is not None and before.at <= at:
        return before, Effect.UNCHANGED
    return before._replace(at=at, on=on, zone=zone), Effect.APPLIED


def merge_undo(before: Completion, *, at: datetime) -> tuple[Completion, Effect]:
    if before.at is None:
        return before, Effect.UNCHANGED
    return Completion(undone_at=max(at, before.at)), Effect.APPLIED
