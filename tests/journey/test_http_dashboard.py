"""Tests for the dashboard of a 21-day journey, and for the list of a member's journeys."""

from time_machine import Traveller

from tests.factories.results import consenting_member, new_id, save_result, status_and_code
from tests.factories.runs import (
    MORNING,
    ONE_DAY,
    ONE_HOUR,
    RUNS_PATH,
    TODAY,
    RunClient,
    day_statuses,
    format_utc,
    ok_json,
    streak_lengths,
)
from tests.factories.services import Service


def test_dashboard_of_new_run(site: Service, clock: Traveller) -> None:
    client = RunClient.create(site, clock)
    dashboard = client.dashboard()
    days = dashboard.pop("days")

    assert dashboard.pop("support").keys() == {"text", "href"}
    assert dashboard == {
        "id": client.run_id,
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


def test_next_day_is_lowest_open_day_not_completed(client: RunClient) -> None:
    client.travel(2 * ONE_DAY)
    client.complete_days(1, 3)

    dashboard = client.dashboard()

    assert (dashboard["current_day"], dashboard["next_day"], dashboard["up_next"]["title"]) == (3, 2, "Title of day 2")
    assert day_statuses(dashboard)[:4] == ["completed", "open", "completed", "locked"]
    client.complete_days(2)
    assert (client.dashboard()["next_day"], client.dashboard()["up_next"]) == (None, None)


def test_streak_bridges_one_missed_date_per_week(client: RunClient) -> None:
    lengths = []
    for day in (1, 2, 4, 5, 7):  # the third and the sixth date are missed
        client.travel(MORNING + (day - 1) * ONE_DAY)
        client.complete_days(day)
        lengths.append(streak_lengths(client.dashboard()))

    assert lengths == [(1, 1, 0), (2, 2, 0), (3, 3, 1), (4, 4, 1), (1, 4, 0)]


def test_current_selects_latest_run_not_abandoned(site: Service, clock: Traveller) -> None:
    member = consenting_member(site)
    assert status_and_code(member.request("GET", f"{RUNS_PATH}/current")) == (404, "run_not_found")
    client = RunClient(member, clock)
    first = client.start()["id"]
    assert ok_json(member.request("GET", f"{RUNS_PATH}/current"))["id"] == first
    client.complete_all_days()
    assert ok_json(member.request("GET", f"{RUNS_PATH}/current"))["id"] == first

    second = client.start()["id"]
    assert ok_json(member.request("GET", f"{RUNS_PATH}/current"))["id"] == second
    client.update_run(status="abandoned")

    dashboard = ok_json(member.request("GET", f"{RUNS_PATH}/current"))
    assert (dashboard["id"], dashboard["status"]) == (first, "completed")


def test_current_with_only_abandoned_runs_returns_404(client: RunClient) -> None:
    ok_json(client.member.request("PATCH", f"{RUNS_PATH}/current", {"status": "abandoned"}))

    for method, path in (("GET", ""), ("GET", "/days/1"), ("GET", "/insights"), ("PUT", "/calendar")):
        assert status_and_code(client.member.request(method, f"{RUNS_PATH}/current{path}")) == (404, "run_not_found")


def test_new_run_starts_at_zero_and_keeps_previous_run(client: RunClient) -> None:
    client.update_day(1, completed=True, reflection="the first time", mood_before=2)
    client.travel(ONE_DAY)
    client.update_run(status="abandoned")
    first, before, day = client.run_id, client.dashboard(), client.read_day(1)
    client.travel(ONE_HOUR)

    dashboard = client.start(starts_on=str(TODAY + ONE_DAY))

    assert (dashboard["days_completed"], dashboard["starts_on"], dashboard["streak"]["longest"]) == (0, "2027-01-12", 0)
    assert client.read_day(1)["progress"]["reflection"] is None
    client.update_day(1, completed=True, reflection="the second time")
    client.run_id = first
    assert (client.dashboard(), client.read_day(1)) == (before, day)
    assert before["abandoned_at"] == "2027-01-12T09:00:00Z"


def test_list_runs_newest_first_in_pages(client: RunClient) -> None:
    member, ids = client.member, [client.run_id]
    client.complete_days(1)
    for pace in ("gentle", "daily"):
        client.update_run(status="abandoned")
        ids.append(client.start(pace=pace)["id"])

    page = ok_json(member.request("GET", RUNS_PATH))
    first = member.request("GET", f"{RUNS_PATH}?limit=2")
    second = ok_json(member.request("GET", first.headers["Link"].partition("<")[2].partition(">")[0]))

    assert (page["total"], page["next"]) == (3, None)
    assert [run["id"] for run in page["items"]] == ids[::-1]
    assert [run["status"] for run in page["items"]] == ["active", "abandoned", "abandoned"]
    figures = [(run["pace"], run["days_completed"], run["percent"]) for run in page["items"]]
    assert figures == [("daily", 0, 0), ("gentle", 0, 0), ("daily", 1, 4)]
    assert first.json()["items"] + second["items"] == page["items"]
    assert (second["total"], second["next"]) == (3, None)
    dashboard = client.dashboard()
    assert page["items"][0] == {name: dashboard[name] for name in page["items"][0]}


def test_finished_run_offers_assessment_with_results_before_and_after(client: RunClient) -> None:
    save_result(client.member)
    client.travel(ONE_HOUR)
    before = save_result(client.member)
    client.complete_days(1)
    client.travel(4 * ONE_DAY)
    client.complete_days(2, 3)
    client.travel(16 * ONE_DAY)
    client.complete_days(*range(4, 22))

    assert client.dashboard()["finished"] == {
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
    client.travel(ONE_HOUR)
    after = save_result(client.member)
    client.travel(ONE_HOUR)
    save_result(client.member)
    offer = client.dashboard()["finished"]["again"]
    assert offer["before"]["id"] == before
    assert offer["after"] == {"id": after, "taken_at": format_utc(client.now - ONE_HOUR)}
    assert client.member.request("GET", f"/v1/me/results/{after}/change?since={before}").status_code == 200


def test_finished_run_without_results_offers_assessment(client: RunClient) -> None:
    client.complete_all_days()

    offer = client.dashboard()["finished"]["again"]

    assert offer == {"assessment": "attachment-reflection", "before": None, "after": None}


def test_run_of_other_member_returns_404(site: Service, readonly_client: RunClient, clock: Traveller) -> None:
    other_client = RunClient.create(site, clock)
    run_ids = readonly_client.run_id, new_id()
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
        responses = [other_client.member.request(method, f"{RUNS_PATH}/{run_id}{path}", body) for run_id in run_ids]
        assert {status_and_code(response) for response in responses} == {(404, "run_not_found")}
        assert responses[0].content == responses[1].content
    assert readonly_client.dashboard()["status"] == "active"


def test_malformed_run_id_returns_422(readonly_client: RunClient, clock: Traveller) -> None:
    for run_id in ("1", "Current", "current ", "9d2f6f0e", "%00"):
        for path in ("", "/days/1", "/insights"):
            response = readonly_client.member.request("GET", f"{RUNS_PATH}/{run_id}{path}")
            assert status_and_code(response) == (422, "invalid_input"), run_id


def test_run_id_is_case_insensitive(readonly_client: RunClient, clock: Traveller) -> None:
    response = readonly_client.member.request("GET", f"{RUNS_PATH}/{readonly_client.run_id.upper()}")
    assert ok_json(response) == readonly_client.dashboard()


def test_run_responses_are_not_cacheable(readonly_client: RunClient, clock: Traveller) -> None:
    for path in (RUNS_PATH, f"{RUNS_PATH}/current", f"{RUNS_PATH}/current/days/1", f"{RUNS_PATH}/current/insights"):
        response = readonly_client.member.request("GET", path)
        assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-store")
