"""Moments and dates in what was gathered, as either database writes them."""

from datetime import UTC, date, datetime

import pytest

from app.core.db.json_agg import date_in, moment_in, rows_in

NOON = datetime(2026, 11, 24, 12, 0, 0, 500_000, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24 12:00:00.500000",  # SQLite
        "2026-11-24T12:00:00.5+00:00",  # PostgreSQL, in UTC
        "2026-11-24T14:00:00.5+02:00",  # PostgreSQL, wherever it thinks that it is
    ],
)
def test_a_moment_is_the_same_however_it_is_written(text: str) -> None:
    assert moment_in(text) == NOON


def test_nothing_is_nothing() -> None:
    assert (moment_in(None), date_in(None), rows_in(None), rows_in("[]")) == (None, None, [], [])
    assert date_in("2026-11-24") == date(2026, 11, 24)
