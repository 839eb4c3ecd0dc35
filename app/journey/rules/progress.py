"""The progress of a member's journey: its status, streak and days, computed from stored events."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from app.journey.rules import merge
from app.journey.rules.merge import NOT_COMPLETED, Completion, Effect
from app.journey.rules.schedule import (
    LENGTH,
    CompletedDay,
    Timetable,
    change_timetable,
    compute_openings,
    local_date,
    neutral_date_predicate,
    pause_start,
    plan_days,
    store_openings,
    zone_at,
)
from app.journey.rules.streaks import Streak, compute_streak


class Status(StrEnum):
    SCHEDULED = "scheduled"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    ABANDONED = "abandoned"


class DayStatus(StrEnum):
    LOCKED = "locked"
    OPEN = "open"
    COMPLETED = "completed"


@dataclass(frozen=True)
class RunHistory:
    """The stored events of a journey run, from which its status and progress are computed.

    `completions` has an entry for each day that was completed, even if the completion was undone.
    """

    timetable: Timetable
    completions: Mapping[int, Completion]
    abandoned_at: datetime | None = None

    @cached_property
    def completed_days(self) -> dict[int, CompletedDay]:
        return {day: CompletedDay(done.at, done.on) for day, done in self.completions.items() if done.at and done.on}

    @property
    def is_completed(self) -> bool:
        return len(self.completed_days) == LENGTH

    @property
    def is_underway(self) -> bool:
        return self.abandoned_at is None and not self.is_completed

    def openings(self, *, now: datetime) -> tuple[datetime, ...]:
        """Return when each unlocked journey day was unlocked, ordered by day. An abandoned run unlocks no more days."""
        until = now if self.abandoned_at is None else min(now, self.abandoned_at)
        return compute_openings(self.timetable, self.completed_days, now=until)


class DayProgress(NamedTuple):
    number: int
    status: DayStatus
    scheduled_on: date | None
    opens_at: datetime | None
    completion: Completion


@dataclass(frozen=True, slots=True)
class RunProgress:
    """The progress of a journey run at a point in time.

    `current_day` is the last unlocked day. `next_day` is the first unlocked day that isn't completed.
    """

    status: Status
    zone: str
    paused_at: datetime | None
    today: date
    current_day: int | None
    next_day: int | None
    next_opens_at: datetime | None
    days_completed: int
    percent: int
    streak: Streak
    days: tuple[DayProgress, ...]


def compute_progress(run: RunHistory, *, now: datetime) -> RunProgress:
    openings = run.openings(now=now)
    days = tuple(_days(run, openings))
    completed_count = len(run.completed_days)
    remaining = (day.number for day in days if day.status is DayStatus.OPEN)
    timetable = run.timetable
    return RunProgress(
        status=_status(run, is_open=bool(openings)),
        zone=timetable.zone,
        paused_at=pause_start(timetable) if timetable.is_paused else None,
        today=local_date(now, timetable.zone),
        current_day=len(openings) or None,
        next_day=next(remaining, None),
        next_opens_at=days[len(openings)].opens_at if len(openings) < LENGTH else None,
        days_completed=completed_count,
        percent=100 * completed_count // LENGTH,
        streak=_streak(run, now=now),
        days=days,
    )


def day_opening(run: RunHistory, day: int, *, now: datetime) -> datetime | None:
    """Return when a journey day was or will be unlocked, or None if this isn't known yet."""
    return _days(run, run.openings(now=now))[day - 1].opens_at


def record_completion(run: RunHistory, day: int, *, at: datetime, now: datetime) -> tuple[RunHistory, Effect]:
    """Mark a journey day as completed at the time `at`, which must not be in the future.

    If the run is paused and all days are now completed, the pause ends.
    """
    zone = zone_at(run.timetable, at)
    before = run.completions.get(day, NOT_COMPLETED)
    after, effect = merge.merge_completion(before, at=at, on=local_date(at, zone), zone=zone)
    if effect is not Effect.APPLIED:
        return run, effect
    timetable = store_openings(run.timetable, run.completed_days, now=now)
    run = replace(run, timetable=timetable, completions={**run.completions, day: after})
    if run.is_completed:
        run = replace(run, timetable=change_timetable(run.timetable, run.completed_days, is_paused=False, at=now))
    return run, effect


def undo_completion(run: RunHistory, day: int, *, now: datetime) -> tuple[RunHistory, Effect]:
    """Undo the completion of a day. Days that are already unlocked stay unlocked."""
    after, effect = merge.merge_undo(run.completions.get(day, NOT_COMPLETED), at=now)
    if effect is not Effect.APPLIED:
        return run, effect
    timetable = store_openings(run.timetable, run.completed_days, now=now)
    return replace(run, timetable=timetable, completions={**run.completions, day: after}), effect


def _status(run: RunHistory, *, is_open: bool) -> Status:
    if run.abandoned_at is not None:
        return Status.ABANDONED
    if run.is_completed:
        return Status.COMPLETED
    if run.timetable.is_paused:
        return Status.PAUSED
    return Status.ACTIVE if is_open else Status.SCHEDULED


def _days(run: RunHistory, openings: tuple[datetime, ...]) -> list[DayProgress]:
    plan = plan_days(run.timetable, run.completed_days, openings, is_underway=run.is_underway)
    return [
        DayProgress(
            number, _day_status(number, openings, run), due_date, opens_at, run.completions.get(number, NOT_COMPLETED)
        )
        for number, (due_date, opens_at) in enumerate(plan, start=1)
    ]


def _day_status(number: int, openings: tuple[datetime, ...], run: RunHistory) -> DayStatus:
    if number > len(openings):
        return DayStatus.LOCKED
    return DayStatus.COMPLETED if number in run.completed_days else DayStatus.OPEN


def _streak(run: RunHistory, *, now: datetime) -> Streak:
    """Return the streak of a journey run as of today, or as of the date on which it was completed or abandoned."""
    timetable, as_of = run.timetable, now
    if run.abandoned_at is not None:
        as_of = run.abandoned_at
    elif run.is_completed:
        as_of = max(completion.at for completion in run.completions.values() if completion.at)
    today = local_date(as_of, zone_at(timetable, as_of))
    practised = {day.on for day in run.completed_days.values()}
    is_neutral = neutral_date_predicate(timetable, until=as_of)
    return compute_streak(practised, starts_on=timetable.starts_on, today=today, is_neutral=is_neutral)
