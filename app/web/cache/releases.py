"""Releases of content: one row each, with the instants at which something falls due.

Loading content writes the row in the same transaction; whoever keeps made replies reads it to learn
when to throw them away.
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
    """A release and the instants, ascending, at which content that it holds becomes public."""

    id: int
    falls_due: tuple[datetime, ...]

    def due_by(self, now: datetime) -> int:
        """How many of the instants have come."""
        return bisect_right(self.falls_due, now)


NOTHING = Release(0, ())


def announce(session: sqlmodel.Session, falls_due: Iterable[datetime], *, now: datetime) -> None:
    """Make a new release of what this transaction writes."""
    instants = sorted({moment.astimezone(UTC) for moment in falls_due if moment > now})
    session.add(ContentRelease(released_at=now, falls_due=[moment.isoformat() for moment in instants]))


def latest_id(session: Session) -> int:
    """The newest release's number, 0 before the first: the cheap question, asked once a second."""
    newest = select(col(ContentRelease.id)).order_by(col(ContentRelease.id).desc()).limit(1)
    newest_id: int | None = session.scalar(newest)
    return newest_id or 0


def read(session: Session, release_id: int) -> Release:
    statement = select(col(ContentRelease.falls_due)).where(col(ContentRelease.id) == release_id)
    instants = session.scalar(statement) or []
    return Release(release_id, tuple(datetime.fromisoformat(moment) for moment in instants))
