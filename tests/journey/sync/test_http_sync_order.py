"""Tests for syncing changes made offline: repetition, order and concurrency don't affect the result."""

from collections import Counter
from datetime import timedelta
from random import Random
from typing import Any

from time_machine import Traveller

from tests.factories.rows import all_rows
from tests.factories.runs import (
    MORNING,
    ONE_DAY,
    ONE_HOUR,
    Json,
    RunClient,
    comparable_dashboard,
    offline_change,
    run_concurrently,
)
from tests.factories.services import Service

DAYS = 8
BATCHES = 20


def random_fields(random: Random, day: int) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if random.random() < 0.3:
        fields["completed"] = True
    if random.random() < 0.4:
        fields["tasks"] = {random.choice((f"first-{day}", f"second-{day}")): random.random() < 0.6}
    for name in ("mood_before", "mood_after"):
        if random.random() < 0.4:
            fields[name] = random.choice((None, 1, 2, 3, 4, 5))
    if random.random() < 0.4:
        fields["reflection"] = random.choice((None, "", f"words {random.randrange(100)}"))
    return fields


def random_changes(random: Random, count: int) -> list[Json]:
    """Return random changes of open days, ordered by time. No two changes have the same time."""
    seconds = sorted(random.sample(range((DAYS - 1) * 86_400), count))
    changes = []
    for second in seconds:
        at = MORNING + timedelta(seconds=second)
        day = random.randint(1, (at.date() - MORNING.date()).days + 1)
        changes.append(offline_change(day, at, **random_fields(random, day)))
    return changes


def split_into_batches(random: Random, changes: list[Json], batches: int) -> list[list[Json]]:
    """Distribute the changes randomly over batches. Every third change occurs twice."""
    shuffled = random.sample(changes, len(changes))
    batches_of_changes = [shuffled[n::batches] for n in range(batches)]
    for change in shuffled[::3]:
        batches_of_changes[random.randrange(batches)].append(change)
    for batch in batches_of_changes:
        random.shuffle(batch)
    return batches_of_changes


def test_sync_of_shuffled_batches_matches_ordered_batches(site: Service, clock: Traveller) -> None:
    random = Random(21)
    changes = random_changes(random, 3 * BATCHES)
    batches = split_into_batches(random, changes, BATCHES)
    ordered_client, shuffled_client = RunClient.create(site, clock), RunClient.create(site, clock)
    for client in (ordered_client, shuffled_client):
        client.travel(MORNING + (DAYS - 1) * ONE_DAY)

    ordered = [result["status"] for result in ordered_client.sync(*changes)["results"]]
    shuffled = [result["status"] for batch in batches for result in shuffled_client.sync(*batch)["results"]]

    assert set(ordered) == {"applied", "unchanged"}
    assert set(shuffled) == {"applied", "unchanged", "superseded"}
    assert comparable_dashboard(shuffled_client.dashboard()) == comparable_dashboard(ordered_client.dashboard())
    assert shuffled_client.open_days_progress() == ordered_client.open_days_progress()
    assert shuffled_client.dashboard()["days_completed"] > 3


def test_repeated_batch_has_no_effect(site: Service, client: RunClient) -> None:
    client.travel(2 * ONE_DAY)
    batch = [
        offline_change(1, MORNING, completed=True, reflection="one", tasks={"first-1": True}),
        offline_change(1, MORNING + ONE_HOUR, reflection="two", mood_before=4),
        offline_change(2, MORNING + ONE_DAY, completed=True),
        offline_change(2, MORNING + ONE_DAY, mood_after=5),
        offline_change(9, MORNING, completed=True),
    ]
    first = client.sync(*batch)
    rows = all_rows(site.database)

    repeated = [client.sync(*batch) for _ in range(3)]

    assert [result["status"] for result in first["results"]] == ["applied"] * 4 + ["refused"]
    for response in repeated:
        assert [result["status"] for result in response["results"]] == ["unchanged"] * 4 + ["refused"]
        assert response["dashboard"] == first["dashboard"]
    assert all_rows(site.database) == rows


def test_repeated_batch_does_not_restore_older_values(client: RunClient) -> None:
    batch = [offline_change(1, client.now, completed=True, mood_before=1, reflection="then", tasks={"first-1": True})]
    client.sync(*batch)
    client.travel(ONE_HOUR)
    client.update_day(1, completed=False, mood_before=5, reflection="now", tasks={"first-1": False})
    before = client.read_day(1)

    for _ in range(3):
        client.sync(*batch)

    assert client.read_day(1) == before


def test_concurrent_completions_return_equal_responses(client: RunClient) -> None:
    responses = run_concurrently(12, lambda _: client.change_day(1, completed=True))

    assert {response.status_code for response in responses} == {200}
    assert len({response.content for response in responses}) == 1
    assert len({response.headers["ETag"] for response in responses}) == 1
    assert client.dashboard()["days_completed"] == 1


def test_concurrent_equal_batches_are_merged_once(client: RunClient) -> None:
    batch = [offline_change(1, client.now - n * ONE_HOUR, mood_before=1 + n) for n in range(5)]
    batch.append(offline_change(1, client.now, completed=True))

    responses = run_concurrently(12, lambda _: client.send_changes(*batch))

    assert {response.status_code for response in responses} == {200}
    applied = [response.json()["results"][5]["status"] for response in responses]
    assert Counter(applied) == {"applied": 1, "unchanged": 11}
    assert client.read_day(1)["progress"]["mood_before"] == 1


def test_concurrent_changes_of_different_fields_are_all_stored(client: RunClient) -> None:
    fields: list[dict[str, Any]] = [
        {"completed": True},
        {"tasks": {"first-1": True}},
        {"tasks": {"second-1": True}},
        {"mood_before": 2},
        {"mood_after": 4},
        {"reflection": "all of it"},
    ]

    responses = run_concurrently(len(fields), lambda n: client.change_day(1, **fields[n]))

    assert {response.status_code for response in responses} == {200}
    assert client.read_day(1)["progress"] == {
        "completed_at": "2027-01-11T09:00:00Z",
        "completed_on": "2027-01-11",
        "tasks": {"first-1": True, "second-1": True},
        "mood_before": 2,
        "mood_after": 4,
        "reflection": "all of it",
    }
