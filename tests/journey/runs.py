"""A run (enrolment in a journey) with methods for its events, for tests of the journey rules."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Self, cast
from zoneinfo import ZoneInfo

from app.journey.rules.progress import RunHistory, RunProgress, compute_progress, record_completion, undo_completion
from app.journey.rules.schedule import Pace, Period, Timetable, change_timetable, local_date
from app.journey.rules.streaks import Streak

BERLIN, PAGO_PAGO, APIA, KIRITIMATI = "Europe/Berlin", "Pacific/Pago_Pago", "Pacific/Apia", "Pacific/Kiritimati"
ONE_SECOND, ONE_DAY = timedelta(seconds=1), timedelta(days=1)


def at(text: str, zone: str = BERLIN) -> datetime:
    """Return the instant of a local time, which is written as 2026-03-01T09:00."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def on(text: str) -> date:
    return date.fromisoformat(text)


def noon(day: int) -> datetime:
    """Return noon of a day in May 2026, in Berlin."""
    return at("2026-05-01T12:00") + timedelta(days=day - 1)


@dataclass(frozen=True)
class MemberRun(RunHistory):
    """A run whose methods return the run after an event, or its state at a time."""

    @classmethod
    def start(cls, created_at: datetime, zone: str = BERLIN, *, days_ahead: int = 0, pace: Pace = Pace.DAILY) -> Self:
        """Return a run that starts on its creation date or `days_ahead` days later."""
        starts_on = local_date(created_at, zone) + timedelta(days=days_ahead)
        return cls(Timetable(starts_on, pace, (Period(created_at, zone),)), {})

    def complete(self, day: int, instant: datetime, *, received_at: datetime | None = None) -> Self:
        return cast("Self", record_completion(self, day, at=instant, now=received_at or instant)[0])

    def undo(self, day: int, instant: datetime) -> Self:
        return cast("Self", undo_completion(self, day, now=instant)[0])

    def complete_all(self) -> Self:
        """Complete one day on each of 21 dates, three hours after the time at which the run was created."""
        run, created_at = self, self.timetable.periods[0].since
        for day in range(21):
            run = run.complete(day + 1, created_at + timedelta(days=day, hours=3))
        return run

    def pause(self, instant: datetime) -> Self:
        return self._change(instant, is_paused=True)

    def resume(self, instant: datetime) -> Self:
        return self._change(instant, is_paused=False)

    def move(self, instant: datetime, zone: str) -> Self:
        return self._change(instant, zone=zone)

    def abandon(self, instant: datetime) -> Self:
        return replace(self, abandoned_at=instant)

    def open_days(self, now: datetime) -> int:
        return len(self.openings(now=now))

    def opens_at(self, day: int, now: datetime) -> datetime | None:
        return self.progress(now).days[day - 1].opens_at

    def due_date(self, day: int, now: datetime) -> date | None:
        return self.progress(now).days[day - 1].scheduled_on

    def progress(self, now: datetime) -> RunProgress:
        return compute_progress(self, now=now)

    def streak(self, now: datetime) -> Streak:
        return self.progress(now).streak

    def _change(self, instant: datetime, *, zone: str | None = None, is_paused: bool | None = None) -> Self:
        timetable = change_timetable(self.timetable, self.completed_days, zone=zone, is_paused=is_paused, at=instant)
        return replace(self, timetable=timetable)
