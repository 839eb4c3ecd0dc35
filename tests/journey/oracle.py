"""Slow simulation of a 21-day journey, to verify the app's faster algorithms (a test oracle).

It steps forward to each change of the local date, records which days open then, and counts dates one by one. It never
calculates the midnight of a date.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import floor
from typing import Literal, NamedTuple

from tests.journey.clocks import ONE_DAY, THREE_DAYS, date_changes, dates_between, local_date_at, whole_dates_between

LAST_DAY = 21

Pace = Literal["daily", "gentle"]
Kind = Literal["complete", "undo", "pause", "resume", "move", "abandon"]


class Start(NamedTuple):
    at: datetime
    starts_on: date
    zone: str
    pace: Pace


class Event(NamedTuple):
    """A change of a journey by its member, such as the completion of a day.

    `at` is the time of the request. `happened_at` is the earlier time of a completion that was recorded offline.
    """

    at: datetime
    kind: Kind
    day: int = 0
    happened_at: datetime | None = None
    zone: str = ""


class Observation(NamedTuple):
    """The local date at one instant of the journey."""

    at: datetime
    zone_changes: int  # number of earlier zone changes, which orders observations at the same instant
    local_date: date
    is_paused: bool


class CompletionReport(NamedTuple):
    at: datetime
    on: date
    zone_changes: int


@dataclass(frozen=True)
class RunState:
    status: str
    today: date
    opened: dict[int, datetime]
    completed: dict[int, tuple[datetime, date]]
    current_day: int | None
    next_day: int | None
    next_opens_at: datetime | None
    percent: int
    streak: tuple[int, int, int]  # current length, longest length, number of bridged dates


@dataclass
class SimulatedRun:
    """Simulates a member's journey. Apply events in the order in which they arrived."""

    start: Start
    zone: str = ""
    paused_since: datetime | None = None
    abandoned_at: datetime | None = None
    simulated_until: datetime = field(init=False)
    observations: list[Observation] = field(default_factory=list)
    zones: list[tuple[datetime, str]] = field(default_factory=list)
    paused_dates: set[date] = field(default_factory=set)
    opened: dict[int, datetime] = field(default_factory=dict)
    reports: dict[int, list[CompletionReport]] = field(default_factory=dict)
    undone: dict[int, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin three days before the start, because day 1 opens at the midnight before it."""
        self.zone = self.start.zone
        self.simulated_until = self.start.at - THREE_DAYS
        self.zones.append((self.simulated_until, self.zone))

    @property
    def completed(self) -> dict[int, CompletionReport]:
        return {day: min(reports, key=lambda report: report.at) for day, reports in self.reports.items() if reports}

    def apply(self, event: Event) -> None:
        self.advance(event.at)
        if event.kind == "complete":
            self.complete(event.day, event.happened_at or event.at)
            if len(self.completed) == LAST_DAY:
                self.resume(event.at)
        elif event.kind == "undo" and self.reports.get(event.day):
            self.reports[event.day] = []
            self.undone[event.day] = event.at
        elif event.kind == "pause":
            self.paused_since = self.paused_since or event.at
        elif event.kind == "resume":
            self.resume(event.at)
        elif event.kind == "move":
            self.zone = event.zone
            self.zones.append((event.at, event.zone))
        elif event.kind == "abandon":
            self.abandoned_at = event.at
        if self.abandoned_at is None:
            self.observe(event.at)
        self.open_gentle_days()

    def complete(self, day: int, at: datetime) -> None:
        zones = [zone for since, zone in self.zones if since <= at]
        if day not in self.undone or at >= self.undone[day]:
            self.reports.setdefault(day, []).append(CompletionReport(at, local_date_at(at, zones[-1]), len(zones)))

    def resume(self, at: datetime) -> None:
        if self.paused_since:
            self.paused_dates |= whole_dates_between(self.paused_since, at, self.zone)
            self.paused_since = None

    def advance(self, until: datetime) -> None:
        if self.abandoned_at is None:
            for change in date_changes(self.zone, self.simulated_until, until):
                self.observe(change)
            self.simulated_until = until
        self.open_gentle_days()

    def observe(self, at: datetime) -> None:
        local_date = local_date_at(at, self.zone)
        self.observations.append(Observation(at, len(self.zones), local_date, self.paused_since is not None))
        if self.start.pace == "daily" and not self.paused_since and len(self.opened) < LAST_DAY:
            for day in range(1, min(self.scheduled_days(local_date), LAST_DAY) + 1):
                self.opened.setdefault(day, at)

    def scheduled_days(self, local_date: date) -> int:
        """Return how many days are scheduled up to a date, at the daily pace."""
        return len(set(dates_between(self.start.starts_on, local_date)) - self.paused_dates)

    def open_gentle_days(self) -> None:
        """Open each day on the first date after the previous day was completed, at the gentle pace."""
        if self.start.pace == "daily":
            return
        active = [observation for observation in self.observations if not observation.is_paused]
        self.open(1, (item.at for item in active if item.local_date >= self.start.starts_on))
        for day, report in self.completed.items():
            later = (item for item in active if (item.at, item.zone_changes) >= (report.at, report.zone_changes))
            self.open(day + 1, (item.at for item in later if item.local_date > report.on))

    def open(self, day: int, instants: Iterator[datetime]) -> None:
        opening = next(instants, None)
        if opening and day <= LAST_DAY:
            self.opened[day] = min(opening, self.opened.get(day, opening))

    def state(self, now: datetime) -> RunState:
        self.advance(now)
        completed = self.completed
        opened = dict(sorted(self.opened.items()))
        return RunState(
            status=self.status(),
            today=local_date_at(now, self.zone),
            opened=opened,
            completed={day: (report.at, report.on) for day, report in completed.items()},
            current_day=max(opened, default=None),
            next_day=min(opened.keys() - completed.keys(), default=None),
            next_opens_at=self.next_opens_at(now),
            percent=floor(100 * len(completed) / LAST_DAY),
            streak=self.streak(now),
        )

    def status(self) -> str:
        if self.abandoned_at:
            return "abandoned"
        if len(self.completed) == LAST_DAY:
            return "completed"
        if self.paused_since:
            return "paused"
        return "active" if self.opened else "scheduled"

    def next_opens_at(self, now: datetime) -> datetime | None:
        """Return when the next day opens, or None if this is unknown or all days are open."""
        day = len(self.opened) + 1
        if self.paused_since or self.abandoned_at or day > LAST_DAY:
            return None
        upcoming = date_changes(self.zone, now, now + timedelta(days=60))
        if self.start.pace == "daily":
            return next(change for change in upcoming if self.scheduled_days(local_date_at(change, self.zone)) >= day)
        previous = self.completed.get(day - 1)
        if day > 1 and previous is None:
            return None
        due = previous.on + ONE_DAY if previous else self.start.starts_on
        return next(change for change in upcoming if local_date_at(change, self.zone) >= due)

    def streak(self, now: datetime) -> tuple[int, int, int]:
        """Return the streak as of today, or as of the end of a completed or abandoned journey."""
        today = local_date_at(self.abandoned_at or now, self.zone)
        if not self.abandoned_at and len(self.completed) == LAST_DAY:
            today = max(self.completed.values()).on
        observed_dates = {observation.local_date for observation in self.observations}
        neutral = set(dates_between(self.start.starts_on, today)) - observed_dates | self.paused_dates
        if self.paused_since:
            neutral |= whole_dates_between(self.paused_since, self.abandoned_at or now, self.zone)
        return streak({report.on for report in self.completed.values()}, self.start.starts_on, today, neutral)


def streak(practised: set[date], starts_on: date, today: date, neutral: set[date]) -> tuple[int, int, int]:
    """Return the current length, the longest length and the number of bridged dates.

    A missed date is bridged if none of the six dates before it was missed, not counting neutral dates.
    """
    missed = set(dates_between(starts_on, today - ONE_DAY)) - practised - neutral
    breaks = {day for day in missed if missed.intersection(six_dates_before(day, starts_on, neutral))}
    lengths = Counter(sum(break_date < day for break_date in breaks) for day in practised)
    current = {day for day in practised if not any(break_date > day for break_date in breaks)}
    bridged = [day for day in missed - breaks if current and day > min(current)]
    return len(current), max(lengths.values(), default=0), len(bridged)


def six_dates_before(day: date, starts_on: date, neutral: set[date]) -> list[date]:
    return [before for before in dates_between(starts_on, day - ONE_DAY) if before not in neutral][-6:]
