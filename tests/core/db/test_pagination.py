"""Cursors hold what they say, and anything else is refused."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.articles.queries import BY_TITLE, NEWEST
from app.core.db.pagination import BadCursor, rank_cursor, rank_of


def cursor(*values: object) -> str:
    return urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def test_a_cursor_gives_back_typed_keys() -> None:
    keys = NEWEST.keys(cursor("newest", "2026-01-02T00:00:00+00:00", "00000000-0000-0000-0000-00000000000a"))

    assert keys == [datetime(2026, 1, 2, tzinfo=UTC), UUID(int=10)]


@pytest.mark.parametrize(
    "values",
    [
        (),
        ("title", "2026-01-02T00:00:00+00:00", str(UUID(int=1))),
        ("newest",),
        ("newest", "2026-01-02T00:00:00+00:00"),
        ("newest", "2026-01-02T00:00:00", str(UUID(int=1))),
        ("newest", "0001-01-01T00:00:00+14:00", str(UUID(int=1))),
        ("newest", 5, str(UUID(int=1))),
        ("newest", "2026-01-02T00:00:00+00:00", 7),
        ("newest", "2026-01-02T00:00:00+00:00", "'; DROP TABLE"),
    ],
)
def test_a_cursor_that_we_did_not_make_is_refused(values: tuple[object, ...]) -> None:
    with pytest.raises(BadCursor):
        NEWEST.keys(cursor(*values))


@given(st.text(max_size=300))
def test_no_text_is_more_than_refused(text: str) -> None:
    for order in (NEWEST, BY_TITLE):
        with pytest.raises(BadCursor):
            order.keys(text)
    with pytest.raises(BadCursor):
        rank_of(text, "search")


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=8))
def test_no_json_is_more_than_refused(value: object) -> None:
    with pytest.raises(BadCursor):
        BY_TITLE.keys(cursor("title", value, value, value))


def test_ranks_end_where_the_list_does() -> None:
    assert rank_of(rank_cursor("search", 20, 50), "search") == 20
    assert rank_cursor("search", 50, 50) is None
    assert rank_cursor("search", 10_000, 50_000) is None
    assert rank_of(None, "search") == 0
