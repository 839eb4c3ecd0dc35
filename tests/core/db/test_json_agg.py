"""Tests for selecting rows as one JSON column, with equal results on SQLite and PostgreSQL."""

import json
from datetime import UTC, datetime

from sqlalchemy import insert, select
from sqlmodel import col

from app.core.db.database import Database
from app.core.db.json_agg import json_rows
from app.web.cache.releases import ContentRelease

TIMESTAMPS = [datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC), datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=UTC)]


def test_timestamps_have_an_offset(database: Database) -> None:
    with database.transaction() as session:
        for timestamp in TIMESTAMPS:
            session.execute(insert(ContentRelease), {"released_at": timestamp, "falls_due": []})

    with database.snapshot() as session:
        rows = session.scalar(select(json_rows(col(ContentRelease.id), col(ContentRelease.released_at))))
    assert [datetime.fromisoformat(timestamp) for _, timestamp in sorted(json.loads(rows))] == TIMESTAMPS


def test_without_rows_result_is_empty_array_or_null(database: Database) -> None:
    with database.snapshot() as session:
        rows = session.scalar(select(json_rows(col(ContentRelease.released_at))))
    assert json.loads(rows or "[]") == []
