"""What several devices said comes together, field by field, in whatever order it arrives."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.journey.rules.merge import Completion, Effect, Note, Notes, Value, completed, effect_of, merged, undone

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


class State(NamedTuple):
    notes: Notes
    completion: Completion


BLANK = State({}, Completion())


def applied(state: State, change: Change) -> State:
    at = change.happened_at
    completion = state.completion
    if change.completes:
        completion, _ = completed(completion, at=at, on=at.date(), zone="UTC")
    return State(merged(state.notes, change.fields, at=at).notes, completion)


def batch_applied(state: State, batch: Iterable[Change]) -> State:
    """As a batch is: by when each change happened, then by its id."""
    for change in sorted(batch, key=lambda each: (each.happened_at, each.change_id)):
        state = applied(state, change)
    return state


def made_batch(random: Random, *, minutes_apart: bool) -> list[Change]:
    """Changes in order. Unless they are minutes apart, several may have happened at once."""
    count = random.randrange(2, 13)
    moments = random.sample(range(30), count) if minutes_apart else random.choices(range(4), k=count)
    changes = []
    for change_id, moment in zip(random.sample(range(100), count), moments, strict=True):
        names = random.sample(list(FIELDS), random.randrange(4))
        fields = {name: random.choice(FIELDS[name]) for name in names}
        changes.append(Change(minutes(moment), change_id, fields, random.random() < 0.3))
    return sorted(changes, key=lambda each: (each.happened_at, each.change_id))


def shuffled_and_doubled(random: Random, changes: list[Change]) -> list[Change]:
    return random.sample(changes + random.choices(changes, k=len(changes)), 2 * len(changes))


@pytest.mark.parametrize("hundred", range(20))
def test_a_batch_that_is_shuffled_and_doubled_merges_as_in_order(hundred: int) -> None:
    random = Random(hundred)
    for _ in range(100):
        changes = made_batch(random, minutes_apart=False)
        in_order = BLANK
        for change in changes:
            in_order = applied(in_order, change)

        assert batch_applied(BLANK, shuffled_and_doubled(random, changes)) == in_order


@pytest.mark.parametrize("hundred", range(5))
def test_changes_of_different_moments_merge_to_the_same_in_whatever_batches_they_arrive(hundred: int) -> None:
    random = Random(hundred)
    for _ in range(100):
        changes = made_batch(random, minutes_apart=True)
        arriving = shuffled_and_doubled(random, changes)
        cut = random.randrange(len(arriving))

        one_by_one = BLANK
        for change in arriving:
            one_by_one = applied(one_by_one, change)

        expected = batch_applied(BLANK, changes)
        assert batch_applied(batch_applied(BLANK, arriving[:cut]), arriving[cut:]) == expected
        assert one_by_one == expected


@given(said=st.lists(st.tuples(st.integers(0, 20), st.sampled_from([None, "a", "b"])), min_size=1, max_size=8))
def test_a_field_says_what_was_said_last_and_of_what_was_said_at_once_what_arrived_last(
    said: list[tuple[int, str | None]],
) -> None:
    notes: Notes = {}
    for moment, value in said:
        notes = merged(notes, {"reflection": value}, at=minutes(moment)).notes

    latest = max(moment for moment, _ in said)
    winner = [value for moment, value in said if moment == latest][-1]
    assert notes == {"reflection": Note(winner, minutes(latest))}


def test_each_field_and_each_task_is_merged_by_itself() -> None:
    notes = merged({}, {"mood_before": 2, "task:write": True}, at=minutes(5)).notes

    after = merged(notes, {"mood_before": 4, "task:breathe": True, "task:write": False}, at=minutes(3))

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


def test_fields_that_were_not_sent_stay() -> None:
    notes = {"mood_before": Note(2, minutes(0)), "reflection": Note("I rested.", minutes(0))}

    assert merged(notes, {"mood_before": None}, at=minutes(1)).notes["reflection"] == Note("I rested.", minutes(0))
    assert merged(notes, {}, at=minutes(1)).notes == notes


def test_a_superseded_reflection_comes_back() -> None:
    notes = {"reflection": Note("Later.", minutes(5))}

    after = merged(notes, {"reflection": "Earlier."}, at=minutes(3))

    assert after.notes == notes
    assert (after.effects, after.lost) == ({"reflection": Effect.SUPERSEDED}, {"reflection": "Earlier."})


def test_a_reflection_that_is_replaced_comes_back() -> None:
    after = merged({"reflection": Note("Earlier.", minutes(3))}, {"reflection": "Later."}, at=minutes(5))

    assert after.notes == {"reflection": Note("Later.", minutes(5))}
    assert (after.effects, after.lost) == ({"reflection": Effect.APPLIED}, {"reflection": "Earlier."})


def test_at_equal_times_the_later_arrival_wins() -> None:
    after = merged({"mood_after": Note(2, minutes(3))}, {"mood_after": 4}, at=minutes(3))

    assert after.notes == {"mood_after": Note(4, minutes(3))}
    assert after.effects == {"mood_after": Effect.APPLIED}


@pytest.mark.parametrize(("name", "value"), [("reflection", "I rested."), ("mood_after", 3), ("task:write", True)])
def test_saying_the_same_again_is_unchanged_but_makes_it_the_later_word(name: str, value: Value) -> None:
    notes = merged({}, {name: value}, at=minutes(1)).notes

    again = merged(notes, {name: value}, at=minutes(5))

    assert (again.effects, again.lost) == ({name: Effect.UNCHANGED}, {})
    assert merged(again.notes, {name: None}, at=minutes(3)).effects == {name: Effect.SUPERSEDED}
    earlier = merged(again.notes, {name: value}, at=minutes(3))
    assert (earlier.notes, earlier.effects) == (again.notes, {name: Effect.UNCHANGED})


@pytest.mark.parametrize(("name", "value"), [("reflection", None), ("mood_after", None), ("task:write", False)])
def test_saying_nothing_where_nothing_was_said_is_unchanged(name: str, value: Value) -> None:
    after = merged({}, {name: value}, at=minutes(1))

    assert (after.effects, after.lost) == ({name: Effect.UNCHANGED}, {})


def test_what_is_taken_back_does_not_return_with_an_earlier_word() -> None:
    notes = merged({}, {"task:write": True}, at=minutes(1)).notes
    notes = merged(notes, {"task:write": False}, at=minutes(5)).notes

    after = merged(notes, {"task:write": True}, at=minutes(3))

    assert (after.notes["task:write"].value, after.effects["task:write"]) == (False, Effect.SUPERSEDED)


@pytest.mark.parametrize(
    ("effects", "whole"),
    [
        ([], Effect.UNCHANGED),
        ([Effect.UNCHANGED], Effect.UNCHANGED),
        ([Effect.SUPERSEDED, Effect.UNCHANGED], Effect.SUPERSEDED),
        ([Effect.UNCHANGED, Effect.SUPERSEDED, Effect.APPLIED], Effect.APPLIED),
    ],
)
def test_a_change_is_applied_if_any_of_it_is_and_superseded_before_unchanged(
    effects: list[Effect], whole: Effect
) -> None:
    assert effect_of({str(number): each for number, each in enumerate(effects)}) is whole


def done(moment: int, before: Completion | None = None) -> tuple[Completion, Effect]:
    return completed(before or Completion(), at=minutes(moment), on=date(2026, 5, moment + 1), zone=f"Etc/GMT-{moment}")


def test_the_earliest_completion_counts_with_its_date_and_its_zone() -> None:
    first, _ = done(5)

    assert done(7, first) == (first, Effect.UNCHANGED)
    assert done(5, first) == (first, Effect.UNCHANGED)
    assert done(3, first) == (Completion(minutes(3), date(2026, 5, 4), "Etc/GMT-3"), Effect.APPLIED)


def test_completions_from_before_an_undoing_are_superseded_and_those_since_count() -> None:
    taken_back, effect = undone(done(5)[0], at=minutes(9))

    assert (taken_back, effect) == (Completion(undone_at=minutes(9)), Effect.APPLIED)
    assert done(8, taken_back) == (taken_back, Effect.SUPERSEDED)
    later, effect = done(11, taken_back)
    assert (later.at, later.undone_at, effect) == (minutes(11), minutes(9), Effect.APPLIED)
    assert done(10, later)[0].at == minutes(10)
    assert done(8, later) == (later, Effect.SUPERSEDED)
    assert done(9, taken_back)[1] is Effect.APPLIED


def test_undoing_again_changes_nothing_and_a_clock_that_is_behind_takes_back_all_the_same() -> None:
    taken_back, _ = undone(done(5)[0], at=minutes(3))

    assert taken_back.undone_at == minutes(5)
    assert not taken_back.is_done
    assert undone(taken_back, at=minutes(9)) == (taken_back, Effect.UNCHANGED)
    assert undone(Completion(), at=minutes(9)) == (Completion(), Effect.UNCHANGED)
