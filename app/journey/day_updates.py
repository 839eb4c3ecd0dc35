"""What a change of a day does to a run and to the notes on that day: alike for one that is sent now, and for one that
a phone kept for days.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from app.accounts.consents import ConsentRequired
from app.core.errors import BadInput, FieldError
from app.core.text_fields import shown_name
from app.journey.requests import DayChange
from app.journey.rules import merge
from app.journey.rules.merge import Effect, Note, Notes, Value
from app.journey.rules.progress import RunHistory, with_completion, without_completion
from app.journey.runs import RunFinished

TASK = "tasks/"
REFLECTION = "reflection"
EARLIER = "earlier_reflection"  # the one that an offline change replaced
NOTED = ("mood_before", "mood_after", REFLECTION)


class UnknownTask(BadInput):
    code = "unknown_task"
    says = "This day has no such task."

    def __init__(self, *pointers: str) -> None:
        super().__init__(*(FieldError("body", pointer, self.says) for pointer in pointers))


@dataclass(frozen=True, slots=True)
class DayState:
    """A run with the notes on one of its days; `tasks` are the ids that may be ticked there."""

    run: RunHistory
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
    state: DayState,
    change: DayChange,
    *,
    at: datetime,
    now: datetime,
    agreed: bool,
    place: str = "",
    offline: bool = False,
) -> Recorded:
    """Merge a change that happened at a moment, on a day that was open then. `place` is where it stands in a body. Of
    an offline change the reflection that it replaces is kept beside it, for it may be another device's.

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
    merged = merge.merged(state.notes, fields, at=at)
    if not agreed and any(fields[name] for name, effect in merged.effects.items() if effect is Effect.APPLIED):
        raise ConsentRequired  # nothing new is kept; what is there may go
    noted = dict(merged.notes)
    if merged.effects.get(REFLECTION) is Effect.APPLIED:
        noted.pop(EARLIER, None)
        if offline and fields[REFLECTION] and merged.lost[REFLECTION]:
            noted[EARLIER] = Note(merged.lost[REFLECTION], at)
    run, effects = state.run, dict(merged.effects)
    if "completed" in change.model_fields_set:
        if change.completed:
            run, effects["completed"] = with_completion(run, state.day, at=at, now=now)
        else:
            run, effects["completed"] = without_completion(run, state.day, now=now)
    over = [name for name, effect in effects.items() if effect is Effect.APPLIED and name != REFLECTION]
    if state.run.abandoned_at is not None and over:
        raise RunFinished(*(FieldError("body", f"{place}/{name}", "Leave this out.") for name in over))
    return Recorded(replace(state, run=run, notes=noted), effects, merged.lost)


def fields_of(change: DayChange) -> Iterator[tuple[str, Value]]:
    """What was said, by the names that notes are kept under. An empty reflection is none."""
    sent = change.model_fields_set
    if "tasks" in sent:
        yield from ((TASK + name, done) for name, done in change.tasks.items())
    for name in NOTED:
        if name in sent:
            yield name, getattr(change, name) if getattr(change, name) != "" else None
