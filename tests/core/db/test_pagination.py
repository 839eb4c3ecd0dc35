"""Tests for pagination cursors: valid cursors are decoded, and all others are rejected."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.articles.queries import BY_TITLE, NEWEST_FIRST
from app.core.db.pagination import InvalidCursor, rank_cursor, rank_from_cursor


def cursor(*values: object) -> str:
    return urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def test_cursor_values_have_the_types_of_the_columns() -> None:
    keys = NEWEST_FIRST.cursor_values(
        cursor("newest", "2026-01-02T00:00:00+00:00", "00000000-0000-0000-0000-00000000000a")
    )

    assert keys == [datetime(2026, 1, 2, tzinfo=UTC), UUID(int=10)]


@pytest.mark.parametrize(
    "values",
    [
        (),
        ("title", "2026-01-02T00:00:00+00:00", str(UUID(int=1))),
        ("newest", "2026-01-02T00:00:00+00:00"),
        ("newest", "2026-01-02T00:00:00", str(UUID(int=1))),
        ("newest", "0001-01-01T00:00:00+14:00", str(UUID(int=1))),
        ("newest", 5, str(UUID(int=1))),
        ("newest", "2026-01-02T00:00:00+00:00", 7),
        ("newest", "2026-01-02T00:00:00+00:00", "'; DROP TABLE"),
    ],
)
def test_invalid_cursor_is_rejected(values: tuple[object, ...]) -> None:
    with pytest.raises(InvalidCursor):
        NEWEST_FIRST.cursor_values(cursor(*values))


@given(st.text(max_size=50))
def test_any_text_is_rejected_without_another_exception(text: str) -> None:
    for order in (NEWEST_FIRST, BY_TITLE):
        with pytest.raises(InvalidCursor):
            order.cursor_values(text)
    with pytest.raises(InvalidCursor):
        rank_from_cursor(text, "search")


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=8))
def test_any_json_is_rejected_without_another_exception(value: object) -> None:
    with pytest.raises(InvalidCursor):
        BY_TITLE.cursor_values(cursor("title", value, value))


def test_rank_cursor_after_last_item_is_none() -> None:
    assert rank_from_cursor(rank_cursor("search", 20, 50), "search") == 20
    assert rank_cursor("search", 50, 50) is None
    assert rank_cursor("search", 10_000, 50_000) is None
    assert rank_from_cursor(None, "search") == 0
