"""Descriptive statistics of a member's journey: completed days, average moods and words written."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from statistics import fmean
from typing import Any
from uuid import UUID

from app.accounts.consents import ConsentRequired
from app.core.db.session import Session
from app.journey.day_updates import REFLECTION, TASK_PREFIX
from app.journey.notes import load_with_notes
from app.journey.responses import Insights, MoodChange, MoodSummary, PracticeDay
from app.journey.rules.merge import Completion, Notes
from app.journey.rules.progress import compute_progress
from app.journey.rules.schedule import LENGTH
from app.journey.services import JourneyServices

WORD = re.compile(r"\w+(?:['’-]\w+)*")
MIN_MOOD_CHANGES = 8  # days; a mean of fewer varies mostly by chance (the limit is our own choice)
FEW_DAYS_NOTE = "These figures are based on few days. Means of few days can change a lot by chance."
NO_DAYS_NOTE = "No day has a mood noted both before and after yet, so moods can't be compared."
NOTE = (
    "Moods go up and down for many reasons. These figures summarize your notes. They can't show the causes, and they "
    "don't include days without notes."
)


def read_insights(
    session: Session, services: JourneyServices, member_id: UUID, run_id: UUID | None, *, now: datetime
) -> Insights:
    """Return statistics of a journey run: completed days, average moods and words written.

    Raise RunNotFound, and ConsentRequired if the member hasn't consented to the storage of health data.
    """
    stored_run, run_notes = load_with_notes(session, services.ring, member_id, run_id)
    if not run_notes.has_consent:
        raise ConsentRequired
    practice_days = list(_practice_days(stored_run.run.completions, run_notes.by_day))
    progress = compute_progress(stored_run.run, now=now)
    before = [day.mood_before for day in practice_days if day.mood_before is not None]
    after = [day.mood_after for day in practice_days if day.mood_after is not None]
    changes = [
        day.mood_after - day.mood_before
        for day in practice_days
        if day.mood_before is not None and day.mood_after is not None
    ]
    return Insights(
        days_completed=progress.days_completed,
        dates_practised=len({day.on for day in stored_run.run.completed_days.values()}),
        percent=progress.percent,
        longest_streak=progress.streak.longest,
        practice=practice_days,
        mood_before=MoodSummary(n=len(before), mean=_mean(before)),
        mood_after=MoodSummary(n=len(after), mean=_mean(after)),
        mood_change=MoodChange(n=len(changes), mean_difference=_mean(changes)),
        words_written=sum(day.words for day in practice_days),
        note=(FEW_DAYS_NOTE if len(changes) < MIN_MOOD_CHANGES else NOTE) if changes else NO_DAYS_NOTE,
    )


def _practice_days(completions: Mapping[int, Completion], notes_by_day: Mapping[int, Notes]) -> Iterator[PracticeDay]:
    for day in range(1, LENGTH + 1):
        values: dict[str, Any] = {name: note.value for name, note in notes_by_day.get(day, {}).items()}
        completed_on = completions[day].on if day in completions else None
        if completed_on is None and not any(values.values()):
            continue
        yield PracticeDay(
            day=day,
            completed_on=completed_on,
            tasks_done=sum(value is True for name, value in values.items() if name.startswith(TASK_PREFIX)),
            mood_before=values.get("mood_before"),
            mood_after=values.get("mood_after"),
            words=len(WORD.findall(str(values.get(REFLECTION) or ""))),
        )


def _mean(values: Sequence[int]) -> float | None:
    return round(fmean(values), 2) if values else None
