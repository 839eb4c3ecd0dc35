"""Helpers that create and change journeys of members, for tests of the journey rules."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.journey.rules.progress import RunHistory, compute_progress, record_completion, undo_completion
from app.journey.rules.schedule import Pace, Period, Timetable, change_timetable

ONE_SECOND = timedelta(seconds=1)


def at(text: str, zone: str = "UTC") -> datetime:
    """Return the instant of a local time, which is written as 2026-03-01T09:00."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def on(text: str) -> date:
    return date.fromisoformat(text)


def new_run(created_at: datetime, zone: str, *, days_ahead: int = 0, pace: Pace = Pace.DAILY) -> RunHistory:
    """Return a journey that starts on its creation date or `days_ahead` days later."""
    starts_on = created_at.astimezone(ZoneInfo(zone)).date() + timedelta(days=days_ahead)
    return RunHistory(Timetable(starts_on, pace, (Period(created_at, zone),)), {})


def complete_day(run: RunHistory, day: int, instant: datetime, *, received_at: datetime | None = None) -> RunHistory:
    return record_completion(run, day, at=instant, now=received_at or instant)[0]


def undo_day(run: RunHistory, day: int, instant: datetime) -> RunHistory:
    return undo_completion(run, day, now=instant)[0]


def pause_run(run: RunHistory, instant: datetime) -> RunHistory:
    return replace(run, timetable=change_timetable(run.timetable, run.completed_days, is_paused=True, at=instant))


def resume_run(run: RunHistory, instant: datetime) -> RunHistory:
    return replace(run, timetable=change_timetable(run.timetable, run.completed_days, is_paused=False, at=instant))


def change_zone(run: RunHistory, instant: datetime, zone: str) -> RunHistory:
    return replace(run, timetable=change_timetable(run.timetable, run.completed_days, zone=zone, at=instant))


def abandon_run(run: RunHistory, instant: datetime) -> RunHistory:
    return replace(run, abandoned_at=instant)


def finished_run(created_at: datetime, zone: str) -> RunHistory:
    """Return a journey with one day completed on each of 21 dates."""
    run = new_run(created_at, zone)
    for day in range(21):
        run = complete_day(run, day + 1, created_at + timedelta(days=day, hours=3))
    return run


def open_day_count(run: RunHistory, now: datetime) -> int:
    return len(run.openings(now=now))


def opens_at(run: RunHistory, day: int, now: datetime) -> datetime | None:
    return compute_progress(run, now=now).days[day - 1].opens_at


def scheduled_on(run: RunHistory, day: int, now: datetime) -> date | None:
    return compute_progress(run, now=now).days[day - 1].scheduled_on
