"""Rows of another table in one JSON column, which reads the same from both databases."""

import json
from datetime import UTC, datetime

from sqlalchemy import insert, select
from sqlmodel import col

from app.core.db.database import Database
from app.core.db.json_agg import json_rows
from app.web.cache.releases import ContentRelease

MOMENTS = [datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC), datetime(2026, 3, 4, 5, 6, 7, 89, tzinfo=UTC)]


def test_moments_have_their_offset(database: Database) -> None:
    with database.transaction() as session:
        for moment in MOMENTS:
            session.execute(insert(ContentRelease), {"released_at": moment, "falls_due": []})

    with database.snapshot() as session:
        rows = session.scalar(select(json_rows(col(ContentRelease.id), col(ContentRelease.released_at))))
    assert [datetime.fromisoformat(moment) for _, moment in sorted(json.loads(rows))] == MOMENTS


def test_without_rows_there_is_an_empty_array_or_null(database: Database) -> None:
    with database.snapshot() as session:
        rows = session.scalar(select(json_rows(col(ContentRelease.released_at))))
    assert json.loads(rows or "[]") == []
