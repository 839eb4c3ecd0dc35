"""Tests for the days of a 21-day journey over HTTP: reading, completing, undoing, and changes from two devices."""

from typing import Any

import pytest
from time_machine import Traveller

from tests.factories.results import error_locations, status_and_code
from tests.factories.runs import MORNING, ONE_DAY, ONE_HOUR, RUNS_PATH, RunClient, format_utc, local_time, ok_json
from tests.factories.services import Service


def test_read_open_day_returns_content_and_progress(readonly_client: RunClient, clock: Traveller) -> None:
    day = readonly_client.read_day(1)
    member_fields = {name: day.pop(name) for name in ("status", "scheduled_on", "opens_at", "progress")}

    assert member_fields == {
        "status": "open",
        "scheduled_on": "2027-01-11",
        "opens_at": "2027-01-11T00:00:00Z",
        "progress": {
            "completed_at": None,
            "completed_on": None,
            "tasks": {"first-1": False, "second-1": False},
            "mood_before": None,
            "mood_after": None,
            "reflection": None,
        },
    }
    assert day == ok_json(readonly_client.member.client.get("/v1/journeys/21-days/days/1"))
    assert "secret01" in str(day["lesson"])
    assert day["exercise"]["steps"] == ["Do step01.", "Rest."]
    assert day["reflection_prompt"] == "What was day 1 like?"


@pytest.mark.parametrize("body_format", ["html", "markdown", "text"])
def test_read_day_in_other_formats(readonly_client: RunClient, clock: Traveller, body_format: str) -> None:
    blocks = readonly_client.request("GET", "/days/1")
    response = readonly_client.request("GET", f"/days/1?format={body_format}")

    lesson = response.json()["lesson"]
    assert (lesson["format"], "secret01" in lesson["content"]) == (body_format, True)
    assert lesson["content"].startswith("<p>") is (body_format == "html")
    assert response.headers["ETag"] == blocks.headers["ETag"]
    assert blocks.json()["lesson"]["format"] == "blocks"
    assert response.json()["progress"] == blocks.json()["progress"]


@pytest.mark.parametrize("query", ["format=pdf", "format=", "format=html&format=text", "formats=html"])
def test_read_day_in_unknown_format_returns_422(readonly_client: RunClient, clock: Traveller, query: str) -> None:
    assert status_and_code(readonly_client.request("GET", f"/days/1?{query}")) == (422, "invalid_input")


def test_locked_day_returns_403_with_opening_time(readonly_client: RunClient, clock: Traveller) -> None:
    for day, opens in ((2, "2027-01-12"), (21, "2027-01-31")):
        for response in (
            readonly_client.request("GET", f"/days/{day}"),
            readonly_client.change_day(day, completed=True),
            readonly_client.change_day(day, reflection="too soon"),
            readonly_client.change_day(day),
        ):
            assert status_and_code(response) == (403, "day_locked")
            assert response.json()["opens_at"] == f"{opens}T00:00:00Z"
    assert readonly_client.dashboard()["days_completed"] == 0


def test_locked_day_without_known_opening_returns_null_opens_at(site: Service, clock: Traveller) -> None:
    gentle = RunClient.create(site, clock, pace="gentle")
    assert gentle.request("GET", "/days/2").json()["opens_at"] is None
    gentle.complete_days(1)
    assert gentle.request("GET", "/days/2").json()["opens_at"] == "2027-01-12T00:00:00Z"
    assert gentle.request("GET", "/days/3").json()["opens_at"] is None
    gentle.update_run(status="paused")
    assert gentle.request("GET", "/days/2").json()["opens_at"] is None


@pytest.mark.parametrize("day", ["0", "22", "-1", "01x", "1.0", "1_0", "x", "%00", "99999999999"])
def test_day_outside_1_to_21_returns_422(readonly_client: RunClient, clock: Traveller, day: str) -> None:
    for response in (
        readonly_client.request("GET", f"/days/{day}"),
        readonly_client.request("PATCH", f"/days/{day}", {"completed": True}),
    ):
        assert (status_and_code(response), error_locations(response)) == ((422, "invalid_input"), [("path", "/day")])


def test_complete_day_repeated_changes_nothing(client: RunClient) -> None:
    first = client.change_day(1, completed=True)
    before = client.dashboard()
    client.travel(ONE_HOUR)
    repeated = client.change_day(1, completed=True)

    assert first.json()["progress"]["completed_at"] == "2027-01-11T09:00:00Z"
    assert first.json()["progress"]["completed_on"] == "2027-01-11"
    assert (first.json()["number"], first.json()["status"]) == (1, "completed")
    assert (repeated.status_code, repeated.json()) == (200, first.json())
    assert repeated.headers["ETag"] == first.headers["ETag"] == client.request("GET", "/days/1").headers["ETag"]
    assert client.dashboard() == before


def test_change_day_returns_run_summary(client: RunClient) -> None:
    run = client.update_day(1, completed=True)["run"]

    dashboard = client.dashboard()
    assert run == {name: dashboard[name] for name in run}
    assert (run["days_completed"], run["percent"], run["streak"]["current"]) == (1, 4, 1)


def test_undo_completion_reopens_day_and_locks_nothing(site: Service, clock: Traveller) -> None:
    client = RunClient.create(site, clock, pace="gentle", consents=False)
    client.complete_days(1)
    client.travel(ONE_DAY)
    client.complete_days(2)

    undone = client.update_day(1, completed=False)
    repeated = client.update_day(1, completed=False)

    assert (undone["status"], undone["progress"]["completed_at"], undone["progress"]["completed_on"]) == (
        "open", None, None,
    )  # fmt: skip
    assert repeated == undone
    assert (undone["run"]["current_day"], undone["run"]["next_day"], undone["run"]["days_completed"]) == (2, 1, 1)
    client.travel(ONE_DAY)
    assert client.dashboard()["current_day"] == 3
    completed_again = client.update_day(1, completed=True)
    assert completed_again["progress"]["completed_at"] == "2027-01-13T09:00:00Z"


def test_undo_of_open_day_changes_nothing(readonly_client: RunClient, clock: Traveller) -> None:
    before = readonly_client.dashboard()
    assert readonly_client.change_day(1, completed=False).status_code == 200
    assert readonly_client.change_day(1).status_code == 200
    assert readonly_client.dashboard() == before


def test_completion_date_unchanged_after_zone_change(site: Service, clock: Traveller) -> None:
    client = RunClient.create(site, clock, time_zone="America/New_York")
    client.travel(local_time(MORNING.date(), 23, 30, "America/New_York"))
    client.complete_days(1)
    client.update_run(time_zone="Asia/Tokyo")

    progress = client.read_day(1)["progress"]
    assert (progress["completed_at"], progress["completed_on"]) == ("2027-01-12T04:30:00Z", "2027-01-11")
    assert client.dashboard()["days"][0]["completed_on"] == "2027-01-11"


@pytest.mark.parametrize(
    ("name", "invalid_values"),
    [
        ("completed", (1, "true", None, [])),
        ("tasks", (None, [], "first-1")),
        ("done", (True,)),
        ("completed_at", ("2027-01-11T09:00:00Z",)),
    ],
)
def test_change_day_with_invalid_field_returns_422(
    readonly_client: RunClient, clock: Traveller, name: str, invalid_values: tuple[Any, ...]
) -> None:
    for value in invalid_values:
        response = readonly_client.change_day(1, **{name: value})
        assert (status_and_code(response), error_locations(response)) == (
            (422, "invalid_input"),
            [("body", f"/{name}")],
        ), value
    assert readonly_client.dashboard()["days_completed"] == 0


def test_change_day_with_stale_etag_returns_412(client: RunClient) -> None:
    phone, tablet = client.member, client.member.sign_in_on_new_device()
    path = f"{RUNS_PATH}/{client.run_id}/days/1"
    etag = phone.request("GET", path).headers["ETag"]
    saved = phone.request("PATCH", path, {"reflection": "from the phone"}, headers={"If-Match": etag})
    assert (saved.status_code, saved.headers["ETag"] == etag) == (200, False)

    rejected = tablet.request("PATCH", path, {"reflection": "from the tablet"}, headers={"If-Match": etag})

    assert (status_and_code(rejected), error_locations(rejected)) == ((412, "day_changed"), [("header", "/if-match")])
    assert rejected.headers["ETag"] == saved.headers["ETag"]
    repeated = phone.request("PATCH", path, {"reflection": "from the phone"}, headers={"If-Match": etag})
    assert (repeated.status_code, repeated.json()) == (200, saved.json())  # a retry after a lost response succeeds
    assert client.read_day(1)["progress"]["reflection"] == "from the phone"
    both = {"reflection": "from the phone, and from the tablet"}
    assert tablet.request("PATCH", path, both, headers={"If-Match": rejected.headers["ETag"]}).status_code == 200
    assert client.read_day(1)["progress"]["reflection"] == both["reflection"]


@pytest.mark.parametrize("match", ["*", "{etag}", '"other", {etag}', "{etag},*"])
def test_change_day_with_matching_etag_succeeds(client: RunClient, match: str) -> None:
    etag = client.request("GET", "/days/1").headers["ETag"]
    response = client.request("PATCH", "/days/1", {"completed": True}, headers={"If-Match": match.format(etag=etag)})

    assert response.status_code == 200


@pytest.mark.parametrize("match", ['"other"', "nonsense", 'W/"other"', '"*"'])
def test_change_day_with_unknown_etag_changes_nothing(client: RunClient, match: str) -> None:
    for fields in ({"completed": True}, {"reflection": "mine"}, {"completed": True, "tasks": {"first-1": False}}):
        response = client.request("PATCH", "/days/1", fields, headers={"If-Match": match})
        assert status_and_code(response) == (412, "day_changed")
    assert client.read_day(1)["progress"]["completed_at"] is None
    for nothing in ({}, {"completed": False}, {"reflection": None}):
        assert client.request("PATCH", "/days/1", nothing, headers={"If-Match": match}).status_code == 200


def test_change_day_without_if_match_merges_fields(client: RunClient) -> None:
    phone, tablet = client.member, client.member.sign_in_on_new_device()
    path = f"{RUNS_PATH}/{client.run_id}/days/1"
    ok_json(phone.request("PATCH", path, {"tasks": {"first-1": True}, "mood_before": 2}))
    ok_json(tablet.request("PATCH", path, {"tasks": {"second-1": True}, "mood_after": 4}))
    ok_json(phone.request("PATCH", path, {"completed": True}))

    assert client.read_day(1)["progress"] == {
        "completed_at": format_utc(client.now),
        "completed_on": "2027-01-11",
        "tasks": {"first-1": True, "second-1": True},
        "mood_before": 2,
        "mood_after": 4,
        "reflection": None,
    }
