"""A run lived through slowly: clock by clock and date by date, as the rules are written and not as the app works.

It goes forward in time and looks whenever a clock on the wall begins to show another date. What has opened is written
down then; dates are counted one by one; nothing is worked out from what a date's midnight would be.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import floor
from typing import Literal, NamedTuple

from tests.journey.clocks import A_DATE, A_WHILE, dates_inside, shown_at, turns, walk

LAST = 21

Pace = Literal["daily", "gentle"]
Kind = Literal["complete", "undo", "pause", "resume", "move", "abandon"]


class Start(NamedTuple):
    at: datetime
    starts_on: date
    zone: str
    pace: Pace


class Event(NamedTuple):
    """What arrived, and when. A completion may have happened earlier."""

    at: datetime
    kind: Kind
    day: int = 0
    happened_at: datetime | None = None
    zone: str = ""


class Look(NamedTuple):
    """What the clock showed at a moment of the run."""

    at: datetime
    moves: int  # how often the zone was changed before: of one instant in two zones, this tells which came later
    shown: date
    paused: bool


class Done(NamedTuple):
    at: datetime
    on: date
    moves: int


@dataclass(frozen=True)
class Picture:
    status: str
    today: date
    opened: dict[int, datetime]
    completed: dict[int, tuple[datetime, date]]
    current_day: int | None
    next_day: int | None
    next_opens_at: datetime | None
    percent: int
    streak: tuple[int, int, int]  # current, longest, bridged


@dataclass
class Life:
    """A run as far as it was lived; what happens to it is told in the order in which it arrives."""

    start: Start
    zone: str = ""
    paused_since: datetime | None = None
    abandoned_at: datetime | None = None
    lived_until: datetime = field(init=False)
    looks: list[Look] = field(default_factory=list)
    zones: list[tuple[datetime, str]] = field(default_factory=list)
    rests: set[date] = field(default_factory=set)
    opened: dict[int, datetime] = field(default_factory=dict)
    claims: dict[int, list[Done]] = field(default_factory=dict)
    undone: dict[int, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """What a run is at its start, it has been for some days, so that its first day begins at midnight."""
        self.zone = self.start.zone
        self.lived_until = self.start.at - A_WHILE
        self.zones.append((self.lived_until, self.zone))

    @property
    def completed(self) -> dict[int, Done]:
        return {day: min(claims, key=lambda done: done.at) for day, claims in self.claims.items() if claims}

    def hear(self, event: Event) -> None:
        self.live(event.at)
        if event.kind == "complete":
            self.complete(event.day, event.happened_at or event.at)
            if len(self.completed) == LAST:
                self.go_on(event.at)
        elif event.kind == "undo" and self.claims.get(event.day):
            self.claims[event.day] = []
            self.undone[event.day] = event.at
        elif event.kind == "pause":
            self.paused_since = self.paused_since or event.at
        elif event.kind == "resume":
            self.go_on(event.at)
        elif event.kind == "move":
            self.zone = event.zone
            self.zones.append((event.at, event.zone))
        elif event.kind == "abandon":
            self.abandoned_at = event.at
        if self.abandoned_at is None:
            self.look(event.at)
        self.open_after_completions()

    def complete(self, day: int, at: datetime) -> None:
        zones = [zone for since, zone in self.zones if since <= at]
        if day not in self.undone or at >= self.undone[day]:
            self.claims.setdefault(day, []).append(Done(at, shown_at(at, zones[-1]), len(zones)))

    def go_on(self, at: datetime) -> None:
        if self.paused_since:
            self.rests |= dates_inside(self.paused_since, at, self.zone)
            self.paused_since = None

    def live(self, until: datetime) -> None:
        if self.abandoned_at is None:
            for turn in turns(self.zone, self.lived_until, until):
                self.look(turn)
            self.lived_until = until
        self.open_after_completions()

    def look(self, at: datetime) -> None:
        shown = shown_at(at, self.zone)
        self.looks.append(Look(at, len(self.zones), shown, self.paused_since is not None))
        if self.start.pace == "daily" and not self.paused_since and len(self.opened) < LAST:
            for day in range(1, min(self.reached(shown), LAST) + 1):
                self.opened.setdefault(day, at)

    def reached(self, shown: date) -> int:
        """Of the daily pace: how many dates have come that aren't rests."""
        return len(set(walk(self.start.starts_on, shown)) - self.rests)

    def open_after_completions(self) -> None:
        """Of the gentle pace: a day opens at the first look after the day before was completed, on a later date."""
        if self.start.pace == "daily":
            return
        self.open(1, (look.at for look in self.looks if not look.paused and look.shown >= self.start.starts_on))
        for day, done in self.completed.items():
            later = (look for look in self.looks if (look.at, look.moves) >= (done.at, done.moves))
            self.open(day + 1, (look.at for look in later if not look.paused and look.shown > done.on))

    def open(self, day: int, moments: Iterator[datetime]) -> None:
        met = next(moments, None)
        if met and day <= LAST:
            self.opened[day] = min(met, self.opened.get(day, met))

    def picture(self, now: datetime) -> Picture:
        self.live(now)
        completed = self.completed
        opened = dict(sorted(self.opened.items()))
        return Picture(
            status=self.status(),
            today=shown_at(now, self.zone),
            opened=opened,
            completed={day: (done.at, done.on) for day, done in completed.items()},
            current_day=max(opened, default=None),
            next_day=min(opened.keys() - completed.keys(), default=None),
            next_opens_at=self.next_opens_at(now),
            percent=floor(100 * len(completed) / LAST),
            streak=self.streak(now),
        )

    def status(self) -> str:
        if self.abandoned_at:
            return "abandoned"
        if len(self.completed) == LAST:
            return "completed"
        if self.paused_since:
            return "paused"
        return "active" if self.opened else "scheduled"

    def next_opens_at(self, now: datetime) -> datetime | None:
        """When the next clock will turn to a date on which the next day opens, if nothing else happens."""
        day = len(self.opened) + 1
        if self.paused_since or self.abandoned_at or day > LAST:
            return None
        coming = turns(self.zone, now, now + timedelta(days=60))
        if self.start.pace == "daily":
            return next(turn for turn in coming if self.reached(shown_at(turn, self.zone)) >= day)
        done = self.completed.get(day - 1)
        if day > 1 and done is None:
            return None
        due = done.on + A_DATE if done else self.start.starts_on
        return next(turn for turn in coming if shown_at(turn, self.zone) >= due)

    def streak(self, now: datetime) -> tuple[int, int, int]:
        """As of today, of the date of the latest completion, or of that on which the run was abandoned."""
        today = shown_at(self.abandoned_at or now, self.zone)
        if not self.abandoned_at and len(self.completed) == LAST:
            today = max(self.completed.values()).on
        neutral = set(walk(self.start.starts_on, today)) - {look.shown for look in self.looks} | self.rests
        if self.paused_since:
            neutral |= dates_inside(self.paused_since, self.abandoned_at or now, self.zone)
        return streak({done.on for done in self.completed.values()}, self.start.starts_on, today, neutral)


def streak(practised: set[date], starts_on: date, today: date, neutral: set[date]) -> tuple[int, int, int]:
    """Current, longest and bridged, by asking of each missed date what the six before it that count were."""
    missed = set(walk(starts_on, today - A_DATE)) - practised - neutral
    breaks = {day for day in missed if missed.intersection(six_before(day, starts_on, neutral))}
    chains = Counter(sum(each < day for each in breaks) for day in practised)
    current = {day for day in practised if not any(each > day for each in breaks)}
    bridged = [day for day in missed - breaks if current and day > min(current)]
    return len(current), max(chains.values(), default=0), len(bridged)


def six_before(day: date, starts_on: date, neutral: set[date]) -> list[date]:
    return [each for each in walk(starts_on, day - A_DATE) if each not in neutral][-6:]


def replay(start: Start, events: list[Event], now: datetime) -> Picture:
    life = Life(start)
    for event in events:
        life.hear(event)
    return life.picture(now)
