"""Tests for the events in a 21-day journey's calendar: dates and local times of the upcoming days."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import icalendar
from time_machine import Traveller

from tests.factories.runs import ONE_DAY, TODAY, RunClient, calendar_events, local_time, read_calendar
from tests.factories.services import Service


def starts(client: RunClient) -> list[Any]:
    return [event["DTSTART"].dt for event in calendar_events(client)]


def evenings(first: date, last: date, zone: str = "Europe/Dublin") -> list[datetime]:
    return [local_time(first + n * ONE_DAY, 19, 30, zone) for n in range((last - first).days + 1)]


def test_upcoming_days_are_events_at_reminder_time_in_zone(reminder_client: RunClient) -> None:
    calendar = read_calendar(reminder_client)
    [zone] = calendar.walk("VTIMEZONE")
    events = list(calendar.walk("VEVENT"))

    assert zone["TZID"] == "Europe/Dublin"
    assert [event["DTSTART"].dt for event in events] == evenings(TODAY, date(2027, 1, 31))
    assert {event["DTSTART"].params["TZID"] for event in events} == {"Europe/Dublin"}
    assert {event["DTEND"].dt - event["DTSTART"].dt for event in events} == {timedelta(minutes=20)}
    assert len({str(event["UID"]) for event in events}) == 21
    assert {len(event.walk("VALARM")) for event in events} == {1}


def test_event_uid_is_stable_when_event_moves(reminder_client: RunClient) -> None:
    before = [str(event["UID"]) for event in calendar_events(reminder_client)]

    reminder_client.update_run(time_zone="America/New_York")

    events = calendar_events(reminder_client)
    assert [event["DTSTART"].dt for event in events] == evenings(TODAY, date(2027, 1, 31), "America/New_York")
    assert {event["DTSTART"].params["TZID"] for event in events} == {"America/New_York"}
    assert [str(event["UID"]) for event in events] == before


def test_completed_day_has_no_event_and_missed_day_moves_to_today(reminder_client: RunClient) -> None:
    reminder_client.complete_days(1)
    assert starts(reminder_client) == evenings(TODAY + ONE_DAY, date(2027, 1, 31))
    reminder_client.travel(2 * ONE_DAY)
    reminder_client.complete_days(3)
    assert starts(reminder_client) == evenings(TODAY + 2 * ONE_DAY, date(2027, 1, 31))
    reminder_client.complete_days(2)
    assert starts(reminder_client) == evenings(TODAY + 3 * ONE_DAY, date(2027, 1, 31))


def test_gentle_calendar_contains_only_known_dates(site: Service, clock: Traveller) -> None:
    client = RunClient.create(site, clock, pace="gentle", consents=False)
    client.update_run(reminder_time="19:30")
    assert starts(client) == evenings(TODAY, TODAY)
    client.complete_days(1)
    assert starts(client) == evenings(TODAY + ONE_DAY, TODAY + ONE_DAY)
    client.travel(4 * ONE_DAY)
    assert starts(client) == evenings(TODAY + 4 * ONE_DAY, TODAY + 4 * ONE_DAY)


def test_paused_run_has_no_events_and_resume_moves_them(reminder_client: RunClient) -> None:
    reminder_client.complete_days(1)
    reminder_client.update_run(status="paused")
    assert calendar_events(reminder_client) == []
    reminder_client.travel(4 * ONE_DAY)  # the whole of 12, 13 and 14 January is paused
    assert calendar_events(reminder_client) == []

    reminder_client.update_run(status="active")

    assert starts(reminder_client) == evenings(date(2027, 1, 15), date(2027, 2, 3))


def test_scheduled_run_has_events(site: Service, clock: Traveller) -> None:
    client = RunClient.create(site, clock, starts_on=str(TODAY + 30 * ONE_DAY), consents=False)
    assert starts(client) == [TODAY + n * ONE_DAY for n in range(30, 51)]


def test_events_without_reminder_last_all_day(site: Service, clock: Traveller) -> None:
    client = RunClient.create(site, clock, consents=False)

    events = calendar_events(client)

    assert [event["DTSTART"].dt for event in events] == [TODAY + n * ONE_DAY for n in range(21)]
    assert {type(event["DTSTART"].dt) for event in events} == {date}
    assert {event["DTEND"].dt - event["DTSTART"].dt for event in events} == {ONE_DAY}
    assert {len(event.walk("VALARM")) for event in events} == {0}


def test_reminder_in_skipped_hour_is_moved(site: Service, clock: Traveller) -> None:
    """In New York, clocks skip 02:30 on 14 March 2027, so the reminder moves to 03:30."""
    clock.move_to(local_time(date(2027, 3, 12), 9, zone="America/New_York"))
    client = RunClient.create(site, clock, time_zone="America/New_York", consents=False)
    client.update_run(reminder_time="02:30")

    first_starts = starts(client)[:4]

    assert [start.astimezone(UTC).strftime("%d %H:%M") for start in first_starts] == [
        "12 07:30", "13 07:30", "14 07:30", "15 06:30",
    ]  # fmt: skip
    assert [start.strftime("%H:%M") for start in first_starts] == ["02:30", "02:30", "03:30", "02:30"]


def test_events_have_correct_offsets_in_unusual_zones(reminder_client: RunClient) -> None:
    for zone in ("Etc/GMT+12", "Asia/Kathmandu", "Africa/Casablanca", "America/New_York", "Europe/Dublin"):
        today = date.fromisoformat(reminder_client.update_run(time_zone=zone)["today"])
        calendar = read_calendar(reminder_client)
        [zone_component] = calendar.walk("VTIMEZONE")
        assert isinstance(zone_component, icalendar.Timezone)
        events = [event["DTSTART"].dt for event in calendar.walk("VEVENT")]
        assert events == evenings(today, date(2027, 1, 31), zone)
        for evening in events:
            assert evening.replace(tzinfo=zone_component.to_tz()).utcoffset() == evening.utcoffset(), zone
