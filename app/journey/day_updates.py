"""Changes to a member's progress on one day of a journey, sent directly or collected offline."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from app.accounts.consents import ConsentRequired
from app.core.errors import FieldError, InvalidInput
from app.core.text_fields import safe_name
from app.journey.requests import DayChange
from app.journey.rules import merge
from app.journey.rules.merge import Effect, Note, Notes, Value
from app.journey.rules.progress import RunHistory, record_completion, undo_completion
from app.journey.runs import RunFinished

TASK_PREFIX = "tasks/"
REFLECTION = "reflection"
EARLIER_REFLECTION = "earlier_reflection"  # the previous text, if an offline change replaced it
NOTE_FIELDS = ("mood_before", "mood_after", REFLECTION)


class UnknownTask(InvalidInput):
    code = "unknown_task"
    message = "This day has no such task."

    def __init__(self, *pointers: str) -> None:
        super().__init__(*(FieldError("body", pointer, self.message) for pointer in pointers))


@dataclass(frozen=True, slots=True)
class DayState:
    """A member's run through a journey, with the notes and the task ids of one day."""

    run: RunHistory
    day: int
    notes: Notes
    task_ids: list[str]


@dataclass(frozen=True, slots=True)
class RecordedChange:
    """The outcome of a change to one day.

    `effects` states for each field whether the new value was applied. `discarded` contains, by field, the value that
    wasn't retained: the previous or the new one.
    """

    state: DayState
    effects: Mapping[str, Effect]
    discarded: Mapping[str, Value]


def record_change(
    state: DayState,
    change: DayChange,
    *,
    at: datetime,
    now: datetime,
    has_consent: bool,
    pointer_prefix: str = "",
    is_offline: bool = False,
) -> RecordedChange:
    """Merge a change into a member's progress on one day.

    `at` is the time of the change, when the day must already have been unlocked. `pointer_prefix` is the JSON Pointer
    of the change in the request body, for error messages. If an offline change replaces a reflection, the previous text
    is stored too, because it may come from another device. Raise UnknownTask, ConsentRequired and RunFinished.
    """
    fields = dict(sent_fields(change))
    unknown = [
        name
        for name in fields
        if name.startswith(TASK_PREFIX)
        and name.removeprefix(TASK_PREFIX) not in state.task_ids
        and name not in state.notes
    ]
    if unknown:
        raise UnknownTask(
            *(f"{pointer_prefix}/{TASK_PREFIX}{safe_name(name.removeprefix(TASK_PREFIX))}" for name in unknown)
        )
    merged = merge.merge_notes(state.notes, fields, at=at)
    if not has_consent and any(fields[name] for name, effect in merged.effects.items() if effect is Effect.APPLIED):
        raise ConsentRequired  # clearing a field requires no consent
    notes = dict(merged.notes)
    if merged.effects.get(REFLECTION) is Effect.APPLIED:
        notes.pop(EARLIER_REFLECTION, None)
        if is_offline and fields[REFLECTION] and merged.discarded[REFLECTION]:
            notes[EARLIER_REFLECTION] = Note(merged.discarded[REFLECTION], at)
    run, effects = state.run, dict(merged.effects)
    if "completed" in change.model_fields_set:
        if change.completed:
            run, effects["completed"] = record_completion(run, state.day, at=at, now=now)
        else:
            run, effects["completed"] = undo_completion(run, state.day, now=now)
    rejected = [name for name, effect in effects.items() if effect is Effect.APPLIED and name != REFLECTION]
    if state.run.abandoned_at is not None and rejected:
        message = "This can't be changed in an abandoned run. Omit it."
        raise RunFinished(*(FieldError("body", f"{pointer_prefix}/{name}", message) for name in rejected))
    return RecordedChange(replace(state, run=run, notes=notes), effects, merged.discarded)


def sent_fields(change: DayChange) -> Iterator[tuple[str, Value]]:
    """Yield the stored name and the value of each note in the request.

    An empty reflection is yielded as None.
    """
    sent_names = change.model_fields_set
    if "tasks" in sent_names:
        yield from ((TASK_PREFIX + name, is_done) for name, is_done in change.tasks.items())
    for name in NOTE_FIELDS:
        if name in sent_names:
            yield name, getattr(change, name) if getattr(change, name) != "" else None
