"""Journeys, members' runs through them, and what members keep of each day."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKeyConstraint, Index, text
from sqlmodel import Field

from app.core.db.columns import SortedText, UtcDateTime
from app.core.db.table import Table


class Journey(Table, table=True):
    """What a journey says, its days included, in every form that is served; `digest` is the hash of it."""

    __tablename__ = "journeys"

    slug: str = Field(primary_key=True, sa_type=SortedText)
    is_listed: bool
    digest: str
    definition: dict[str, Any] = Field(sa_type=JSON)


class Run(Table, table=True):
    """A member's way through a journey; their runs are numbered in the order in which they were started.

    `timetable` is JSON that only `journey/runs.py` reads. `is_underway` follows from what happened (neither abandoned
    nor completed) and is stored so that the database can see to it that there is one at most.
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


def _of_run() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["member_id", "run_id"], ["runs.member_id", "runs.id"], ondelete="CASCADE")


class RunDay(Table, table=True):
    """A day that was completed or undone. Its key lets a day be completed once."""

    __tablename__ = "run_days"
    __table_args__ = (
        _of_run(),
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
    """What a member ticked, felt and wrote on a day, sealed."""

    __tablename__ = "day_notes"
    __table_args__ = (_of_run(), CheckConstraint("day BETWEEN 1 AND 21", name="day_of_journey"))

    member_id: UUID = Field(primary_key=True)
    run_id: UUID = Field(primary_key=True)
    day: int = Field(primary_key=True)
    sealed: bytes


class AppliedChange(Table, table=True):
    """The id of a change that was merged once; `body_hash` is a keyed hash of what it said."""

    __tablename__ = "applied_changes"
    __table_args__ = (_of_run(),)

    member_id: UUID = Field(primary_key=True)
    run_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    body_hash: bytes


class Calendar(Table, table=True):
    """The secret address of a run's calendar: a hash to find it by, and sealed, to be shown again."""

    __tablename__ = "calendars"
    __table_args__ = (_of_run(),)

    member_id: UUID = Field(primary_key=True)
    run_id: UUID = Field(primary_key=True)
    secret_hash: bytes = Field(unique=True)
    sealed: bytes
    made_at: datetime = Field(sa_type=UtcDateTime)
