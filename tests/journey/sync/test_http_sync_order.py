"""However often a batch is sent, and in whatever order batches come: what is kept in the end is the same."""

from collections import Counter
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from time_machine import Traveller

from tests.factories.rows import all_rows
from tests.factories.runs import A_DAY, AN_HOUR, MORNING, Json, Walker, at_once, change_of, state_of
from tests.factories.services import Service

DAYS = 8
BATCHES = 50


def made_fields(random: Random, day: int) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if random.random() < 0.3:
        made["completed"] = True
    if random.random() < 0.4:
        made["tasks"] = {random.choice((f"first-{day}", f"second-{day}")): random.random() < 0.6}
    for name in ("mood_before", "mood_after"):
        if random.random() < 0.4:
            made[name] = random.choice((None, 1, 2, 3, 4, 5))
    if random.random() < 0.4:
        made["reflection"] = random.choice((None, "", f"words {random.randrange(100)}"))
    return made


def made_changes(random: Random, many: int) -> list[Json]:
    """Changes of open days, no two at the same moment, the earliest first."""
    seconds = sorted(random.sample(range((DAYS - 1) * 86_400), many))
    changes = []
    for second in seconds:
        at = MORNING + timedelta(seconds=second)
        day = random.randint(1, (at.date() - MORNING.date()).days + 1)
        changes.append(change_of(day, at, **made_fields(random, day)))
    return changes


def in_batches(random: Random, changes: list[Json], batches: int) -> list[list[Json]]:
    """Shuffled, and every third change in a second batch, too."""
    shuffled = random.sample(changes, len(changes))
    dealt = [shuffled[n::batches] for n in range(batches)]
    for change in shuffled[::3]:
        dealt[random.randrange(batches)].append(change)
    for batch in dealt:
        random.shuffle(batch)
    return dealt


@pytest.mark.parametrize("seed", [21, 2027])
def test_fifty_shuffled_and_doubled_batches_end_as_the_same_changes_in_order(
    site: Service, clock: Traveller, seed: int
) -> None:
    random = Random(seed)
    changes = made_changes(random, 3 * BATCHES)
    batches = in_batches(random, changes, BATCHES)
    orderly, hasty = Walker.of(site, clock), Walker.of(site, clock)
    for walker in (orderly, hasty):
        walker.travel(MORNING + (DAYS - 1) * A_DAY)

    in_order = [changes[n : n + 10] for n in range(0, len(changes), 10)]
    outcomes = Counter(each["status"] for batch in in_order for each in orderly.sync(*batch)["results"])
    met = Counter(each["status"] for batch in batches for each in hasty.sync(*batch)["results"])

    assert outcomes.keys() == {"applied", "unchanged"}
    assert met.keys() == {"applied", "unchanged", "superseded"}
    assert state_of(hasty.dashboard()) == state_of(orderly.dashboard())
    assert hasty.progress() == orderly.progress()
    assert hasty.dashboard()["days_completed"] > 3


def test_a_batch_that_is_sent_three_times_changes_nothing_more(site: Service, walker: Walker) -> None:
    walker.travel(2 * A_DAY)
    batch = [
        change_of(1, MORNING, completed=True, reflection="one", tasks={"first-1": True}),
        change_of(1, MORNING + AN_HOUR, reflection="two", mood_before=4),
        change_of(2, MORNING + A_DAY, completed=True),
        change_of(2, MORNING + A_DAY, mood_after=5),
        change_of(9, MORNING, completed=True),
    ]
    first = walker.sync(*batch)
    rows = all_rows(site.database)

    again = [walker.sync(*batch) for _ in range(3)]

    assert [each["status"] for each in first["results"]] == ["applied"] * 4 + ["refused"]
    for reply in again:
        assert [each["status"] for each in reply["results"]] == ["unchanged"] * 4 + ["refused"]
        assert reply["dashboard"] == first["dashboard"]
    assert all_rows(site.database) == rows


def test_a_replay_does_not_bring_back_what_was_changed_since(walker: Walker) -> None:
    batch = [change_of(1, walker.now, completed=True, mood_before=1, reflection="then", tasks={"first-1": True})]
    walker.sync(*batch)
    walker.travel(AN_HOUR)
    walker.note(1, completed=False, mood_before=5, reflection="now", tasks={"first-1": False})
    before = walker.read(1)

    for _ in range(3):
        walker.sync(*batch)

    assert walker.read(1) == before


def test_thirty_completions_at_once_are_one_and_are_answered_alike(walker: Walker) -> None:
    replies = at_once(30, lambda _: walker.change(1, completed=True))

    assert {reply.status_code for reply in replies} == {200}
    assert len({reply.content for reply in replies}) == 1
    assert len({reply.headers["ETag"] for reply in replies}) == 1
    assert walker.dashboard()["days_completed"] == 1


def test_twenty_times_the_same_batch_at_once_is_merged_once(walker: Walker) -> None:
    batch = [change_of(1, walker.now - n * AN_HOUR, mood_before=1 + n) for n in range(5)]
    batch.append(change_of(1, walker.now, completed=True))

    replies = at_once(20, lambda _: walker.send(*batch))

    assert {reply.status_code for reply in replies} == {200}
    applied = [reply.json()["results"][5]["status"] for reply in replies]
    assert Counter(applied) == {"applied": 1, "unchanged": 19}
    assert walker.read(1)["progress"]["mood_before"] == 1


def test_two_devices_at_once_lose_nothing_of_different_fields(walker: Walker) -> None:
    fields: list[dict[str, Any]] = [
        {"completed": True},
        {"tasks": {"first-1": True}},
        {"tasks": {"second-1": True}},
        {"mood_before": 2},
        {"mood_after": 4},
        {"reflection": "all of it"},
    ]

    replies = at_once(len(fields), lambda n: walker.change(1, **fields[n]))

    assert {reply.status_code for reply in replies} == {200}
    assert walker.read(1)["progress"] == {
        "completed_at": "2027-01-11T09:00:00Z",
        "completed_on": "2027-01-11",
        "tasks": {"first-1": True, "second-1": True},
        "mood_before": 2,
        "mood_after": 4,
        "reflection": "all of it",
    }
