"""A run's calendar stands under a secret address, and tells nothing of what the days are."""

import icalendar
import pytest

from tests.factories.results import told
from tests.factories.runs import A_DAY, AN_HOUR, Walker, at_once, calendar_path, events_of
from tests.factories.services import Service


def test_a_calendar_keeps_its_address_until_it_is_revoked(reminded: Walker) -> None:
    first, again = reminded.ask("PUT", "/calendar"), reminded.ask("PUT", "/calendar")

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert first.json()["made_at"] == "2027-01-11T09:00:00Z"
    assert first.json()["url"] == f"http://api.test{first.json()['path']}"
    assert reminded.person.client.get(first.json()["path"]).status_code == 200
    assert reminded.dashboard()["has_calendar"] is True


def test_a_revoked_address_ends_and_another_one_is_another(reminded: Walker) -> None:
    path = calendar_path(reminded)

    assert [reminded.ask("DELETE", "/calendar").status_code for _ in range(2)] == [204, 204]

    assert told(reminded.person.client.get(path)) == (404, "calendar_not_found")
    assert reminded.dashboard()["has_calendar"] is False
    assert calendar_path(reminded) != path
    assert reminded.person.client.get(path).status_code == 404


def test_calendars_made_at_once_are_one(reminded: Walker) -> None:
    replies = at_once(10, lambda _: reminded.ask("PUT", "/calendar"))

    assert sorted(reply.status_code for reply in replies) == [200] * 9 + [201]
    assert len({reply.content for reply in replies}) == 1


@pytest.mark.parametrize("secret", ["x", "A" * 43, "%00", "%F0%9F%98%80", "x" * 2000])
def test_an_address_that_nobody_made_is_not_found(site: Service, secret: str) -> None:
    assert told(site.client.get(f"/v1/calendars/{secret}.ics")) == (404, "calendar_not_found")


@pytest.mark.parametrize("end", ["abandoned", "completed"])
def test_a_run_that_is_over_has_no_events_and_gets_no_calendar(reminded: Walker, end: str) -> None:
    path = calendar_path(reminded)
    if end == "abandoned":
        reminded.modify(status=end)
    else:
        reminded.finish()

    assert events_of(reminded) == []
    assert reminded.person.client.get(path).status_code == 200
    reminded.ask("DELETE", "/calendar")
    assert told(reminded.ask("PUT", "/calendar")) == (409, "run_finished")


def test_a_calendar_says_nothing_of_what_the_days_are(reminded: Walker) -> None:
    reply = reminded.person.client.get(calendar_path(reminded))

    words = (
        "journey",
        "day 1",
        "title",
        "summary of",
        "secret",
        "step",
        "21-days",
        "attachment",
        reminded.person.address,
    )
    assert [word for word in words if word in reply.text.lower()] == []
    assert {str(event["SUMMARY"]) for event in events_of(reminded)} == {"A moment for yourself"}
    telling = {"DESCRIPTION", "LOCATION", "URL", "ATTENDEE", "ORGANIZER"}
    assert not any(telling & set(event) for event in events_of(reminded))
    assert {str(event["TRANSP"]) for event in events_of(reminded)} == {"TRANSPARENT"}


def test_a_calendar_is_kept_by_nobody_on_the_way_and_found_by_no_robot(reminded: Walker) -> None:
    path = calendar_path(reminded)
    got, head = reminded.person.client.get(path), reminded.person.client.head(path)

    assert got.headers["Cache-Control"] == "no-store"
    assert got.headers["X-Robots-Tag"] == "noindex"
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Type"] == got.headers["Content-Type"]
    assert head.headers["Content-Length"] == got.headers["Content-Length"]
    assert reminded.person.client.head("/v1/calendars/x.ics").status_code == 404


def test_a_calendar_is_told_at_every_moment_without_signing_in(reminded: Walker) -> None:
    path = calendar_path(reminded)
    reminded.clock.shift(20 * A_DAY + AN_HOUR)

    assert len(icalendar.Calendar.from_ical(reminded.person.client.get(path).content).walk("VEVENT")) == 1


def test_an_address_ends_with_the_account(reminded: Walker) -> None:
    path = calendar_path(reminded)
    assert reminded.person.erase() == 204

    assert told(reminded.person.client.get(path)) == (404, "calendar_not_found")
