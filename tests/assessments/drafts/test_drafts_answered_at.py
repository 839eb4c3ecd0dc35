"""Tests for a draft's `answered_at` time: RFC 3339 format, not in the future, and not before 1970."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from tests.factories.results import (
    consenting_member,
    draft_body,
    draft_path,
    error_locations,
    status_and_code,
)
from tests.factories.services import MemberClient, Service

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
TWO_ANSWERS = {"q01": 2, "q02": 6}
THREE_ANSWERS = TWO_ANSWERS | {"q03": 6}


@pytest.fixture(scope="module")
def member(site: Service) -> MemberClient:
    """Return a member shared by tests that store no data."""
    return consenting_member(site)


def test_save_draft_accepts_clock_skew_of_two_minutes(site: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        member = consenting_member(site)
        for ahead in (1, 120):
            moment = (NOON + timedelta(seconds=ahead)).isoformat()
            response = member.request("PUT", draft_path(), draft_body(TWO_ANSWERS, moment))
            assert (response.status_code, response.json()["answered_at"]) == (200, "2026-11-24T12:00:00Z")

        for late in (timedelta(minutes=2, microseconds=1), timedelta(days=1), timedelta(days=365 * 500)):
            response = member.request("PUT", draft_path(), draft_body(THREE_ANSWERS, (NOON + late).isoformat()))
            assert status_and_code(response) == (422, "in_future")
            assert error_locations(response) == [("body", "/answered_at")]
            assert response.json()["server_time"] == "2026-11-24T12:00:00Z"
        clock.shift(timedelta(seconds=1))
        current = member.request("PUT", draft_path(), draft_body(THREE_ANSWERS, "2026-11-24T12:00:01Z"))

    assert (current.status_code, current.json()["answers"]) == (200, THREE_ANSWERS)


@pytest.mark.parametrize(
    "moment",
    [
        "2026-11-01T10:00:00",  # no time zone
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
def test_save_draft_with_invalid_time_returns_422(member: MemberClient, moment: Any) -> None:
    response = member.request("PUT", draft_path(), draft_body(TWO_ANSWERS, moment))

    assert status_and_code(response) == (422, "invalid_input")
    assert error_locations(response) == [("body", "/answered_at")]


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-01t10:00:00z", "2026-11-01T10:00:00Z"),
        ("2026-11-01 10:00:00-05:00", "2026-11-01T15:00:00Z"),
        ("2026-11-01T10:00:00.123456789Z", "2026-11-01T10:00:00.123456Z"),
        ("2026-11-01T10:00:00-00:00", "2026-11-01T10:00:00Z"),
        ("1970-01-01T00:00:00+14:00", "1969-12-31T10:00:00Z"),
        ("2024-02-29T23:59:59.9+14:00", "2024-02-29T09:59:59.900000Z"),
    ],
)
def test_save_draft_accepts_rfc_3339_times(site: Service, moment: str, expected: str) -> None:
    member = consenting_member(site)

    response = member.request("PUT", draft_path(), draft_body(TWO_ANSWERS, moment))

    assert (response.status_code, response.json()["answered_at"]) == (200, expected)
    assert member.request("GET", draft_path()).json() == response.json()


def test_save_draft_with_latest_possible_time_returns_in_future(member: MemberClient) -> None:
    for moment in ("9998-12-31T23:59:59-14:00", "9998-12-31T23:59:59+14:00"):
        assert status_and_code(member.request("PUT", draft_path(), draft_body(TWO_ANSWERS, moment))) == (
            422,
            "in_future",
        )
