"""The dashboard, the list of runs, and what is said at the end."""

import pytest
from time_machine import Traveller

from tests.factories.results import WORRIED, agreed, body_of, keep, new_id, put, told
from tests.factories.runs import (
    A_DAY,
    AN_HOUR,
    RUNS,
    TODAY,
    Walker,
    good,
    shown,
    state_of,
    statuses,
)
from tests.factories.services import Service


def test_a_new_run_is_shown_with_all_that_the_main_screen_needs(site: Service, clock: Traveller) -> None:
    walker = Walker.of(site, clock)
    board = walker.dashboard()
    days = board.pop("days")

    assert board.pop("support").keys() == {"text", "href"}
    assert board == {
        "id": walker.run_id,
        "journey": "21-days",
        "title": "A journey",
        "pace": "daily",
        "time_zone": "Europe/Dublin",
        "starts_on": "2027-01-11",
        "started_at": "2027-01-11T09:00:00Z",
        "abandoned_at": None,
        "status": "active",
        "today": "2027-01-11",
        "current_day": 1,
        "next_day": 1,
        "next_opens_at": "2027-01-12T00:00:00Z",
        "days_completed": 0,
        "percent": 0,
        "streak": {"current": 0, "longest": 0, "bridged": 0},
        "paused_at": None,
        "reminder_time": None,
        "has_calendar": False,
        "up_next": {"number": 1, "week": 1, "title": "Title of day 1", "summary": "Summary of day 1.", "minutes": 20},
        "finished": None,
    }
    assert [day["number"] for day in days] == list(range(1, 22))
    assert [day["week"] for day in days] == [1] * 7 + [2] * 7 + [3] * 7
    assert days[0] == {
        "number": 1,
        "week": 1,
        "title": "Title of day 1",
        "minutes": 20,
        "status": "open",
        "scheduled_on": "2027-01-11",
        "opens_at": "2027-01-11T00:00:00Z",
        "completed_at": None,
        "completed_on": None,
    }
    assert days[20] | {"status": "open"} == days[0] | {
        "number": 21,
        "week": 3,
        "title": "Title of day 21",
        "scheduled_on": "2027-01-31",
        "opens_at": "2027-01-31T00:00:00Z",
    }
    assert {day["status"] for day in days[1:]} == {"locked"}


def test_percent_is_rounded_down(walker: Walker) -> None:
    walker.travel(20 * A_DAY)
    shares = []
    for day in range(1, 22):
        walker.complete(day)
        shares.append(walker.dashboard()["percent"])

    assert shares == [4, 9, 14, 19, 23, 28, 33, 38, 42, 47, 52, 57, 61, 66, 71, 76, 80, 85, 90, 95, 100]


def test_the_next_day_is_the_lowest_open_one_that_is_not_completed(walker: Walker) -> None:
    walker.travel(3 * A_DAY)
    walker.complete(1, 3)

    board = walker.dashboard()

    assert (board["current_day"], board["next_day"], board["up_next"]["title"]) == (4, 2, "Title of day 2")
    assert statuses(board)[:5] == ["completed", "open", "completed", "open", "locked"]
    walker.complete(2, 4)
    assert (walker.dashboard()["next_day"], walker.dashboard()["up_next"]) == (None, None)


def test_current_is_the_latest_run_that_is_not_abandoned(site: Service, clock: Traveller) -> None:
    person = agreed(site)
    assert told(person.ask("GET", f"{RUNS}/current")) == (404, "run_not_found")
    walker = Walker(person, clock)
    first = walker.start()["id"]
    assert good(person.ask("GET", f"{RUNS}/current"))["id"] == first
    walker.finish()
    assert good(person.ask("GET", f"{RUNS}/current"))["id"] == first

    second = walker.start()["id"]
    assert good(person.ask("GET", f"{RUNS}/current"))["id"] == second
    walker.modify(status="abandoned")

    board = good(person.ask("GET", f"{RUNS}/current"))
    assert (board["id"], board["status"]) == (first, "completed")


def test_whoever_only_has_abandoned_runs_has_no_current_one(walker: Walker) -> None:
    good(walker.person.ask("PATCH", f"{RUNS}/current", {"status": "abandoned"}))

    for method, path in (("GET", ""), ("GET", "/days/1"), ("GET", "/insights"), ("PUT", "/calendar")):
        assert told(walker.person.ask(method, f"{RUNS}/current{path}")) == (404, "run_not_found")


def test_a_restart_counts_anew_and_what_was_stays(walker: Walker) -> None:
    walker.note(1, completed=True, reflection="the first time", mood_before=2)
    walker.travel(A_DAY)
    walker.modify(status="abandoned")
    first, before, day = walker.run_id, walker.dashboard(), walker.read(1)
    walker.travel(AN_HOUR)

    board = walker.start(starts_on=str(TODAY + A_DAY))

    assert (board["days_completed"], board["starts_on"], board["streak"]["longest"]) == (0, "2027-01-12", 0)
    assert walker.read(1)["progress"]["reflection"] is None
    walker.note(1, completed=True, reflection="the second time")
    walker.run_id = first
    assert (walker.dashboard(), walker.read(1)) == (before, day)
    assert before["abandoned_at"] == "2027-01-12T09:00:00Z"


def test_the_list_shows_every_run_the_newest_first_and_in_pages(walker: Walker) -> None:
    person = walker.person
    ids = [walker.run_id]
    walker.complete(1)
    for pace in ("gentle", "daily"):
        walker.modify(status="abandoned")
        ids.append(walker.start(pace=pace)["id"])

    page = good(person.ask("GET", RUNS))
    first = person.ask("GET", f"{RUNS}?limit=2")
    second = good(person.ask("GET", first.headers["Link"].partition("<")[2].partition(">")[0]))

    assert (page["total"], page["next"]) == (3, None)
    assert [each["id"] for each in page["items"]] == ids[::-1]
    assert [each["status"] for each in page["items"]] == ["active", "abandoned", "abandoned"]
    assert [(each["pace"], each["days_completed"], each["percent"]) for each in page["items"]] == [
        ("daily", 0, 0),
        ("gentle", 0, 0),
        ("daily", 1, 4),
    ]
    assert first.json()["items"] + second["items"] == page["items"]
    assert (second["total"], second["next"]) == (3, None)
    board = walker.dashboard()
    assert page["items"][0] == {name: board[name] for name in page["items"][0]}


def test_a_finished_run_says_what_it_was_and_offers_the_assessment_again(walker: Walker) -> None:
    keep(walker.person)
    walker.travel(AN_HOUR)
    before = keep(walker.person)
    walker.complete(1)
    walker.travel(4 * A_DAY)
    walker.complete(2, 3)
    walker.travel(16 * A_DAY)
    walker.complete(*range(4, 22))
    finished = walker.dashboard()["finished"]

    assert finished == {
        "text": "You have been through it.",
        "first_on": "2027-01-11",
        "last_on": "2027-01-31",
        "dates_practised": 3,
        "longest_streak": 1,
        "again": {
            "assessment": "attachment-reflection",
            "before": {"id": before, "taken_at": "2027-01-11T10:00:00Z"},
            "after": None,
        },
    }
    walker.travel(AN_HOUR)
    after = keep(walker.person)
    walker.travel(AN_HOUR)
    keep(walker.person)
    again = walker.dashboard()["finished"]["again"]
    assert again["before"]["id"] == before
    assert again["after"] == {"id": after, "taken_at": shown(walker.now - AN_HOUR)}
    assert walker.person.ask("GET", f"/v1/me/results/{after}/change?since={before}").status_code == 200


def test_who_took_no_assessment_is_offered_it_all_the_same(walker: Walker) -> None:
    walker.finish()
    assert walker.dashboard()["finished"]["again"] == {
        "assessment": "attachment-reflection",
        "before": None,
        "after": None,
    }
    assert put(walker.person, new_id(), body_of(WORRIED)).status_code == 201


def test_another_members_run_is_one_that_does_not_exist(site: Service, resident: Walker, clock: Traveller) -> None:
    stranger = Walker.of(site, clock)
    never = new_id()
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"status": "paused"}),
        ("GET", "/days/1", None),
        ("PATCH", "/days/1", {"completed": True}),
        ("POST", "/sync", {"changes": []}),
        ("GET", "/insights", None),
        ("PUT", "/calendar", None),
        ("DELETE", "/calendar", None),
    ):
        replies = [stranger.person.ask(method, f"{RUNS}/{each}{path}", body) for each in (resident.run_id, never)]
        assert {told(reply) for reply in replies} == {(404, "run_not_found")}
        assert replies[0].content == replies[1].content
    assert resident.dashboard()["status"] == "active"


@pytest.mark.parametrize("odd", ["1", "Current", "current ", "9d2f6f0e", "%00"])
def test_a_run_is_named_by_its_id_or_as_current(resident: Walker, clock: Traveller, odd: str) -> None:
    for path in ("", "/days/1", "/insights"):
        assert told(resident.person.ask("GET", f"{RUNS}/{odd}{path}")) == (422, "invalid_input")


def test_a_run_may_be_named_in_capitals(resident: Walker, clock: Traveller) -> None:
    assert good(resident.person.ask("GET", f"{RUNS}/{resident.run_id.upper()}")) == resident.dashboard()


def test_a_reply_about_a_run_is_kept_by_nobody_on_the_way(resident: Walker, clock: Traveller) -> None:
    for path in (RUNS, f"{RUNS}/current", f"{RUNS}/current/days/1", f"{RUNS}/current/insights"):
        reply = resident.person.ask("GET", path)
        assert (reply.status_code, reply.headers["Cache-Control"]) == (200, "no-store")


def test_two_members_who_did_the_same_are_shown_the_same(site: Service, clock: Traveller) -> None:
    boards = []
    for _ in range(2):
        walker = Walker.of(site, clock, agrees=False)
        walker.complete(1)
        boards.append(state_of(walker.dashboard()))

    assert boards[0] == boards[1]
