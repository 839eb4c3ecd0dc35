"""Tests for streaks in the dashboard, during a 21-day journey and after its end."""

from datetime import UTC, datetime

from time_machine import Traveller

from tests.factories.runs import ONE_DAY, ONE_HOUR, RunClient, offline_change, streak_lengths
from tests.factories.services import Service


def test_streak_bridges_one_missed_date_per_week(site: Service, clock: Traveller) -> None:
    client = RunClient.create(site, clock, consents=False)
    lengths = []
    for day, is_practised in enumerate((1, 1, 0, 1, 1, 0, 1, 1), start=1):
        if is_practised:
            client.complete_days(day)
        lengths.append(streak_lengths(client.dashboard()))
        client.travel(ONE_DAY)

    assert lengths == [
        (1, 1, 0),
        (2, 2, 0),
        (2, 2, 0),  # today doesn't count as missed yet
        (3, 3, 1),
        (4, 4, 1),
        (4, 4, 1),
        (1, 4, 0),
        (2, 4, 0),
    ]


def test_paused_dates_do_not_break_streak(site: Service, clock: Traveller) -> None:
    client = RunClient.create(site, clock, consents=False)
    client.complete_days(1)
    client.update_run(status="paused")
    client.travel(8 * ONE_DAY)
    assert streak_lengths(client.dashboard()) == (1, 1, 0)

    client.update_run(status="active")
    client.complete_days(2)

    assert streak_lengths(client.dashboard()) == (2, 2, 0)


def test_date_skipped_by_zone_change_does_not_break_streak(site: Service, clock: Traveller) -> None:
    clock.move_to(datetime(2027, 1, 11, 23, tzinfo=UTC))
    client = RunClient.create(site, clock, time_zone="Pacific/Pago_Pago", consents=False)
    client.complete_days(1)
    client.travel(11.5 * ONE_HOUR)  # 30 minutes before 12 January in Pago Pago
    dashboard = client.update_run(time_zone="Pacific/Kiritimati")
    assert dashboard["today"] == "2027-01-13"
    client.complete_days(2)

    client.travel(ONE_DAY)

    assert streak_lengths(client.dashboard()) == (2, 2, 0)


def test_streak_of_finished_run_stays_frozen(site: Service, clock: Traveller) -> None:
    client = RunClient.create(site, clock, consents=False)
    client.travel(20 * ONE_DAY)
    client.sync(*(offline_change(day, client.now - (21 - day) * ONE_DAY, completed=True) for day in range(1, 22)))
    assert streak_lengths(client.dashboard()) == (21, 21, 0)

    client.travel(20 * ONE_DAY)

    assert streak_lengths(client.dashboard()) == (21, 21, 0)


def test_streak_of_abandoned_run_stays_frozen(site: Service, clock: Traveller) -> None:
    client = RunClient.create(site, clock, consents=False)
    client.complete_days(1)
    client.travel(ONE_DAY)
    client.complete_days(2)
    client.update_run(status="abandoned")

    client.travel(20 * ONE_DAY)

    assert streak_lengths(client.dashboard()) == (2, 2, 0)
