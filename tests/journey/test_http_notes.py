"""Tests for notes on a day (tasks, moods and reflections): validation, storage and consent."""

import json
from typing import Any

from httpx2 import Response
from time_machine import Traveller

from tests.factories.results import set_consent, status_and_code
from tests.factories.rows import row_counts
from tests.factories.runs import (
    ONE_DAY,
    RUNS_PATH,
    RunClient,
    offline_change,
    ok_json,
    problem_summary,
    rejected_change,
)
from tests.factories.services import Service

NOTES: tuple[dict[str, Any], ...] = (
    {"tasks": {"first-1": True}},
    {"mood_before": 1},
    {"mood_after": 5},
    {"reflection": "a thought"},
)


def send_reflection(client: RunClient, text: str) -> Response:
    """Send a reflection as UTF-8 without JSON escapes, as browsers do."""
    body = json.dumps({"reflection": text}, ensure_ascii=False).encode()
    headers = client.member.headers | {"Content-Type": "application/json"}
    return client.member.client.patch(f"{RUNS_PATH}/{client.run_id}/days/1", content=body, headers=headers)


def progress(client: RunClient, day: int = 1) -> dict[str, Any]:
    return dict(client.read_day(day)["progress"])


def test_reflection_is_returned_unchanged(client: RunClient) -> None:
    for text in (
        "x" * 10_000,
        "😀" * 10_000,
        "👩‍👩‍👧‍👦 and 🏳️‍🌈",
        "  spaces around\n\tand lines\r\n ",
        "</script>\u2028{{ 7 * 7 }}",
        "שלום \u202egnirts",
    ):
        assert ok_json(send_reflection(client, text))["progress"]["reflection"] == text
        assert progress(client)["reflection"] == text


def test_invalid_reflection_returns_422(readonly_client: RunClient, clock: Traveller) -> None:
    responses = [send_reflection(readonly_client, text) for text in ("x" * 10_001, "😀" * 10_001)]
    responses += [
        readonly_client.change_day(1, reflection=invalid) for invalid in ("nul\0", "lone \ud800", 4, True, ["text"])
    ]

    for response in responses:
        assert problem_summary(response) == (422, "invalid_input", ["body/reflection"])
    assert progress(readonly_client)["reflection"] is None


def test_invalid_mood_returns_422(readonly_client: RunClient, clock: Traveller) -> None:
    invalid_moods: tuple[Any, ...] = ("4", True, 4.0, 0, 6, -1, 10**30, [4], {})
    for name in ("mood_before", "mood_after"):
        for mood in invalid_moods:
            response = readonly_client.change_day(1, **{name: mood})
            assert problem_summary(response) == (422, "invalid_input", [f"body/{name}"]), mood
        assert progress(readonly_client)[name] is None


def test_moods_from_1_to_5_are_stored_and_null_removes_one(client: RunClient) -> None:
    for mood in (1, 3, 5):
        client.update_day(1, mood_before=mood, mood_after=6 - mood)
        assert (progress(client)["mood_before"], progress(client)["mood_after"]) == (mood, 6 - mood)

    client.update_day(1, mood_before=None)

    assert (progress(client)["mood_before"], progress(client)["mood_after"]) == (None, 1)


def test_null_or_empty_reflection_removes_it(client: RunClient) -> None:
    for nothing in (None, ""):
        client.update_day(1, reflection="not for long", mood_after=3)
        client.update_day(1, reflection=nothing)
        assert (progress(client)["reflection"], progress(client)["mood_after"]) == (None, 3)


def test_tasks_are_changed_independently(client: RunClient) -> None:
    client.update_day(1, tasks={"first-1": True})
    client.update_day(1, tasks={"second-1": True})
    client.update_day(1, tasks={"first-1": False})
    client.update_day(1, tasks={})

    assert progress(client)["tasks"] == {"first-1": False, "second-1": True}


def test_notes_of_days_are_independent(client: RunClient) -> None:
    client.travel(ONE_DAY)
    client.update_day(1, reflection="one", tasks={"first-1": True})
    client.update_day(2, reflection="two", mood_before=2)

    one, two = client.open_days_progress()
    assert (one["reflection"], one["mood_before"], one["tasks"]) == ("one", None, {"first-1": True, "second-1": False})
    assert (two["reflection"], two["mood_before"], two["tasks"]) == ("two", 2, {"first-2": False, "second-2": False})


def test_unknown_task_returns_422_and_changes_nothing(readonly_client: RunClient, clock: Traveller) -> None:
    before = progress(readonly_client)
    tasks = {"first-1": True, "first-2": True, "no-such": False}

    response = readonly_client.change_day(1, tasks=tasks, completed=True, mood_before=3)

    assert problem_summary(response) == (422, "unknown_task", ["body/tasks/first-2", "body/tasks/no-such"])
    assert progress(readonly_client) == before


def test_task_with_invalid_id_or_value_returns_422(readonly_client: RunClient, clock: Traveller) -> None:
    invalid_values: tuple[Any, ...] = (1, "true", None, {})
    for value in invalid_values:
        response = readonly_client.change_day(1, tasks={"first-1": value})
        assert problem_summary(response) == (422, "invalid_input", ["body/tasks/first-1"]), value
    for name in ("No Task", "", "x" * 121, "nul\0", "a/b"):
        status, code, [location] = problem_summary(readonly_client.change_day(1, tasks={name: True}))
        assert (status, code, location.startswith("body/tasks/")) == (422, "invalid_input", True), name


def test_notes_without_consent_return_403_but_completion_succeeds(site: Service, clock: Traveller) -> None:
    client, before = RunClient.create(site, clock, consents=False), row_counts(site.database)["day_notes"]
    for completion in ({}, {"completed": True}):
        for notes in NOTES:
            fields = completion | notes
            assert status_and_code(client.change_day(1, **fields)) == (403, "consent_required")
            [result] = client.sync(offline_change(1, client.now, **fields))["results"]
            assert rejected_change(result)[:2] == (403, "consent_required")
    assert client.dashboard()["days_completed"] == 0

    client.complete_days(1)

    assert client.dashboard()["days_completed"] == 1
    assert row_counts(site.database)["day_notes"] == before


def test_withdrawn_consent_allows_reading_but_no_new_notes(client: RunClient) -> None:
    client.update_day(1, reflection="before", mood_before=2, tasks={"first-1": True})
    day = client.read_day(1)
    set_consent(client.member, granted=False)

    for fields in NOTES:
        if fields != {"tasks": {"first-1": True}}:  # equal to the stored value
            assert status_and_code(client.change_day(1, **fields)) == (403, "consent_required")

    assert client.read_day(1) == day
    client.complete_days(1)
    assert progress(client)["reflection"] == "before"
    client.update_day(1, completed=False)
    set_consent(client.member, granted=True)
    assert client.update_day(1, reflection="after")["progress"] == day["progress"] | {"reflection": "after"}


def test_withdrawn_consent_allows_removing_notes(client: RunClient) -> None:
    client.update_day(1, reflection="before", mood_before=2, tasks={"first-1": True})
    set_consent(client.member, granted=False)

    client.update_day(1, reflection=None, mood_before=None, tasks={"first-1": False}, completed=True)

    values = progress(client)
    assert (values["reflection"], values["mood_before"], values["tasks"]["first-1"]) == (None, None, False)


def test_dashboard_and_list_contain_no_reflections(client: RunClient) -> None:
    client.update_day(1, reflection="a pomegranate", tasks={"second-1": True}, completed=True)

    dashboard, run_list = client.request("GET").text, client.member.request("GET", "/v1/me/journeys").text

    assert "pomegranate" not in dashboard + run_list
    assert ok_json(client.request("GET", "/days/1"))["progress"]["reflection"] == "a pomegranate"
