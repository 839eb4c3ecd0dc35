"""Tests for the calendar (.ics file) of a member's 21-day journey: a secret address, and no content of the days."""

import icalendar
import pytest

from tests.factories.results import status_and_code
from tests.factories.runs import ONE_DAY, ONE_HOUR, RunClient, calendar_events, calendar_path, run_concurrently
from tests.factories.services import Service


def test_create_calendar_repeated_returns_same_address(reminder_client: RunClient) -> None:
    first, repeated = reminder_client.request("PUT", "/calendar"), reminder_client.request("PUT", "/calendar")

    assert (first.status_code, repeated.status_code) == (201, 200)
    assert repeated.json() == first.json()
    assert first.json()["made_at"] == "2027-01-11T09:00:00Z"
    assert first.json()["url"] == f"http://api.test{first.json()['path']}"
    assert reminder_client.member.client.get(first.json()["path"]).status_code == 200
    assert reminder_client.dashboard()["has_calendar"] is True


def test_revoked_address_returns_404_and_new_address_differs(reminder_client: RunClient) -> None:
    path = calendar_path(reminder_client)

    assert [reminder_client.request("DELETE", "/calendar").status_code for _ in range(2)] == [204, 204]

    assert status_and_code(reminder_client.member.client.get(path)) == (404, "calendar_not_found")
    assert reminder_client.dashboard()["has_calendar"] is False
    assert calendar_path(reminder_client) != path
    assert reminder_client.member.client.get(path).status_code == 404


def test_concurrent_creates_return_one_calendar(reminder_client: RunClient) -> None:
    responses = run_concurrently(10, lambda _: reminder_client.request("PUT", "/calendar"))

    assert sorted(response.status_code for response in responses) == [200] * 9 + [201]
    assert len({response.content for response in responses}) == 1


def test_unknown_calendar_address_returns_404(site: Service) -> None:
    for secret in ("x", "A" * 43, "%00", "%F0%9F%98%80", "x" * 2000):
        assert status_and_code(site.client.get(f"/v1/calendars/{secret}.ics")) == (404, "calendar_not_found"), secret


@pytest.mark.parametrize("end", ["abandoned", "completed"])
def test_finished_run_has_no_events_and_no_new_calendar(reminder_client: RunClient, end: str) -> None:
    path = calendar_path(reminder_client)
    if end == "abandoned":
        reminder_client.update_run(status=end)
    else:
        reminder_client.complete_all_days()

    assert calendar_events(reminder_client) == []
    assert reminder_client.member.client.get(path).status_code == 200
    reminder_client.request("DELETE", "/calendar")
    assert status_and_code(reminder_client.request("PUT", "/calendar")) == (409, "run_finished")


def test_calendar_contains_no_content_of_days(reminder_client: RunClient) -> None:
    response = reminder_client.member.client.get(calendar_path(reminder_client))
    words = "journey", "day 1", "title", "summary of", "secret", "step", "21-days", "attachment"
    revealing_properties = {"DESCRIPTION", "LOCATION", "URL", "ATTENDEE", "ORGANIZER"}

    assert [word for word in (*words, reminder_client.member.email) if word in response.text.lower()] == []
    for event in icalendar.Calendar.from_ical(response.content).walk("VEVENT"):
        assert (str(event["SUMMARY"]), str(event["TRANSP"])) == ("A moment for yourself", "TRANSPARENT")
        assert not revealing_properties & set(event)


def test_calendar_is_not_cacheable_nor_indexed(reminder_client: RunClient) -> None:
    path = calendar_path(reminder_client)
    response, head = reminder_client.member.client.get(path), reminder_client.member.client.head(path)

    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Type"] == response.headers["Content-Type"]
    assert head.headers["Content-Length"] == response.headers["Content-Length"]
    assert reminder_client.member.client.head("/v1/calendars/x.ics").status_code == 404


def test_calendar_is_readable_without_session(reminder_client: RunClient) -> None:
    path = calendar_path(reminder_client)
    reminder_client.clock.shift(20 * ONE_DAY + ONE_HOUR)

    assert len(icalendar.Calendar.from_ical(reminder_client.member.client.get(path).content).walk("VEVENT")) == 1
