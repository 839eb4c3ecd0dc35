"""Changes that were made offline: each is answered by itself, and none is in the way of another."""

import json
from datetime import timedelta
from typing import Any

import pytest
from time_machine import Traveller

from tests.factories.results import faults, new_id, told
from tests.factories.rows import counts
from tests.factories.runs import A_DAY, AN_HOUR, MORNING, RUNS, Json, Walker, change_of, refused, shown
from tests.factories.services import Service

A_MINUTE, A_SECOND = timedelta(minutes=1), timedelta(seconds=1)


def outcome(walker: Walker, *changes: Json) -> list[str]:
    return [each["status"] for each in walker.sync(*changes)["results"]]


def test_every_change_is_answered_by_itself_in_the_order_of_the_batch(walker: Walker) -> None:
    walker.travel(A_DAY)
    walker.note(1, mood_before=2)
    changes = [
        change_of(3, walker.now, completed=True),
        change_of(2, walker.now, completed=True),
        change_of(1, walker.now - AN_HOUR, mood_before=5),
        change_of(1, walker.now, mood_before=2),
        change_of(1, walker.now - AN_HOUR, completed=True, mood_before=4),
        change_of(2, walker.now, tasks={"no-such": True}),
        change_of(2, walker.now, tasks={"first-2": True}, reflection="offline"),
    ]

    reply = walker.sync(*changes)

    results = reply["results"]
    assert [each["change_id"] for each in results] == [each["change_id"] for each in changes]
    assert [each["status"] for each in results] == [
        "refused", "applied", "superseded", "unchanged", "applied", "refused", "applied",
    ]  # fmt: skip
    assert [each["superseded"] for each in results] == [[], [], ["mood_before"], [], ["mood_before"], [], []]
    assert refused(results[0]) == (422, "before_opening", ["/changes/0/happened_at"])
    assert refused(results[5]) == (422, "unknown_task", ["/changes/5/fields/tasks/no-such"])
    assert [each["problem"] for each in results if each["status"] != "refused"] == [None] * 5
    assert reply["dashboard"] == walker.dashboard()
    first, second = walker.progress()
    assert (first["completed_at"], first["mood_before"]) == (shown(walker.now - AN_HOUR), 2)
    assert (second["tasks"]["first-2"], second["reflection"]) == (True, "offline")


@pytest.mark.parametrize(
    ("part", "pointers"),
    [
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
    ],
)
def test_a_change_that_can_not_be_read_is_refused_alone(walker: Walker, part: Json, pointers: list[str]) -> None:
    good, bad = change_of(1, walker.now, completed=True), change_of(1, walker.now) | part

    results = walker.sync(good, bad)["results"]

    assert [each["change_id"] for each in results] == [good["change_id"], bad["change_id"]]
    assert results[0]["status"] == "applied"
    assert refused(results[1]) == (422, "invalid_input", [f"/changes/1{pointer}" for pointer in pointers])
    assert {each["in"] for each in results[1]["problem"]["errors"]} == {"body"}


def test_what_is_missing_from_a_change_is_named(resident: Walker, clock: Traveller) -> None:
    [result] = resident.sync({"change_id": new_id()})["results"]

    assert refused(result)[2] == ["/changes/0/day", "/changes/0/happened_at", "/changes/0/fields"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/changes"),
        ({"changes": None}, "/changes"),
        ({"changes": {}}, "/changes"),
        ({"changes": [1]}, "/changes/0"),
        ({"changes": [change_of(1, MORNING), {"day": 1}]}, "/changes/1/change_id"),
        ({"changes": [change_of(1, MORNING) | {"change_id": "first"}]}, "/changes/0/change_id"),
        ({"changes": [change_of(1, MORNING) | {"change_id": 1}]}, "/changes/0/change_id"),
        ({"changes": [change_of(1, MORNING) for _ in range(201)]}, "/changes"),
        ({"changes": [], "device": "phone"}, "/device"),
    ],
)
def test_a_batch_of_which_not_all_can_be_answered_is_refused_as_a_whole(
    resident: Walker, clock: Traveller, body: Json, pointer: str
) -> None:
    reply = resident.ask("POST", "/sync", body)

    assert told(reply) == (422, "invalid_input")
    assert ("body", pointer) in faults(reply)


def test_a_batch_has_200_changes_at_most(walker: Walker) -> None:
    two_hundred = [change_of(1, walker.now - n * A_SECOND, mood_before=1 + n % 5) for n in range(200)]

    assert outcome(walker, *two_hundred).count("applied") > 100
    assert walker.read(1)["progress"]["mood_before"] == 1
    assert outcome(walker) == []


def test_before_a_day_opened_nothing_happened_on_it(walker: Walker) -> None:
    walker.travel(A_DAY)
    opening = walker.read(2)["opens_at"]
    early, just = change_of(2, MORNING, completed=True), change_of(2, opening, completed=True)

    first, second = walker.sync(early, just)["results"]

    assert refused(first) == (422, "before_opening", ["/changes/0/happened_at"])
    assert first["problem"]["opens_at"] == opening == "2027-01-12T00:00:00Z"
    assert first["problem"]["server_time"] == "2027-01-12T09:00:00Z"
    assert (second["status"], walker.read(2)["progress"]["completed_at"]) == ("applied", opening)


def test_a_day_that_has_not_opened_says_when_it_will_if_that_is_known(site: Service, clock: Traveller) -> None:
    gentle = Walker.of(site, clock, pace="gentle", agrees=False)
    [result] = gentle.sync(change_of(2, gentle.now, completed=True))["results"]
    assert (refused(result)[1], result["problem"]["opens_at"]) == ("before_opening", None)
    gentle.complete(1)
    [result] = gentle.sync(change_of(2, gentle.now, completed=True))["results"]
    assert (refused(result)[1], result["problem"]["opens_at"]) == ("before_opening", "2027-01-12T00:00:00Z")


def test_a_clock_may_be_two_minutes_ahead_and_counts_as_ours(walker: Walker) -> None:
    ahead = change_of(1, walker.now + 2 * A_MINUTE, completed=True, mood_after=3)
    further = change_of(1, walker.now + 2 * A_MINUTE + timedelta(microseconds=1), mood_after=5)

    results = walker.sync(further, ahead)["results"]

    assert refused(results[0]) == (422, "in_future", ["/changes/0/happened_at"])
    assert results[0]["problem"]["server_time"] == "2027-01-11T09:00:00Z"
    assert results[1]["status"] == "applied"
    assert walker.read(1)["progress"]["completed_at"] == "2027-01-11T09:00:00Z"
    walker.travel(A_SECOND)
    assert outcome(walker, change_of(1, walker.now, mood_after=4)) == ["applied"]


def test_a_clock_ahead_opens_no_day(walker: Walker) -> None:
    walker.travel(A_DAY - 9 * AN_HOUR - A_MINUTE)
    [result] = walker.sync(change_of(2, walker.now + 2 * A_MINUTE, completed=True))["results"]

    assert refused(result)[1] == "before_opening"


def test_undoing_is_not_synced(walker: Walker) -> None:
    walker.complete(1)
    [result] = walker.sync(change_of(1, walker.now, completed=False, mood_after=1))["results"]

    assert refused(result) == (422, "undo_not_synced", ["/changes/0/fields/completed"])
    assert (walker.dashboard()["days_completed"], walker.read(1)["progress"]["mood_after"]) == (1, None)


def test_an_old_completion_does_not_bring_back_what_was_undone(walker: Walker) -> None:
    walker.complete(1)
    walker.travel(AN_HOUR)
    walker.note(1, completed=False)
    walker.travel(AN_HOUR)

    assert outcome(walker, change_of(1, walker.now - 1.5 * AN_HOUR, completed=True)) == ["superseded"]
    assert walker.dashboard()["days_completed"] == 0
    assert outcome(walker, change_of(1, walker.now - A_MINUTE, completed=True)) == ["applied"]
    assert outcome(walker, change_of(1, walker.now - 2 * A_MINUTE, completed=True)) == ["applied"]
    assert walker.read(1)["progress"]["completed_at"] == shown(walker.now - 2 * A_MINUTE)


def test_a_change_id_stands_for_what_was_sent_first(walker: Walker) -> None:
    first = change_of(1, walker.now, mood_before=2)
    assert outcome(walker, first) == ["applied"]
    for other in ({"fields": {"mood_before": 3}}, {"happened_at": shown(walker.now - A_MINUTE)}, {"day": 2}):
        again, result = walker.sync(first, first | other)["results"]
        assert again["status"] == "unchanged"
        assert refused(result) == (409, "id_reused", ["/changes/1/change_id"])
    twin = change_of(1, walker.now, mood_after=1)
    results = walker.sync(twin, twin | {"fields": {"mood_after": 2}})["results"]
    assert [each["status"] for each in results] == ["applied", "refused"]
    assert (walker.read(1)["progress"]["mood_before"], walker.read(1)["progress"]["mood_after"]) == (2, 1)


def test_a_refused_change_may_be_sent_again(walker: Walker) -> None:
    early = change_of(1, walker.now + A_DAY, completed=True)
    assert outcome(walker, early) == ["refused"]
    assert outcome(walker, early | {"happened_at": shown(walker.now)}) == ["applied"]
    late = change_of(1, walker.now + AN_HOUR, mood_after=4)
    assert outcome(walker, late) == ["refused"]
    walker.travel(AN_HOUR)
    assert outcome(walker, late) == ["applied"]


def test_a_reflection_that_came_too_late_comes_back(walker: Walker) -> None:
    walker.travel(AN_HOUR)
    walker.note(1, reflection="on the phone")

    [late] = walker.sync(change_of(1, MORNING, reflection="on the tablet"))["results"]

    assert (late["status"], late["superseded"]) == ("superseded", ["reflection"])
    assert late["reflections"] == {"kept": "on the phone", "superseded": "on the tablet"}
    [newer] = walker.sync(change_of(1, walker.now, reflection="on the laptop"))["results"]
    assert (newer["status"], newer["superseded"]) == ("applied", [])
    assert newer["reflections"] == {"kept": "on the laptop", "superseded": "on the phone"}
    assert walker.read(1)["progress"]["reflection"] == "on the laptop"


def test_at_equal_times_the_later_arrival_wins(walker: Walker) -> None:
    first, second = (change_of(1, walker.now, mood_before=mood) for mood in (2, 4))
    for change, mood in ((first, 2), (second, 4), (first, 4)):
        walker.sync(change)
        assert walker.read(1)["progress"]["mood_before"] == mood


def sized(walker: Walker, size: int) -> bytes:
    """A batch of so many bytes."""
    batch = {"changes": [change_of(1, walker.now - n * A_SECOND, reflection="x" * 9_900) for n in range(26)]}
    written = json.dumps(batch).encode()
    return written + b" " * (size - len(written))


def test_a_batch_may_have_256_kib_and_not_a_byte_more(site: Service, walker: Walker) -> None:
    path, headers = f"{RUNS}/{walker.run_id}/sync", walker.person.headers | {"Content-Type": "application/json"}
    before: Any = counts(site.database)["applied_changes"]

    over = site.client.post(path, content=sized(walker, 256 * 1024 + 1), headers=headers)
    assert told(over) == (413, "body_too_large")
    assert counts(site.database)["applied_changes"] == before
    most = site.client.post(path, content=sized(walker, 256 * 1024), headers=headers)
    assert [each["status"] for each in most.json()["results"]].count("refused") == 0
    assert counts(site.database)["applied_changes"] > before
