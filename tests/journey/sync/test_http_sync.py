"""Tests for syncing changes made offline: results, validation, and limits on changes and batches."""

import json
from datetime import timedelta
from typing import Any

from time_machine import Traveller

from tests.factories.results import error_locations, new_id, status_and_code
from tests.factories.rows import row_counts
from tests.factories.runs import (
    MORNING,
    ONE_DAY,
    ONE_HOUR,
    RUNS_PATH,
    Json,
    RunClient,
    format_utc,
    offline_change,
    rejected_change,
)
from tests.factories.services import Service

ONE_MINUTE, ONE_SECOND = timedelta(minutes=1), timedelta(seconds=1)


def sync_statuses(client: RunClient, *changes: Json) -> list[str]:
    return [result["status"] for result in client.sync(*changes)["results"]]


def test_sync_returns_one_result_per_change_in_order(client: RunClient) -> None:
    client.travel(ONE_DAY)
    client.update_day(1, mood_before=2)
    changes = [
        offline_change(3, client.now, completed=True),
        offline_change(2, client.now, completed=True),
        offline_change(1, client.now - ONE_HOUR, mood_before=5),
        offline_change(1, client.now, mood_before=2),
        offline_change(1, client.now - ONE_HOUR, completed=True, mood_before=4),
        offline_change(2, client.now, tasks={"no-such": True}),
        offline_change(2, client.now, tasks={"first-2": True}, reflection="offline"),
    ]

    response = client.sync(*changes)
    results = response["results"]

    assert [result["change_id"] for result in results] == [change["change_id"] for change in changes]
    assert [result["status"] for result in results] == [
        "refused", "applied", "superseded", "unchanged", "applied", "refused", "applied",
    ]  # fmt: skip
    assert [result["superseded"] for result in results] == [[], [], ["mood_before"], [], ["mood_before"], [], []]
    assert rejected_change(results[0]) == (422, "before_opening", ["/changes/0/happened_at"])
    assert rejected_change(results[5]) == (422, "unknown_task", ["/changes/5/fields/tasks/no-such"])
    assert [result["problem"] for result in results if result["status"] != "refused"] == [None] * 5
    assert response["dashboard"] == client.dashboard()
    first, second = client.open_days_progress()
    assert (first["completed_at"], first["mood_before"]) == (format_utc(client.now - ONE_HOUR), 2)
    assert (second["tasks"]["first-2"], second["reflection"]) == (True, "offline")


INVALID_FIELDS: tuple[tuple[Json, list[str]], ...] = (
    ({"day": 0}, ["/day"]),
    ({"day": 22}, ["/day"]),
    ({"day": "1"}, ["/day"]),
    ({"day": 1.0}, ["/day"]),
    ({"day": True}, ["/day"]),
    ({"happened_at": "2027-01-11T09:00:00"}, ["/happened_at"]),
    ({"happened_at": 1799658000}, ["/happened_at"]),
    ({"happened_at": None}, ["/happened_at"]),
    ({"fields": None}, ["/fields"]),
    ({"fields": {"completed": "true"}}, ["/fields/completed"]),
    ({"fields": {"mood_before": "4", "mood_after": 6}}, ["/fields/mood_before", "/fields/mood_after"]),
    ({"fields": {"reflection": "nul\0"}}, ["/fields/reflection"]),
    ({"fields": {"reflection": "lone \ud800"}}, ["/fields/reflection"]),
    ({"fields": {"reflection": "x" * 10_001}}, ["/fields/reflection"]),
    ({"fields": {"tasks": {"first-1": 1}}}, ["/fields/tasks/first-1"]),
    ({"fields": {"done": True}}, ["/fields/done"]),
    ({"device": "phone"}, ["/device"]),
)


def test_invalid_changes_are_rejected_and_others_applied(client: RunClient) -> None:
    changes = [offline_change(1, client.now) | fields for fields, _ in INVALID_FIELDS]
    changes += [{"change_id": new_id()}, offline_change(1, client.now, completed=True)]

    *rejected, missing, valid = client.sync(*changes)["results"]

    for index, (result, (fields, pointers)) in enumerate(zip(rejected, INVALID_FIELDS, strict=True)):
        expected = (422, "invalid_input", [f"/changes/{index}{pointer}" for pointer in pointers])
        assert rejected_change(result) == expected, fields
        assert {error["in"] for error in result["problem"]["errors"]} == {"body"}
        assert result["change_id"] == changes[index]["change_id"]
    assert rejected_change(missing)[2] == [f"/changes/17/{name}" for name in ("day", "happened_at", "fields")]
    assert valid["status"] == "applied"


def test_invalid_batch_returns_422(readonly_client: RunClient, clock: Traveller) -> None:
    change = offline_change(1, MORNING)
    invalid_batches: tuple[tuple[Json, str], ...] = (
        ({}, "/changes"),
        ({"changes": None}, "/changes"),
        ({"changes": {}}, "/changes"),
        ({"changes": [1]}, "/changes/0"),
        ({"changes": [change, {"day": 1}]}, "/changes/1/change_id"),
        ({"changes": [change | {"change_id": "first"}]}, "/changes/0/change_id"),
        ({"changes": [change | {"change_id": 1}]}, "/changes/0/change_id"),
        ({"changes": [change] * 201}, "/changes"),
        ({"changes": [], "device": "phone"}, "/device"),
    )
    for body, pointer in invalid_batches:
        response = readonly_client.request("POST", "/sync", body)
        assert status_and_code(response) == (422, "invalid_input"), body
        assert ("body", pointer) in error_locations(response), body


def test_batch_accepts_up_to_200_changes(client: RunClient) -> None:
    two_hundred = [offline_change(1, client.now - n * ONE_SECOND, mood_before=1 + n % 5) for n in range(200)]

    assert sync_statuses(client, *two_hundred).count("applied") > 100
    assert client.read_day(1)["progress"]["mood_before"] == 1
    assert sync_statuses(client) == []


def test_change_dated_before_opening_is_rejected(client: RunClient) -> None:
    client.travel(ONE_DAY)
    opening = client.read_day(2)["opens_at"]
    early, on_time = offline_change(2, MORNING, completed=True), offline_change(2, opening, completed=True)

    first, second = client.sync(early, on_time)["results"]

    assert rejected_change(first) == (422, "before_opening", ["/changes/0/happened_at"])
    assert first["problem"]["opens_at"] == opening == "2027-01-12T00:00:00Z"
    assert first["problem"]["server_time"] == "2027-01-12T09:00:00Z"
    assert (second["status"], client.read_day(2)["progress"]["completed_at"]) == ("applied", opening)


def test_change_of_locked_day_returns_opening_time_if_known(site: Service, clock: Traveller) -> None:
    gentle = RunClient.create(site, clock, pace="gentle", consents=False)
    for opens_at in (None, "2027-01-12T00:00:00Z"):
        [result] = gentle.sync(offline_change(2, gentle.now, completed=True))["results"]
        assert (rejected_change(result)[1], result["problem"]["opens_at"]) == ("before_opening", opens_at)
        gentle.complete_days(1)


def test_change_up_to_two_minutes_ahead_is_clamped_to_now(client: RunClient) -> None:
    ahead = offline_change(1, client.now + 2 * ONE_MINUTE, completed=True, mood_after=3)
    further = offline_change(1, client.now + 2 * ONE_MINUTE + timedelta(microseconds=1), mood_after=5)

    results = client.sync(further, ahead)["results"]

    assert rejected_change(results[0]) == (422, "in_future", ["/changes/0/happened_at"])
    assert results[0]["problem"]["server_time"] == "2027-01-11T09:00:00Z"
    assert results[1]["status"] == "applied"
    assert client.read_day(1)["progress"]["completed_at"] == "2027-01-11T09:00:00Z"
    client.travel(ONE_SECOND)
    assert sync_statuses(client, offline_change(1, client.now, mood_after=4)) == ["applied"]


def test_clock_ahead_does_not_open_day(client: RunClient) -> None:
    client.travel(ONE_DAY - 9 * ONE_HOUR - ONE_MINUTE)
    [result] = client.sync(offline_change(2, client.now + 2 * ONE_MINUTE, completed=True))["results"]
    assert rejected_change(result)[1] == "before_opening"


def test_undo_in_batch_is_rejected(client: RunClient) -> None:
    client.complete_days(1)
    [result] = client.sync(offline_change(1, client.now, completed=False, mood_after=1))["results"]
    assert rejected_change(result) == (422, "undo_not_synced", ["/changes/0/fields/completed"])
    assert (client.dashboard()["days_completed"], client.read_day(1)["progress"]["mood_after"]) == (1, None)


def test_sync_of_completion_before_undo_is_superseded(client: RunClient) -> None:
    client.complete_days(1)
    client.travel(ONE_HOUR)
    client.update_day(1, completed=False)
    client.travel(ONE_HOUR)

    assert sync_statuses(client, offline_change(1, client.now - 1.5 * ONE_HOUR, completed=True)) == ["superseded"]
    assert client.dashboard()["days_completed"] == 0
    assert sync_statuses(client, offline_change(1, client.now - ONE_MINUTE, completed=True)) == ["applied"]
    assert sync_statuses(client, offline_change(1, client.now - 2 * ONE_MINUTE, completed=True)) == ["applied"]
    assert client.read_day(1)["progress"]["completed_at"] == format_utc(client.now - 2 * ONE_MINUTE)


def test_reused_change_id_returns_409(client: RunClient) -> None:
    first = offline_change(1, client.now, mood_before=2)
    assert sync_statuses(client, first) == ["applied"]
    for other in ({"fields": {"mood_before": 3}}, {"happened_at": format_utc(client.now - ONE_MINUTE)}, {"day": 2}):
        repeated, result = client.sync(first, first | other)["results"]
        assert repeated["status"] == "unchanged"
        assert rejected_change(result) == (409, "id_reused", ["/changes/1/change_id"])
    change = offline_change(1, client.now, mood_after=1)
    assert sync_statuses(client, change, change | {"fields": {"mood_after": 2}}) == ["applied", "refused"]
    assert (client.read_day(1)["progress"]["mood_before"], client.read_day(1)["progress"]["mood_after"]) == (2, 1)


def test_rejected_change_can_be_retried(client: RunClient) -> None:
    early = offline_change(1, client.now + ONE_DAY, completed=True)
    assert sync_statuses(client, early) == ["refused"]
    assert sync_statuses(client, early | {"happened_at": format_utc(client.now)}) == ["applied"]
    late = offline_change(1, client.now + ONE_HOUR, mood_after=4)
    assert sync_statuses(client, late) == ["refused"]
    client.travel(ONE_HOUR)
    assert sync_statuses(client, late) == ["applied"]


def test_late_reflection_is_returned_as_superseded(client: RunClient) -> None:
    client.travel(ONE_HOUR)
    client.update_day(1, reflection="on the phone")

    [late] = client.sync(offline_change(1, MORNING, reflection="on the tablet"))["results"]

    assert (late["status"], late["superseded"]) == ("superseded", ["reflection"])
    assert late["reflections"] == {"kept": "on the phone", "superseded": "on the tablet"}
    [newer] = client.sync(offline_change(1, client.now, reflection="on the laptop"))["results"]
    assert (newer["status"], newer["superseded"]) == ("applied", [])
    assert newer["reflections"] == {"kept": "on the laptop", "superseded": "on the phone"}
    assert client.read_day(1)["progress"]["reflection"] == "on the laptop"


def test_sync_at_equal_times_later_arrival_wins(client: RunClient) -> None:
    first, second = (offline_change(1, client.now, mood_before=mood) for mood in (2, 4))
    for change, mood in ((first, 2), (second, 4), (first, 4)):
        client.sync(change)
        assert client.read_day(1)["progress"]["mood_before"] == mood


def batch_of_size(client: RunClient, size: int) -> bytes:
    """Return a batch of changes as JSON, padded to `size` bytes."""
    batch = {"changes": [offline_change(1, client.now - n * ONE_SECOND, reflection="x" * 9_900) for n in range(26)]}
    return json.dumps(batch).encode().ljust(size)


def test_batch_larger_than_256_kib_returns_413(site: Service, client: RunClient) -> None:
    path, headers = f"{RUNS_PATH}/{client.run_id}/sync", client.member.headers | {"Content-Type": "application/json"}
    before: Any = row_counts(site.database)["applied_changes"]

    too_large = site.client.post(path, content=batch_of_size(client, 256 * 1024 + 1), headers=headers)
    assert status_and_code(too_large) == (413, "body_too_large")
    assert row_counts(site.database)["applied_changes"] == before
    accepted = site.client.post(path, content=batch_of_size(client, 256 * 1024), headers=headers)
    assert [result["status"] for result in accepted.json()["results"]].count("refused") == 0
    assert row_counts(site.database)["applied_changes"] > before
