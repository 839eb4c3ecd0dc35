"""Streaks as members see them: they forgive, and stand still once the run is over."""

from datetime import UTC, datetime

from time_machine import Traveller

from tests.factories.runs import A_DAY, AN_HOUR, Walker, change_of, streak
from tests.factories.services import Service


def test_one_missed_date_is_bridged_and_a_second_within_the_week_is_not(site: Service, clock: Traveller) -> None:
    walker = Walker.of(site, clock, agrees=False)
    seen = []
    for day, practises in enumerate((1, 1, 0, 1, 1, 0, 1, 1), start=1):
        if practises:
            walker.complete(day)
        seen.append(streak(walker.dashboard()))
        walker.travel(A_DAY)

    assert seen == [
        (1, 1, 0),
        (2, 2, 0),
        (2, 2, 0),  # today isn't missed before it is over
        (3, 3, 1),
        (4, 4, 1),
        (4, 4, 1),
        (1, 4, 0),
        (2, 4, 0),
    ]


def test_paused_dates_break_no_streak(site: Service, clock: Traveller) -> None:
    walker = Walker.of(site, clock, agrees=False)
    walker.complete(1)
    walker.modify(status="paused")
    walker.travel(8 * A_DAY)
    assert streak(walker.dashboard()) == (1, 1, 0)

    walker.modify(status="active")
    walker.complete(2)

    assert streak(walker.dashboard()) == (2, 2, 0)


def test_a_date_that_a_change_of_zone_skipped_breaks_no_streak(site: Service, clock: Traveller) -> None:
    clock.move_to(datetime(2027, 1, 11, 23, tzinfo=UTC))
    walker = Walker.of(site, clock, time_zone="Pacific/Pago_Pago", agrees=False)
    walker.complete(1)
    walker.travel(11.5 * AN_HOUR)  # half an hour before 12 January comes there
    board = walker.modify(time_zone="Pacific/Kiritimati")
    assert board["today"] == "2027-01-13"
    walker.complete(2)

    walker.travel(A_DAY)

    assert streak(walker.dashboard()) == (2, 2, 0)


def test_a_streak_stands_still_once_the_run_is_finished(site: Service, clock: Traveller) -> None:
    walker = Walker.of(site, clock, agrees=False)
    walker.travel(20 * A_DAY)
    walker.sync(*(change_of(day, walker.now - (21 - day) * A_DAY, completed=True) for day in range(1, 22)))
    assert streak(walker.dashboard()) == (21, 21, 0)

    walker.travel(20 * A_DAY)

    assert streak(walker.dashboard()) == (21, 21, 0)


def test_an_abandoned_run_keeps_the_streak_it_had(site: Service, clock: Traveller) -> None:
    walker = Walker.of(site, clock, agrees=False)
    walker.complete(1)
    walker.travel(A_DAY)
    walker.complete(2)
    walker.modify(status="abandoned")

    walker.travel(20 * A_DAY)

    assert streak(walker.dashboard()) == (2, 2, 0)
