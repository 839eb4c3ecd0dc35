"""Tests for merging changes from several devices, which can arrive in any order."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.journey.rules.merge import (
    Completion,
    Effect,
    Note,
    Notes,
    Value,
    merge_completion,
    merge_notes,
    merge_undo,
    overall_effect,
)

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
FIELDS: dict[str, tuple[Value, ...]] = {
    "mood_before": (None, 1, 2, 3),
    "mood_after": (None, 4, 5),
    "reflection": (None, "I called my sister.", "I went for a walk."),
    "task:breathe": (True, False),
    "task:write": (True, False),
}


def minutes(number: int) -> datetime:
    return NOON + timedelta(minutes=number)


class Change(NamedTuple):
    happened_at: datetime
    change_id: int
    fields: dict[str, Value]
    completes: bool


class MergedState(NamedTuple):
    notes: Notes
    completion: Completion


EMPTY = MergedState({}, Completion())


def apply_change(state: MergedState, change: Change) -> MergedState:
    at = change.happened_at
    completion = state.completion
    if change.completes:
        completion, _ = merge_completion(completion, at=at, on=at.date(), zone="UTC")
    return MergedState(merge_notes(state.notes, change.fields, at=at).notes, completion)


def apply_batch(state: MergedState, batch: Iterable[Change]) -> MergedState:
    """Apply changes ordered by time, then by id."""
    for change in sorted(batch, key=lambda change: (change.happened_at, change.change_id)):
        state = apply_change(state, change)
    return state


def random_batch(random: Random, *, minutes_apart: bool) -> list[Change]:
    """Return random changes, ordered by time. Unless `minutes_apart`, several can have the same time."""
    count = random.randrange(2, 13)
    moments = random.sample(range(30), count) if minutes_apart else random.choices(range(4), k=count)
    changes = []
    for change_id, moment in zip(random.sample(range(100), count), moments, strict=True):
        names = random.sample(list(FIELDS), random.randrange(4))
        fields = {name: random.choice(FIELDS[name]) for name in names}
        changes.append(Change(minutes(moment), change_id, fields, random.random() < 0.3))
    return sorted(changes, key=lambda change: (change.happened_at, change.change_id))


def shuffle_with_duplicates(random: Random, changes: list[Change]) -> list[Change]:
    return random.sample(changes + random.choices(changes, k=len(changes)), 2 * len(changes))


@pytest.mark.parametrize("seed", range(20))
def test_shuffled_batch_with_duplicates_merges_as_in_order(seed: int) -> None:
    random = Random(seed)
    for _ in range(100):
        changes = random_batch(random, minutes_apart=False)
        in_order = EMPTY
        for change in changes:
            in_order = apply_change(in_order, change)

        assert apply_batch(EMPTY, shuffle_with_duplicates(random, changes)) == in_order


@pytest.mark.parametrize("seed", range(5))
def test_merge_does_not_depend_on_batching(seed: int) -> None:
    random = Random(seed)
    for _ in range(100):
        changes = random_batch(random, minutes_apart=True)
        arriving = shuffle_with_duplicates(random, changes)
        cut = random.randrange(len(arriving))

        one_by_one = EMPTY
        for change in arriving:
            one_by_one = apply_change(one_by_one, change)

        expected = apply_batch(EMPTY, changes)
        assert apply_batch(apply_batch(EMPTY, arriving[:cut]), arriving[cut:]) == expected
        assert one_by_one == expected


@given(values=st.lists(st.tuples(st.integers(0, 20), st.sampled_from([None, "a", "b"])), min_size=1, max_size=8))
def test_latest_value_of_field_wins(
    values: list[tuple[int, str | None]],
) -> None:
    notes: Notes = {}
    for moment, value in values:
        notes = merge_notes(notes, {"reflection": value}, at=minutes(moment)).notes

    latest = max(moment for moment, _ in values)
    winner = [value for moment, value in values if moment == latest][-1]
    assert notes == {"reflection": Note(winner, minutes(latest))}


def test_fields_and_tasks_are_merged_independently() -> None:
    notes = merge_notes({}, {"mood_before": 2, "task:write": True}, at=minutes(5)).notes

    after = merge_notes(notes, {"mood_before": 4, "task:breathe": True, "task:write": False}, at=minutes(3))

    assert after.notes == {
        "mood_before": Note(2, minutes(5)),
        "task:write": Note(True, minutes(5)),
        "task:breathe": Note(True, minutes(3)),
    }
    assert after.effects == {
        "mood_before": Effect.SUPERSEDED,
        "task:breathe": Effect.APPLIED,
        "task:write": Effect.SUPERSEDED,
    }


def test_fields_that_were_not_sent_stay_unchanged() -> None:
    notes = {"mood_before": Note(2, minutes(0)), "reflection": Note("I rested.", minutes(0))}

    assert merge_notes(notes, {"mood_before": None}, at=minutes(1)).notes["reflection"] == Note("I rested.", minutes(0))
    assert merge_notes(notes, {}, at=minutes(1)).notes == notes


def test_superseded_reflection_is_returned() -> None:
    notes = {"reflection": Note("Later.", minutes(5))}

    after = merge_notes(notes, {"reflection": "Earlier."}, at=minutes(3))

    assert after.notes == notes
    assert (after.effects, after.discarded) == ({"reflection": Effect.SUPERSEDED}, {"reflection": "Earlier."})


def test_replaced_reflection_is_returned() -> None:
    after = merge_notes({"reflection": Note("Earlier.", minutes(3))}, {"reflection": "Later."}, at=minutes(5))

    assert after.notes == {"reflection": Note("Later.", minutes(5))}
    assert (after.effects, after.discarded) == ({"reflection": Effect.APPLIED}, {"reflection": "Earlier."})


def test_merge_at_equal_times_later_arrival_wins() -> None:
    after = merge_notes({"mood_after": Note(2, minutes(3))}, {"mood_after": 4}, at=minutes(3))

    assert after.notes == {"mood_after": Note(4, minutes(3))}
    assert after.effects == {"mood_after": Effect.APPLIED}


@pytest.mark.parametrize(("name", "value"), [("reflection", "I rested."), ("mood_after", 3), ("task:write", True)])
def test_repeated_value_is_unchanged_but_updates_time(name: str, value: Value) -> None:
    notes = merge_notes({}, {name: value}, at=minutes(1)).notes

    repeated = merge_notes(notes, {name: value}, at=minutes(5))

    assert (repeated.effects, repeated.discarded) == ({name: Effect.UNCHANGED}, {})
    assert merge_notes(repeated.notes, {name: None}, at=minutes(3)).effects == {name: Effect.SUPERSEDED}
    earlier = merge_notes(repeated.notes, {name: value}, at=minutes(3))
    assert (earlier.notes, earlier.effects) == (repeated.notes, {name: Effect.UNCHANGED})


@pytest.mark.parametrize(("name", "value"), [("reflection", None), ("mood_after", None), ("task:write", False)])
def test_default_value_without_note_is_unchanged(name: str, value: Value) -> None:
    after = merge_notes({}, {name: value}, at=minutes(1))

    assert (after.effects, after.discarded) == ({name: Effect.UNCHANGED}, {})


def test_removed_value_is_not_restored_by_earlier_change() -> None:
    notes = merge_notes({}, {"task:write": True}, at=minutes(1)).notes
    notes = merge_notes(notes, {"task:write": False}, at=minutes(5)).notes

    after = merge_notes(notes, {"task:write": True}, at=minutes(3))

    assert (after.notes["task:write"].value, after.effects["task:write"]) == (False, Effect.SUPERSEDED)


@pytest.mark.parametrize(
    ("effects", "expected"),
    [
        ([], Effect.UNCHANGED),
        ([Effect.UNCHANGED], Effect.UNCHANGED),
        ([Effect.SUPERSEDED, Effect.UNCHANGED], Effect.SUPERSEDED),
        ([Effect.UNCHANGED, Effect.SUPERSEDED, Effect.APPLIED], Effect.APPLIED),
    ],
)
def test_overall_effect_prefers_applied_then_superseded(effects: list[Effect], expected: Effect) -> None:
    assert overall_effect({str(number): effect for number, effect in enumerate(effects)}) is expected


def complete(moment: int, before: Completion | None = None) -> tuple[Completion, Effect]:
    return merge_completion(
        before or Completion(), at=minutes(moment), on=date(2026, 5, moment + 1), zone=f"Etc/GMT-{moment}"
    )


def test_earliest_completion_wins_with_its_date_and_zone() -> None:
    first, _ = complete(5)

    assert complete(7, first) == (first, Effect.UNCHANGED)
    assert complete(5, first) == (first, Effect.UNCHANGED)
    assert complete(3, first) == (Completion(minutes(3), date(2026, 5, 4), "Etc/GMT-3"), Effect.APPLIED)


def test_completions_before_undo_are_superseded() -> None:
    undone, effect = merge_undo(complete(5)[0], at=minutes(9))

    assert (undone, effect) == (Completion(undone_at=minutes(9)), Effect.APPLIED)
    assert complete(8, undone) == (undone, Effect.SUPERSEDED)
    later, effect = complete(11, undone)
    assert (later.at, later.undone_at, effect) == (minutes(11), minutes(9), Effect.APPLIED)
    assert complete(10, later)[0].at == minutes(10)
    assert complete(8, later) == (later, Effect.SUPERSEDED)
    assert complete(9, undone)[1] is Effect.APPLIED


def test_repeated_undo_is_unchanged_and_undo_accepts_earlier_clock() -> None:
    undone, _ = merge_undo(complete(5)[0], at=minutes(3))

    assert undone.undone_at == minutes(5)
    assert not undone.is_completed
    assert merge_undo(undone, at=minutes(9)) == (undone, Effect.UNCHANGED)
    assert merge_undo(Completion(), at=minutes(9)) == (Completion(), Effect.UNCHANGED)
