"""Tests for a draft's `answered_at` time: RFC 3339 format, not in the future, and not before 1970."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from pydantic import ValidationError

from app.assessments.requests import NewDraft
from tests.factories.results import NOON, consenting_member, error_summary, put_draft
from tests.factories.services import Service

TWO_ANSWERS, THREE_ANSWERS = {"q01": 2, "q02": 6}, {"q01": 2, "q02": 6, "q03": 6}
INVALID_TIMES = [
    "2026-11-01T10:00:00",  # no time zone
    "2026-11-01T10:00Z",
    "2026-11-01T10:00:00+0100",
    "2026-11-01T10:00:00 +01:00",
    "2026-11-01T10:00:00+24:00",
    "2026-11-01T24:00:00Z",
    "2026-11-01T23:59:60Z",
    "2026-02-29T10:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "1969-12-31T23:59:59Z",
    "9999-12-31T23:59:59-14:00",
    "10000-01-01T00:00:00Z",
    "٢٠٢٦-11-01T10:00:00Z",
    "2026-11-01T10:00:00Z\n",
    " 2026-11-01T10:00:00Z",
    "",
    1_793_527_200,
    True,
    None,
]


def draft(answered_at: Any) -> NewDraft:
    return NewDraft.model_validate({"version": 1, "answers": TWO_ANSWERS, "answered_at": answered_at})


def test_save_draft_accepts_clock_skew_of_two_minutes(site: Service) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        member = consenting_member(site)
        for ahead in (1, 120):
            response = put_draft(member, TWO_ANSWERS, (NOON + timedelta(seconds=ahead)).isoformat())
            assert (response.status_code, response.json()["answered_at"]) == (200, "2026-11-24T12:00:00Z")

        for late in ((NOON + timedelta(minutes=2, microseconds=1)).isoformat(), "9998-12-31T23:59:59-14:00"):
            response = put_draft(member, THREE_ANSWERS, late)
            assert error_summary(response) == (422, "in_future", "body/answered_at")
            assert response.json()["server_time"] == "2026-11-24T12:00:00Z"
        clock.shift(timedelta(seconds=1))
        current = put_draft(member, THREE_ANSWERS, "2026-11-24T12:00:01Z")

    assert (current.status_code, current.json()["answers"]) == (200, THREE_ANSWERS)


@pytest.mark.parametrize("moment", INVALID_TIMES)
def test_draft_with_invalid_time_is_rejected(moment: Any) -> None:
    with pytest.raises(ValidationError) as error:
        draft(moment)

    assert [found["loc"] for found in error.value.errors()] == [("answered_at",)]


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-01t10:00:00z", "2026-11-01T10:00:00+00:00"),
        ("2026-11-01 10:00:00-05:00", "2026-11-01T15:00:00+00:00"),
        ("2026-11-01T10:00:00.123456789Z", "2026-11-01T10:00:00.123456+00:00"),
        ("1970-01-01T00:00:00+14:00", "1969-12-31T10:00:00+00:00"),
    ],
)
def test_draft_accepts_rfc_3339_times(moment: str, expected: str) -> None:
    assert draft(moment).answered_at.isoformat() == expected


def test_save_draft_keeps_fractions_of_seconds(site: Service) -> None:
    saved = put_draft(consenting_member(site), TWO_ANSWERS, "1970-01-01T00:00:00.9+14:00")

    assert saved.json()["answered_at"] == "1969-12-31T10:00:00.900000Z"
