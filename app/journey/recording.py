"""What a change of a day does to a run and to the notes on that day: alike for one that is sent now, and for one that
a phone kept for days.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from app.accounts.consents import ConsentRequired
from app.core.errors import BadInput, FieldError
from app.core.texts import shown_name
from app.journey import merge
from app.journey.bodies import DayChange
from app.journey.merge import Effect, Notes, Value
from app.journey.runs import RunFinished
from app.journey.standing import Run, with_completion, without_completion

TASK = "tasks/"
REFLECTION = "reflection"
NOTED = ("mood_before", "mood_after", REFLECTION)


class UnknownTask(BadInput):
    code = "unknown_task"
    says = "This day has no such task."

    def __init__(self, *pointers: str) -> None:
        super().__init__(*(FieldError("body", pointer, self.says) for pointer in pointers))


@dataclass(frozen=True, slots=True)
class DayState:
    """A run with the notes on one of its days; `tasks` are the ids that may be ticked there."""

    run: Run
    day: int
    notes: Notes
    tasks: list[str]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of a change, field by field; `lost` are texts and values that gave way."""

    state: DayState
    effects: Mapping[str, Effect]
    lost: Mapping[str, Value]


def record(
    state: DayState, change: DayChange, *, at: datetime, now: datetime, agreed: bool, place: str = ""
) -> Recorded:
    """Merge a change that happened at a moment, on a day that was open then. `place` is where it stands in a body.

    Raises UnknownTask, ConsentRequired and RunFinished; then nothing of it was merged.
    """
    fields = dict(fields_of(change))
    unknown = [
        name
        for name in fields
        if name.startswith(TASK) and name.removeprefix(TASK) not in state.tasks and name not in state.notes
    ]
    if unknown:
        raise UnknownTask(*(f"{place}/{TASK}{shown_name(name.removeprefix(TASK))}" for name in unknown))
    if fields and not agreed:
        raise ConsentRequired
    merged = merge.merged(state.notes, fields, at=at)
    run, effects = state.run, dict(merged.effects)
    if "completed" in change.model_fields_set:
        if change.completed:
            run, effects["completed"] = with_completion(run, state.day, at=at, now=now)
        else:
            run, effects["completed"] = without_completion(run, state.day, now=now)
    changed = {name for name, effect in effects.items() if effect is Effect.APPLIED}
    if state.run.abandoned_at is not None and changed - {REFLECTION}:
        raise RunFinished
    return Recorded(replace(state, run=run, notes=merged.notes), effects, merged.lost)


def fields_of(change: DayChange) -> Iterator[tuple[str, Value]]:
    """What was said, by the names that notes are kept under. An empty reflection is none."""
    sent = change.model_fields_set
    if "tasks" in sent:
        yield from ((TASK + name, done) for name, done in change.tasks.items())
    for name in NOTED:
        if name in sent:
            yield name, getattr(change, name) if getattr(change, name) != "" else None
