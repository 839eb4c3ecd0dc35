"""Tests for merging changes from several devices, which can arrive in any order."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import reduce
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
FIELDS: st.SearchStrategy[dict[str, Value]] = st.fixed_dictionaries(
    {},
    optional={
        "mood_before": st.sampled_from((None, 1, 2)),
        "reflection": st.sampled_from((None, "I called my sister.", "I went for a walk.")),
        "task:breathe": st.booleans(),
    },
)


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
    return reduce(apply_change, sorted(batch, key=lambda change: (change.happened_at, change.change_id)), state)


@st.composite
def batches(draw: st.DrawFn, moments: st.SearchStrategy[int], *, unique: bool) -> tuple[list[Change], list[Change]]:
    """Return changes ordered by time, and the same changes shuffled, each once or twice."""
    times = draw(st.lists(moments, min_size=2, max_size=8, unique=unique))
    ids = draw(st.permutations(range(len(times))))
    changes = [
        Change(minutes(time), change_id, draw(FIELDS), draw(st.booleans()))
        for change_id, time in zip(ids, times, strict=True)
    ]
    changes.sort(key=lambda change: (change.happened_at, change.change_id))
    repeated = draw(st.lists(st.sampled_from(changes), max_size=4))
    return changes, draw(st.permutations(changes + repeated))


@given(batches(st.integers(0, 3), unique=False))
def test_shuffled_batch_with_duplicates_merges_as_in_order(batch: tuple[list[Change], list[Change]]) -> None:
    in_order, shuffled = batch

    assert apply_batch(EMPTY, shuffled) == reduce(apply_change, in_order, EMPTY)


@given(batches(st.integers(0, 30), unique=True), st.integers(0, 8))
def test_merge_does_not_depend_on_batching(batch: tuple[list[Change], list[Change]], cut: int) -> None:
    in_order, arriving = batch
    expected = apply_batch(EMPTY, in_order)

    assert apply_batch(apply_batch(EMPTY, arriving[:cut]), arriving[cut:]) == expected
    assert reduce(apply_change, arriving, EMPTY) == expected


@given(values=st.lists(st.tuples(st.integers(0, 20), st.sampled_from([None, "a", "b"])), min_size=1, max_size=8))
def test_latest_value_of_field_wins(values: list[tuple[int, str | None]]) -> None:
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
    notes = {"mood_before": Note(2, NOON), "reflection": Note("I rested.", NOON)}

    assert merge_notes(notes, {"mood_before": None}, at=minutes(1)).notes["reflection"] == Note("I rested.", NOON)
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


def test_repeated_value_is_unchanged_but_updates_time() -> None:
    notes = merge_notes({}, {"mood_after": 3}, at=minutes(1)).notes

    repeated = merge_notes(notes, {"mood_after": 3}, at=minutes(5))

    assert (repeated.effects, repeated.discarded) == ({"mood_after": Effect.UNCHANGED}, {})
    assert merge_notes(repeated.notes, {"mood_after": None}, at=minutes(3)).effects == {"mood_after": Effect.SUPERSEDED}
    earlier = merge_notes(repeated.notes, {"mood_after": 3}, at=minutes(3))
    assert (earlier.notes, earlier.effects) == (repeated.notes, {"mood_after": Effect.UNCHANGED})


@pytest.mark.parametrize("value", [None, False])
def test_default_value_without_note_is_unchanged(value: Value) -> None:
    after = merge_notes({}, {"field": value}, at=minutes(1))

    assert (after.effects, after.discarded) == ({"field": Effect.UNCHANGED}, {})


def test_removed_value_is_not_restored_by_earlier_change() -> None:
    notes = merge_notes({}, {"task:write": True}, at=minutes(1)).notes
    notes = merge_notes(notes, {"task:write": False}, at=minutes(5)).notes

    after = merge_notes(notes, {"task:write": True}, at=minutes(3))

    assert (after.notes["task:write"].value, after.effects["task:write"]) == (False, Effect.SUPERSEDED)


def test_overall_effect_prefers_applied_then_superseded() -> None:
    unchanged, superseded, applied = ("first", Effect.UNCHANGED), ("second", Effect.SUPERSEDED), ("3", Effect.APPLIED)

    assert overall_effect({}) is overall_effect(dict([unchanged])) is Effect.UNCHANGED
    assert overall_effect(dict([superseded, unchanged])) is Effect.SUPERSEDED
    assert overall_effect(dict([unchanged, superseded, applied])) is Effect.APPLIED


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
