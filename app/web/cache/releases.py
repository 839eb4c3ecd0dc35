"""Content releases: one database row per content load, with the future publication times.

The row is written in the same transaction as the content. `ReleaseWatcher` reads it to detect changes.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlmodel
from sqlalchemy import JSON, select
from sqlmodel import Field, col

from app.core.db.columns import UtcDateTime
from app.core.db.session import Session
from app.core.db.table import Table


class ContentRelease(Table, table=True):
    __tablename__ = "content_releases"

    id: int | None = Field(default=None, primary_key=True)
    released_at: datetime = Field(sa_type=UtcDateTime)
    falls_due: list[str] = Field(sa_type=JSON)


@dataclass(frozen=True, slots=True)
class Release:
    """A content release, with the future publication times of its items in ascending order."""

    id: int
    due_times: tuple[datetime, ...]

    def count_due(self, now: datetime) -> int:
        """Return the number of publication times that have passed at the time `now`."""
        return bisect_right(self.due_times, now)


def add_release(session: sqlmodel.Session, due_times: Iterable[datetime], *, now: datetime) -> None:
    """Record a content release in the same transaction as its content."""
    instants = sorted({moment.astimezone(UTC) for moment in due_times if moment > now})
    session.add(ContentRelease(released_at=now, falls_due=[moment.isoformat() for moment in instants]))


def newest_release_id(session: Session) -> int:
    """Return the id of the newest content release, or 0 if none exists. This query runs once a second."""
    statement = select(col(ContentRelease.id)).order_by(col(ContentRelease.id).desc()).limit(1)
    newest_id: int | None = session.scalar(statement)
    return newest_id or 0


def load_release(session: Session, release_id: int) -> Release:
    statement = select(col(ContentRelease.falls_due)).where(col(ContentRelease.id) == release_id)
    instants = session.scalar(statement) or []
    return Release(release_id, tuple(datetime.fromisoformat(moment) for moment in instants))
