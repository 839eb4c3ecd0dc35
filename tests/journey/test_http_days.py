"""Tests for the days of a 21-day journey over HTTP: reading, completing, undoing, and changes from two devices."""

from typing import Any

from time_machine import Traveller

from tests.factories.results import status_and_code
from tests.factories.runs import (
    MORNING,
    ONE_DAY,
    ONE_HOUR,
    RUNS_PATH,
    RunClient,
    format_utc,
    local_time,
    ok_json,
    problem_summary,
)
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


def test_read_day_in_other_formats(readonly_client: RunClient, clock: Traveller) -> None:
    blocks = readonly_client.request("GET", "/days/1")
    assert blocks.json()["lesson"]["format"] == "blocks"
    for body_format in ("html", "markdown", "text"):
        response = readonly_client.request("GET", f"/days/1?format={body_format}")
        lesson = response.json()["lesson"]
        assert (lesson["format"], "secret01" in lesson["content"]) == (body_format, True)
        assert lesson["content"].startswith("<p>") is (body_format == "html")
        assert response.headers["ETag"] == blocks.headers["ETag"]
        assert response.json()["progress"] == blocks.json()["progress"]


def test_read_day_in_unknown_format_returns_422(readonly_client: RunClient, clock: Traveller) -> None:
    for query in ("format=pdf", "format=", "format=html&format=text", "formats=html"):
        assert status_and_code(readonly_client.request("GET", f"/days/1?{query}")) == (422, "invalid_input"), query


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


def test_day_outside_1_to_21_returns_422(readonly_client: RunClient, clock: Traveller) -> None:
    for day in ("0", "22", "-1", "01x", "1.0", "1_0", "x", "%00", "99999999999"):
        for method, body in (("GET", None), ("PATCH", {"completed": True})):
            response = readonly_client.request(method, f"/days/{day}", body)
            assert problem_summary(response) == (422, "invalid_input", ["path/day"]), day


def test_complete_day_repeated_changes_nothing(client: RunClient) -> None:
    first = client.change_day(1, completed=True)
    before = client.dashboard()
    client.travel(ONE_HOUR)
    repeated = client.change_day(1, completed=True)

    assert first.json()["progress"]["completed_at"] == "2027-01-11T09:00:00Z"
    assert first.json()["progress"]["completed_on"] == "2027-01-11"
    assert (first.json()["number"], first.json()["status"]) == (1, "completed")
    assert first.json()["run"] == {name: before[name] for name in first.json()["run"]}
    assert (before["days_completed"], before["percent"], before["streak"]["current"]) == (1, 4, 1)
    assert (repeated.status_code, repeated.json()) == (200, first.json())
    assert repeated.headers["ETag"] == first.headers["ETag"] == client.request("GET", "/days/1").headers["ETag"]
    assert client.dashboard() == before


def test_undo_completion_reopens_day_and_locks_nothing(site: Service, clock: Traveller) -> None:
    client = RunClient.create(site, clock, pace="gentle", consents=False)
    client.complete_days(1)
    client.travel(ONE_DAY)
    client.complete_days(2)

    undone = client.update_day(1, completed=False)
    repeated = client.update_day(1, completed=False)

    progress = undone["progress"]
    assert (undone["status"], progress["completed_at"], progress["completed_on"]) == ("open", None, None)
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


def test_change_day_with_invalid_field_returns_422(readonly_client: RunClient, clock: Traveller) -> None:
    invalid_fields: dict[str, tuple[Any, ...]] = {
        "completed": (1, "true", None, []),
        "tasks": (None, [], "first-1"),
        "done": (True,),
        "completed_at": ("2027-01-11T09:00:00Z",),
    }
    for name, values in invalid_fields.items():
        for value in values:
            response = readonly_client.change_day(1, **{name: value})
            assert problem_summary(response) == (422, "invalid_input", [f"body/{name}"]), value
    assert readonly_client.dashboard()["days_completed"] == 0


def test_change_day_with_stale_etag_returns_412(client: RunClient) -> None:
    phone, tablet = client.member, client.member.sign_in_on_new_device()
    path = f"{RUNS_PATH}/{client.run_id}/days/1"
    etag = phone.request("GET", path).headers["ETag"]
    saved = phone.request("PATCH", path, {"reflection": "from the phone"}, headers={"If-Match": etag})
    assert (saved.status_code, saved.headers["ETag"] == etag) == (200, False)

    rejected = tablet.request("PATCH", path, {"reflection": "from the tablet"}, headers={"If-Match": etag})

    assert problem_summary(rejected) == (412, "day_changed", ["header/if-match"])
    assert rejected.headers["ETag"] == saved.headers["ETag"]
    repeated = phone.request("PATCH", path, {"reflection": "from the phone"}, headers={"If-Match": etag})
    assert (repeated.status_code, repeated.json()) == (200, saved.json())  # a retry after a lost response succeeds
    assert client.read_day(1)["progress"]["reflection"] == "from the phone"
    both = {"reflection": "from the phone, and from the tablet"}
    assert tablet.request("PATCH", path, both, headers={"If-Match": rejected.headers["ETag"]}).status_code == 200
    assert client.read_day(1)["progress"]["reflection"] == both["reflection"]


def test_change_day_with_matching_etag_succeeds(client: RunClient) -> None:
    for n, match in enumerate(("*", "{etag}", '"other", {etag}', "{etag},*")):
        headers = {"If-Match": match.format(etag=client.request("GET", "/days/1").headers["ETag"])}
        assert client.request("PATCH", "/days/1", {"mood_before": 1 + n}, headers=headers).status_code == 200, match


def test_change_day_with_unknown_etag_changes_nothing(client: RunClient) -> None:
    for match in ('"other"', "nonsense", 'W/"other"', '"*"'):
        headers = {"If-Match": match}
        for fields in ({"completed": True}, {"reflection": "mine"}, {"completed": True, "tasks": {"first-1": False}}):
            response = client.request("PATCH", "/days/1", fields, headers=headers)
            assert status_and_code(response) == (412, "day_changed"), match
        for nothing in ({}, {"completed": False}, {"reflection": None}):
            assert client.request("PATCH", "/days/1", nothing, headers=headers).status_code == 200, match
    assert client.read_day(1)["progress"]["completed_at"] is None


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
