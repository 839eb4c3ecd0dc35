"""A day: what it says once it is open, that it is completed, and that two devices don't overwrite each other."""

from typing import Any

import pytest
from time_machine import Traveller

from tests.factories.results import faults, told
from tests.factories.runs import A_DAY, AN_HOUR, MORNING, RUNS, Walker, clock_time, good, shown
from tests.factories.services import Service


def test_an_open_day_says_all_that_it_has_to_say(resident: Walker, clock: Traveller) -> None:
    day = resident.read(1)
    own = {name: day.pop(name) for name in ("status", "scheduled_on", "opens_at", "progress")}

    assert own == {
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
    assert day == good(resident.person.client.get("/v1/journeys/21-days/days/1"))
    assert "secret01" in str(day["lesson"])
    assert day["exercise"]["steps"] == ["Do step01.", "Rest."]
    assert day["reflection_prompt"] == "What was day 1 like?"


@pytest.mark.parametrize("form", ["html", "markdown", "text"])
def test_texts_come_in_other_formats(resident: Walker, clock: Traveller, form: str) -> None:
    blocks = resident.ask("GET", "/days/1")
    reply = resident.ask("GET", f"/days/1?format={form}")

    lesson = reply.json()["lesson"]
    assert (lesson["format"], "secret01" in lesson["content"]) == (form, True)
    assert lesson["content"].startswith("<p>") is (form == "html")
    assert reply.headers["ETag"] == blocks.headers["ETag"]
    assert blocks.json()["lesson"]["format"] == "blocks"
    assert reply.json()["progress"] == blocks.json()["progress"]


@pytest.mark.parametrize("query", ["format=pdf", "format=", "format=html&format=text", "formats=html"])
def test_a_format_that_is_not_known_is_refused(resident: Walker, clock: Traveller, query: str) -> None:
    assert told(resident.ask("GET", f"/days/1?{query}")) == (422, "invalid_input")


def test_a_locked_day_says_when_it_opens_and_takes_nothing(resident: Walker, clock: Traveller) -> None:
    for day, opens in ((2, "2027-01-12"), (21, "2027-01-31")):
        for reply in (
            resident.ask("GET", f"/days/{day}"),
            resident.change(day, completed=True),
            resident.change(day, reflection="too soon"),
            resident.change(day),
        ):
            assert told(reply) == (403, "day_locked")
            assert reply.json()["opens_at"] == f"{opens}T00:00:00Z"
    assert resident.dashboard()["days_completed"] == 0


def test_a_locked_day_says_nothing_of_when_it_opens_while_nobody_knows(site: Service, clock: Traveller) -> None:
    gentle = Walker.of(site, clock, pace="gentle")
    assert gentle.ask("GET", "/days/2").json()["opens_at"] is None
    gentle.complete(1)
    assert gentle.ask("GET", "/days/2").json()["opens_at"] == "2027-01-12T00:00:00Z"
    assert gentle.ask("GET", "/days/3").json()["opens_at"] is None
    gentle.modify(status="paused")
    assert gentle.ask("GET", "/days/2").json()["opens_at"] is None


@pytest.mark.parametrize("day", ["0", "22", "-1", "01x", "1.0", "1_0", "x", "%00", "99999999999"])
def test_a_day_is_one_of_21(resident: Walker, clock: Traveller, day: str) -> None:
    for reply in (resident.ask("GET", f"/days/{day}"), resident.ask("PATCH", f"/days/{day}", {"completed": True})):
        assert (told(reply), faults(reply)) == ((422, "invalid_input"), [("path", "/day")])


def test_completing_again_changes_nothing(walker: Walker) -> None:
    first = walker.change(1, completed=True)
    before = walker.dashboard()
    walker.travel(AN_HOUR)
    again = walker.change(1, completed=True)

    assert first.json()["progress"]["completed_at"] == "2027-01-11T09:00:00Z"
    assert first.json()["progress"]["completed_on"] == "2027-01-11"
    assert (first.json()["number"], first.json()["status"]) == (1, "completed")
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["ETag"] == first.headers["ETag"] == walker.ask("GET", "/days/1").headers["ETag"]
    assert walker.dashboard() == before


def test_a_change_is_answered_with_where_one_stands_since(walker: Walker) -> None:
    run = walker.note(1, completed=True)["run"]

    board = walker.dashboard()
    assert run == {name: board[name] for name in run}
    assert (run["days_completed"], run["percent"], run["streak"]["current"]) == (1, 4, 1)


def test_undoing_takes_a_completion_back_and_locks_nothing(site: Service, clock: Traveller) -> None:
    walker = Walker.of(site, clock, pace="gentle", agrees=False)
    walker.complete(1)
    walker.travel(A_DAY)
    walker.complete(2)

    undone = walker.note(1, completed=False)
    again = walker.note(1, completed=False)

    assert (undone["status"], undone["progress"]["completed_at"], undone["progress"]["completed_on"]) == (
        "open", None, None,
    )  # fmt: skip
    assert again == undone
    assert (undone["run"]["current_day"], undone["run"]["next_day"], undone["run"]["days_completed"]) == (2, 1, 1)
    walker.travel(A_DAY)
    assert walker.dashboard()["current_day"] == 3
    anew = walker.note(1, completed=True)
    assert anew["progress"]["completed_at"] == "2027-01-13T09:00:00Z"


def test_undoing_what_was_never_completed_changes_nothing(resident: Walker, clock: Traveller) -> None:
    before = resident.dashboard()
    assert resident.change(1, completed=False).status_code == 200
    assert resident.change(1).status_code == 200
    assert resident.dashboard() == before


def test_a_completion_keeps_the_local_date_and_does_not_move_with_the_zone(site: Service, clock: Traveller) -> None:
    walker = Walker.of(site, clock, time_zone="America/New_York")
    walker.travel(clock_time(MORNING.date(), 23, 30, "America/New_York"))
    walker.complete(1)
    walker.modify(time_zone="Asia/Tokyo")

    progress = walker.read(1)["progress"]
    assert (progress["completed_at"], progress["completed_on"]) == ("2027-01-12T04:30:00Z", "2027-01-11")
    assert walker.dashboard()["days"][0]["completed_on"] == "2027-01-11"


@pytest.mark.parametrize(
    ("name", "odd"),
    [
        ("completed", (1, "true", None, [])),
        ("tasks", (None, [], "first-1")),
        ("done", (True,)),
        ("completed_at", ("2027-01-11T09:00:00Z",)),
    ],
)
def test_what_is_wrong_with_a_change_is_named(
    resident: Walker, clock: Traveller, name: str, odd: tuple[Any, ...]
) -> None:
    for value in odd:
        reply = resident.change(1, **{name: value})
        assert (told(reply), faults(reply)) == ((422, "invalid_input"), [("body", f"/{name}")]), value
    assert resident.dashboard()["days_completed"] == 0


def test_of_two_devices_the_later_is_told_once_and_nothing_is_lost(walker: Walker) -> None:
    phone, tablet = walker.person, walker.person.on_another_device()
    path = f"{RUNS}/{walker.run_id}/days/1"
    known = phone.ask("GET", path).headers["ETag"]
    saved = phone.ask("PATCH", path, {"reflection": "from the phone"}, headers={"If-Match": known})
    assert (saved.status_code, saved.headers["ETag"] == known) == (200, False)

    late = tablet.ask("PATCH", path, {"reflection": "from the tablet"}, headers={"If-Match": known})

    assert (told(late), faults(late)) == ((412, "day_changed"), [("header", "/if-match")])
    assert late.headers["ETag"] == saved.headers["ETag"]
    again = phone.ask("PATCH", path, {"reflection": "from the phone"}, headers={"If-Match": known})
    assert (again.status_code, again.json()) == (200, saved.json())  # its reply may have been lost
    assert walker.read(1)["progress"]["reflection"] == "from the phone"
    both = {"reflection": "from the phone, and from the tablet"}
    assert tablet.ask("PATCH", path, both, headers={"If-Match": late.headers["ETag"]}).status_code == 200
    assert walker.read(1)["progress"]["reflection"] == both["reflection"]


@pytest.mark.parametrize("match", ["*", "{etag}", '"other", {etag}', "{etag},*"])
def test_a_change_that_knows_the_day_is_taken(walker: Walker, match: str) -> None:
    etag = walker.ask("GET", "/days/1").headers["ETag"]
    reply = walker.ask("PATCH", "/days/1", {"completed": True}, headers={"If-Match": match.format(etag=etag)})

    assert reply.status_code == 200


@pytest.mark.parametrize("match", ['"other"', "nonsense", 'W/"other"', '"*"'])
def test_a_change_that_does_not_know_the_day_changes_nothing(walker: Walker, match: str) -> None:
    for fields in ({"completed": True}, {"reflection": "mine"}, {"completed": True, "tasks": {"first-1": False}}):
        reply = walker.ask("PATCH", "/days/1", fields, headers={"If-Match": match})
        assert told(reply) == (412, "day_changed")
    assert walker.read(1)["progress"]["completed_at"] is None
    for nothing in ({}, {"completed": False}, {"reflection": None}):
        assert walker.ask("PATCH", "/days/1", nothing, headers={"If-Match": match}).status_code == 200


def test_without_if_match_the_fields_that_were_sent_are_merged(walker: Walker) -> None:
    phone, tablet = walker.person, walker.person.on_another_device()
    path = f"{RUNS}/{walker.run_id}/days/1"
    good(phone.ask("PATCH", path, {"tasks": {"first-1": True}, "mood_before": 2}))
    good(tablet.ask("PATCH", path, {"tasks": {"second-1": True}, "mood_after": 4}))
    good(phone.ask("PATCH", path, {"completed": True}))

    assert walker.read(1)["progress"] == {
        "completed_at": shown(walker.now),
        "completed_on": "2027-01-11",
        "tasks": {"first-1": True, "second-1": True},
        "mood_before": 2,
        "mood_after": 4,
        "reflection": None,
    }
