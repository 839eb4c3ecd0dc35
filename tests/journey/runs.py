"""Runs in few words, for tests that say one rule each."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.journey.rules.progress import RunHistory, run_progress, with_completion, without_completion
from app.journey.rules.schedule import Pace, Stretch, Timetable, changed

A_SECOND = timedelta(seconds=1)


def at(text: str, zone: str = "UTC") -> datetime:
    """A moment by the clocks of a zone, such as 2026-03-01T09:00."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def on(text: str) -> date:
    return date.fromisoformat(text)


def begun(made: datetime, zone: str, *, ahead: int = 0, pace: Pace = Pace.DAILY) -> RunHistory:
    """A run that was made at a moment, to start some days ahead."""
    starts_on = made.astimezone(ZoneInfo(zone)).date() + timedelta(days=ahead)
    return RunHistory(Timetable(starts_on, pace, (Stretch(made, zone),)), {})


def completed(run: RunHistory, day: int, moment: datetime, *, heard: datetime | None = None) -> RunHistory:
    return with_completion(run, day, at=moment, now=heard or moment)[0]


def undone(run: RunHistory, day: int, moment: datetime) -> RunHistory:
    return without_completion(run, day, now=moment)[0]


def paused(run: RunHistory, moment: datetime) -> RunHistory:
    return replace(run, timetable=changed(run.timetable, run.done, paused=True, at=moment))


def resumed(run: RunHistory, moment: datetime) -> RunHistory:
    return replace(run, timetable=changed(run.timetable, run.done, paused=False, at=moment))


def moved(run: RunHistory, moment: datetime, zone: str) -> RunHistory:
    return replace(run, timetable=changed(run.timetable, run.done, zone=zone, at=moment))


def abandoned(run: RunHistory, moment: datetime) -> RunHistory:
    return replace(run, abandoned_at=moment)


def finished(made: datetime, zone: str) -> RunHistory:
    """A run of which a day was completed on each date, three hours after the time at which the run was made."""
    run = begun(made, zone)
    for day in range(21):
        run = completed(run, day + 1, made + timedelta(days=day, hours=3))
    return run


def days_open(run: RunHistory, now: datetime) -> int:
    return len(run.openings(now=now))


def opens_at(run: RunHistory, day: int, now: datetime) -> datetime | None:
    return run_progress(run, now=now).days[day - 1].opens_at


def scheduled_on(run: RunHistory, day: int, now: datetime) -> date | None:
    return run_progress(run, now=now).days[day - 1].scheduled_on
