"""What a calendar tells: when the coming days are, by the clocks of the run's zone."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import icalendar
import pytest
from time_machine import Traveller

from tests.factories.runs import A_DAY, TODAY, Walker, calendar_of, clock_time, events_of
from tests.factories.services import Service


def starts(walker: Walker) -> list[Any]:
    return [event["DTSTART"].dt for event in events_of(walker)]


def evenings(first: date, last: date, zone: str = "Europe/Dublin") -> list[datetime]:
    return [clock_time(first + n * A_DAY, 19, 30, zone) for n in range((last - first).days + 1)]


def test_every_coming_day_is_an_event_at_the_reminder_time_in_the_zone(reminded: Walker) -> None:
    found = calendar_of(reminded)
    [zone] = found.walk("VTIMEZONE")
    coming = list(found.walk("VEVENT"))

    assert zone["TZID"] == "Europe/Dublin"
    assert [event["DTSTART"].dt for event in coming] == evenings(TODAY, date(2027, 1, 31))
    assert {event["DTSTART"].params["TZID"] for event in coming} == {"Europe/Dublin"}
    assert {event["DTEND"].dt - event["DTSTART"].dt for event in coming} == {timedelta(minutes=20)}
    assert len({str(event["UID"]) for event in coming}) == 21
    assert {len(event.walk("VALARM")) for event in coming} == {1}


def test_an_event_keeps_its_uid_when_it_moves(reminded: Walker) -> None:
    before = [str(event["UID"]) for event in events_of(reminded)]
    reminded.modify(reminder_time="06:00", time_zone="Asia/Tokyo")

    assert [str(event["UID"]) for event in events_of(reminded)] == before


def test_a_completed_day_has_no_event_and_a_missed_one_is_for_today(reminded: Walker) -> None:
    reminded.complete(1)
    assert starts(reminded) == evenings(TODAY + A_DAY, date(2027, 1, 31))
    reminded.travel(2 * A_DAY)
    reminded.complete(3)
    assert starts(reminded) == evenings(TODAY + 2 * A_DAY, date(2027, 1, 31))
    reminded.complete(2)
    assert starts(reminded) == evenings(TODAY + 3 * A_DAY, date(2027, 1, 31))


def test_the_gentle_pace_shows_what_is_known(site: Service, clock: Traveller) -> None:
    walker = Walker.of(site, clock, pace="gentle", agrees=False)
    walker.modify(reminder_time="19:30")
    assert starts(walker) == evenings(TODAY, TODAY)
    walker.complete(1)
    assert starts(walker) == evenings(TODAY + A_DAY, TODAY + A_DAY)
    walker.travel(4 * A_DAY)
    assert starts(walker) == evenings(TODAY + 4 * A_DAY, TODAY + 4 * A_DAY)


def test_events_move_with_the_zone(reminded: Walker) -> None:
    reminded.modify(time_zone="America/New_York")

    assert starts(reminded) == evenings(TODAY, date(2027, 1, 31), "America/New_York")
    assert {event["DTSTART"].params["TZID"] for event in events_of(reminded)} == {"America/New_York"}
    [zone] = calendar_of(reminded).walk("VTIMEZONE")
    assert zone["TZID"] == "America/New_York"


def test_while_paused_there_are_no_events_and_afterwards_they_have_moved(reminded: Walker) -> None:
    reminded.complete(1)
    reminded.modify(status="paused")
    assert events_of(reminded) == []
    reminded.travel(4 * A_DAY)  # 12, 13 and 14 January are rests
    assert events_of(reminded) == []

    reminded.modify(status="active")

    assert starts(reminded) == evenings(date(2027, 1, 15), date(2027, 2, 3))


def test_a_run_that_is_scheduled_has_its_days(site: Service, clock: Traveller) -> None:
    walker = Walker.of(site, clock, starts_on=str(TODAY + 30 * A_DAY), agrees=False)
    assert starts(walker) == [TODAY + n * A_DAY for n in range(30, 51)]


def test_without_a_reminder_an_event_is_the_whole_date(site: Service, clock: Traveller) -> None:
    walker = Walker.of(site, clock, agrees=False)

    found = events_of(walker)

    assert [event["DTSTART"].dt for event in found] == [TODAY + n * A_DAY for n in range(21)]
    assert {type(event["DTSTART"].dt) for event in found} == {date}
    assert {event["DTEND"].dt - event["DTSTART"].dt for event in found} == {A_DAY}
    assert {len(event.walk("VALARM")) for event in found} == {0}


def test_a_reminder_in_the_hour_that_clocks_leave_out_is_the_time_they_show_instead(
    site: Service, clock: Traveller
) -> None:
    """In New York 02:30 on 14 March 2027 is 03:30."""
    clock.move_to(clock_time(date(2027, 3, 12), 9, zone="America/New_York"))
    walker = Walker.of(site, clock, time_zone="America/New_York", agrees=False)
    walker.modify(reminder_time="02:30")

    found = starts(walker)[:4]

    assert [each.astimezone(UTC).strftime("%d %H:%M") for each in found] == [
        "12 07:30", "13 07:30", "14 07:30", "15 06:30",
    ]  # fmt: skip
    assert [each.strftime("%H:%M") for each in found] == ["02:30", "02:30", "03:30", "02:30"]


@pytest.mark.parametrize(
    "zone", ["Etc/GMT+12", "Asia/Kathmandu", "Africa/Casablanca", "America/New_York", "Europe/Dublin"]
)
def test_events_are_right_in_zones_of_every_kind(site: Service, clock: Traveller, zone: str) -> None:
    walker = Walker.of(site, clock, time_zone=zone, agrees=False)
    walker.modify(reminder_time="19:30")

    today = date.fromisoformat(walker.dashboard()["today"])
    assert starts(walker) == evenings(today, today + 20 * A_DAY, zone)
    [told] = calendar_of(walker).walk("VTIMEZONE")
    assert isinstance(told, icalendar.Timezone)
    for evening in starts(walker):
        assert evening.replace(tzinfo=told.to_tz()).utcoffset() == evening.utcoffset()
