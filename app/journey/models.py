"""Database tables for journeys, members' runs, daily notes, synced offline changes and calendars."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field

from app.core.db.columns import SortedText, UtcDateTime
from app.core.db.table import Table


class Journey(Table, table=True):
    """A guided 21-day program.

    `definition` contains the texts of all days in every format that the API serves. `digest` is a hash of `definition`.
    """

    __tablename__ = "journeys"

    slug: str = Field(primary_key=True, sa_type=SortedText)
    is_listed: bool
    digest: str
    definition: dict[str, Any] = Field(sa_type=JSON)


class Run(Table, table=True):
    """One pass of a member through a journey, called a run.

    `number` is 1 for the member's first run, 2 for the second, and so on. Only `journey/runs.py` reads the JSON in
    `timetable`. `is_underway` is true until the run is completed or abandoned. It can be derived from other data, but
    is stored so that a unique index can enforce at most one such run per member.
    """

    __tablename__ = "runs"
    __table_args__ = (
        Index("uq_runs_number", "member_id", "number", unique=True),
        Index(
            "uq_runs_underway",
            "member_id",
            unique=True,
            postgresql_where=text("is_underway"),
            sqlite_where=text("is_underway"),
        ),
        CheckConstraint("pace IN ('daily', 'gentle')", name="known_pace"),
        CheckConstraint("NOT is_underway OR abandoned_at IS NULL", name="over_once_abandoned"),
    )

    member_id: UUID = Field(primary_key=True, foreign_key="members.id", ondelete="CASCADE")
    id: UUID = Field(primary_key=True)
    number: int
    journey: str = Field(foreign_key="journeys.slug", sa_type=SortedText)
    body_hash: bytes
    pace: str
    starts_on: date
    timetable: str
    reminder_time: time | None = None
    is_underway: bool
    started_at: datetime = Field(sa_type=UtcDateTime)
    abandoned_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


def _run_foreign_key() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["member_id", "run_id"], ["runs.member_id", "runs.id"], ondelete="CASCADE")


class RunDay(Table, table=True):
    """The time, date and time zone in which a journey day was completed, and the time of the last undo."""

    __tablename__ = "run_days"
    __table_args__ = (
        _run_foreign_key(),
        CheckConstraint("day BETWEEN 1 AND 21", name="day_of_journey"),
        CheckConstraint(
            "(completed_at IS NULL) = (completed_on IS NULL) AND (completed_at IS NULL) = (time_zone IS NULL)",
            name="completed_when_and_where",
        ),
    )

    member_id: UUID = Field(primary_key=True)
    run_id: UUID = Field(primary_key=True)
    day: int = Field(primary_key=True)
    completed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    completed_on: date | None = None
    time_zone: str | None = None
    undone_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class DayNote(Table, table=True):
    """An encrypted record of a member's tasks, moods and reflection for one journey day."""

    __tablename__ = "day_notes"
    __table_args__ = (_run_foreign_key(), CheckConstraint("day BETWEEN 1 AND 21", name="day_of_journey"))

    member_id: UUID = Field(primary_key=True)
    run_id: UUID = Field(primary_key=True)
    day: int = Field(primary_key=True)
    sealed: bytes


class AppliedChange(Table, table=True):
    """The id of an offline change that was already merged, so that a retry isn't merged twice.

    `body_hash` is a keyed hash of the change. It reveals whether the same id is used again for a different change.
    """

    __tablename__ = "applied_changes"
    __table_args__ = (_run_foreign_key(),)

    member_id: UUID = Field(primary_key=True)
    run_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    body_hash: bytes


class Calendar(Table, table=True):
    """The secret address of a member's calendar subscription.

    It is stored twice: as a hash, to find the calendar, and encrypted, to show the address to the member again.
    """

    __tablename__ = "calendars"
    __table_args__ = (_run_foreign_key(),)

    member_id: UUID = Field(primary_key=True)
    run_id: UUID = Field(primary_key=True)
    secret_hash: bytes = Field(unique=True)
    sealed: bytes
    made_at: datetime = Field(sa_type=UtcDateTime)
