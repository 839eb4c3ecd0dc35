"""When a draft was saved: as the standard writes it, not in the future, and in our days."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from tests.factories.results import (
    agreed,
    draft_of,
    draft_path,
    faults,
    told,
)
from tests.factories.services import Person, Service

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SOME = {"q01": 2, "q02": 6}
MORE = SOME | {"q03": 6}


@pytest.fixture(scope="module")
def person(site: Service) -> Person:
    """One who is enough for tests that leave nothing behind."""
    return agreed(site)


def test_a_clock_may_be_two_minutes_ahead_and_counts_as_ours(site: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        person = agreed(site)
        for ahead in (1, 120):
            moment = (NOON + timedelta(seconds=ahead)).isoformat()
            reply = person.ask("PUT", draft_path(), draft_of(SOME, moment))
            assert (reply.status_code, reply.json()["answered_at"]) == (200, "2026-11-24T12:00:00Z")

        for late in (timedelta(minutes=2, microseconds=1), timedelta(days=1), timedelta(days=365 * 500)):
            reply = person.ask("PUT", draft_path(), draft_of(MORE, (NOON + late).isoformat()))
            assert told(reply) == (422, "in_future")
            assert faults(reply) == [("body", "/answered_at")]
            assert reply.json()["server_time"] == "2026-11-24T12:00:00Z"
        clock.shift(timedelta(seconds=1))
        honest = person.ask("PUT", draft_path(), draft_of(MORE, "2026-11-24T12:00:01Z"))

    assert (honest.status_code, honest.json()["answers"]) == (200, MORE)


@pytest.mark.parametrize(
    "moment",
    [
        "2026-11-01T10:00:00",  # nobody knows where
        "2026-11-01",
        "2026-11-01T10:00Z",
        "20261101T100000Z",
        "2026-11-01T10:00:00+0100",
        "2026-11-01T10:00:00 +01:00",
        "2026-11-01T10:00:00+24:00",
        "2026-11-01T10:00:00+01:60",
        "2026-11-01T24:00:00Z",
        "2026-11-01T23:59:60Z",
        "2026-11-31T10:00:00Z",
        "2026-02-29T10:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-14:00",
        "10000-01-01T00:00:00Z",
        "٢٠٢٦-11-01T10:00:00Z",
        "2026-11-01T10:00:00Z\n",
        " 2026-11-01T10:00:00Z",
        "1793527200",
        "now",
        "",
        1_793_527_200,
        1_793_527_200.5,
        0,
        True,
        None,
        ["2026-11-01T10:00:00Z"],
    ],
)
def test_what_is_no_moment_of_our_days_is_refused(person: Person, moment: Any) -> None:
    reply = person.ask("PUT", draft_path(), draft_of(SOME, moment))

    assert told(reply) == (422, "invalid_input")
    assert faults(reply) == [("body", "/answered_at")]


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        ("2026-11-01t10:00:00z", "2026-11-01T10:00:00Z"),
        ("2026-11-01 10:00:00-05:00", "2026-11-01T15:00:00Z"),
        ("2026-11-01T10:00:00.123456789Z", "2026-11-01T10:00:00.123456Z"),
        ("2026-11-01T10:00:00-00:00", "2026-11-01T10:00:00Z"),
        ("1970-01-01T00:00:00+14:00", "1969-12-31T10:00:00Z"),
        ("2024-02-29T23:59:59.9+14:00", "2024-02-29T09:59:59.900000Z"),
    ],
)
def test_a_moment_may_be_written_in_any_way_of_the_standard(site: Service, moment: str, shown: str) -> None:
    person = agreed(site)

    reply = person.ask("PUT", draft_path(), draft_of(SOME, moment))

    assert (reply.status_code, reply.json()["answered_at"]) == (200, shown)
    assert person.ask("GET", draft_path()).json() == reply.json()


def test_the_latest_moments_that_can_be_written_are_in_the_future(person: Person) -> None:
    for moment in ("9998-12-31T23:59:59-14:00", "9998-12-31T23:59:59+14:00"):
        assert told(person.ask("PUT", draft_path(), draft_of(SOME, moment))) == (422, "in_future")
