"""Tests for syncing the same changes again: the response contains the replaced texts again."""

from datetime import timedelta

import pytest
from time_machine import Traveller

from app.journey import offline_sync
from tests.factories.results import error_locations, status_and_code
from tests.factories.runs import ONE_HOUR, RunClient, offline_change, rejected_change
from tests.factories.services import Service


def test_repeated_change_returns_discarded_reflection_again(client: RunClient) -> None:
    client.update_day(1, reflection="from the tablet")
    client.travel(ONE_HOUR)
    change = offline_change(1, client.now, reflection="from the phone")
    late = offline_change(1, client.now - timedelta(minutes=30), reflection="late", mood_after=4)

    first, repeated = (client.sync(change)["results"][0] for _ in range(2))
    first_late, repeated_late = (client.sync(late)["results"][0] for _ in range(2))

    reflections = {"kept": "from the phone", "superseded": "from the tablet"}
    assert (first["status"], first["reflections"]) == ("applied", reflections)
    assert (repeated["status"], repeated["superseded"], repeated["reflections"]) == ("unchanged", [], reflections)
    assert (first_late["status"], repeated_late["status"]) == ("applied", "unchanged")
    assert first_late["superseded"] == repeated_late["superseded"] == ["reflection"]
    reflections = {"kept": "from the phone", "superseded": "late"}
    assert first_late["reflections"] == repeated_late["reflections"] == reflections


def test_direct_change_deletes_earlier_reflection(client: RunClient) -> None:
    client.update_day(1, reflection="from the tablet")
    client.travel(ONE_HOUR)
    change = offline_change(1, client.now, reflection="from the phone")
    client.sync(change)

    client.update_day(1, reflection=None)

    [repeated] = client.sync(change)["results"]
    assert repeated["reflections"] == {"kept": None, "superseded": "from the phone"}
    assert "from the tablet" not in str(repeated)


def test_sync_to_abandoned_run_lists_rejected_fields(client: RunClient) -> None:
    happened_at = client.now
    client.travel(ONE_HOUR)
    client.update_run(status="abandoned")
    change = offline_change(1, happened_at, completed=True, mood_after=3, reflection="mine")

    [result] = client.sync(change)["results"]

    status, code, pointers = rejected_change(result)
    assert (status, code, set(pointers)) == (
        409,
        "run_finished",
        {"/changes/0/fields/completed", "/changes/0/fields/mood_after"},
    )
    [result] = client.sync(offline_change(1, happened_at, reflection="mine"))["results"]
    assert result["status"] == "applied"
    response = client.change_day(1, completed=True)
    assert (status_and_code(response), error_locations(response)) == ((409, "run_finished"), [("body", "/completed")])


def test_sync_beyond_max_stored_changes_returns_409(client: RunClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offline_sync, "MAX_STORED_CHANGES", 2)

    results = client.sync(*(offline_change(1, client.now, mood_after=mood) for mood in (1, 2, 3)))["results"]

    assert [result["status"] for result in results].count("applied") == 2
    assert [rejected_change(result) for result in results if result["problem"]] == [(409, "too_many_changes", [])]


def test_repeated_batch_after_erasure_restores_nothing(site: Service, clock: Traveller) -> None:
    client = RunClient.create(site, clock)
    change = offline_change(1, client.now, reflection="to be forgotten")
    client.sync(change)
    assert (
        client.member.request("DELETE", "/v1/me/health-data", {"password": client.member.password}).status_code == 204
    )

    [repeated] = client.sync(change)["results"]

    assert (repeated["status"], repeated["superseded"]) == ("unchanged", ["reflection"])
    assert client.read_day(1)["progress"]["reflection"] is None
