"""Progress of a run: every figure of a dashboard, computed from the run's events."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from app.journey.rules import merge
from app.journey.rules.merge import UNDONE, Completion, Effect
from app.journey.rules.schedule import (
    LENGTH,
    CompletedDay,
    Timetable,
    changed,
    local_date,
    neutral,
    noted,
    opened,
    paused_since,
    planned,
    zone_at,
)
from app.journey.rules.streaks import Streak, streak


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
    """The events of a run that its rules use. `completions` has the days that were completed or undone."""

    timetable: Timetable
    completions: Mapping[int, Completion]
    abandoned_at: datetime | None = None

    @cached_property
    def done(self) -> dict[int, CompletedDay]:
        return {day: CompletedDay(each.at, each.on) for day, each in self.completions.items() if each.at and each.on}

    @property
    def is_completed(self) -> bool:
        return len(self.done) == LENGTH

    @property
    def is_underway(self) -> bool:
        return self.abandoned_at is None and not self.is_completed

    def openings(self, *, now: datetime) -> tuple[datetime, ...]:
        """The opening instants of the days that are open; once abandoned, nothing opens any longer."""
        until = now if self.abandoned_at is None else min(now, self.abandoned_at)
        return opened(self.timetable, self.done, now=until)


class DayProgress(NamedTuple):
    number: int
    status: DayStatus
    scheduled_on: date | None
    opens_at: datetime | None
    completion: Completion


@dataclass(frozen=True, slots=True)
class RunProgress:
    """Progress at a moment. `current_day` is the highest open day, `next_day` the lowest open one to be completed."""

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


def run_progress(run: RunHistory, *, now: datetime) -> RunProgress:
    openings = run.openings(now=now)
    days = tuple(_days(run, openings))
    done = len(run.done)
    left = (day.number for day in days if day.status is DayStatus.OPEN)
    timetable = run.timetable
    return RunProgress(
        status=_status(run, is_open=bool(openings)),
        zone=timetable.zone,
        paused_at=paused_since(timetable) if timetable.paused else None,
        today=local_date(now, timetable.zone),
        current_day=len(openings) or None,
        next_day=next(left, None),
        next_opens_at=days[len(openings)].opens_at if len(openings) < LENGTH else None,
        days_completed=done,
        percent=100 * done // LENGTH,
        streak=_streak(run, now=now),
        days=days,
    )


def opens_at(run: RunHistory, day: int, *, now: datetime) -> datetime | None:
    """When a day opened or will open; None while it isn't known."""
    return _days(run, run.openings(now=now))[day - 1].opens_at


def with_completion(run: RunHistory, day: int, *, at: datetime, now: datetime) -> tuple[RunHistory, Effect]:
    """A day is completed, at a moment that isn't after now. With the last one a pause ends, too."""
    zone = zone_at(run.timetable, at)
    before = run.completions.get(day, UNDONE)
    after, effect = merge.completed(before, at=at, on=local_date(at, zone), zone=zone)
    if effect is not Effect.APPLIED:
        return run, effect
    timetable = noted(run.timetable, run.done, now=now)
    run = replace(run, timetable=timetable, completions={**run.completions, day: after})
    if run.is_completed:
        run = replace(run, timetable=changed(run.timetable, run.done, paused=False, at=now))
    return run, effect


def without_completion(run: RunHistory, day: int, *, now: datetime) -> tuple[RunHistory, Effect]:
    """A completion is undone, which locks nothing."""
    after, effect = merge.undone(run.completions.get(day, UNDONE), at=now)
    if effect is not Effect.APPLIED:
        return run, effect
    timetable = noted(run.timetable, run.done, now=now)
    return replace(run, timetable=timetable, completions={**run.completions, day: after}), effect


def _status(run: RunHistory, *, is_open: bool) -> Status:
    if run.abandoned_at is not None:
        return Status.ABANDONED
    if run.is_completed:
        return Status.COMPLETED
    if run.timetable.paused:
        return Status.PAUSED
    return Status.ACTIVE if is_open else Status.SCHEDULED


def _days(run: RunHistory, openings: tuple[datetime, ...]) -> list[DayProgress]:
    plan = planned(run.timetable, run.done, openings, is_underway=run.is_underway)
    return [
        DayProgress(number, _day_status(number, openings, run), on, opens_at, run.completions.get(number, UNDONE))
        for number, (on, opens_at) in enumerate(plan, start=1)
    ]


def _day_status(number: int, openings: tuple[datetime, ...], run: RunHistory) -> DayStatus:
    if number > len(openings):
        return DayStatus.LOCKED
    return DayStatus.COMPLETED if number in run.done else DayStatus.OPEN


def _streak(run: RunHistory, *, now: datetime) -> Streak:
    """As of today; of a run that is over, as of the date on which it ended."""
    timetable, moment = run.timetable, now
    if run.abandoned_at is not None:
        moment = run.abandoned_at
    elif run.is_completed:
        moment = max(each.at for each in run.completions.values() if each.at)
    today = local_date(moment, zone_at(timetable, moment))
    practised = {each.on for each in run.done.values()}
    return streak(practised, starts_on=timetable.starts_on, today=today, is_neutral=neutral(timetable, until=moment))
