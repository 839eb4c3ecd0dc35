"""Counts and means of what a member noted: they describe, and prove nothing."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from statistics import fmean
from typing import Any
from uuid import UUID

from app.accounts.consents import ConsentRequired
from app.core.db.session import Session
from app.journey.day_updates import REFLECTION, TASK
from app.journey.notes import load_with_notes
from app.journey.responses import Insights, MoodChange, MoodFigures, Practice
from app.journey.rules.merge import Completion, Notes
from app.journey.rules.progress import run_progress
from app.journey.rules.schedule import LENGTH
from app.journey.services import JourneyServices

WORD = re.compile(r"\w+(?:['’-]\w+)*")
FEW = 8  # days below which a mean says next to nothing; our choice
NOTE_OF_FEW = "These are few days. A mean of so few moves a lot by chance."
NOTE_OF_NONE = "There is no day yet with a mood noted before and after, so there is nothing to compare."
NOTE = (
    "Moods go up and down for many reasons. These figures show what you noted; they can't show what caused it, and "
    "days without a note aren't in them."
)


def read_insights(
    session: Session, services: JourneyServices, member_id: UUID, run_id: UUID | None, *, now: datetime
) -> Insights:
    """Raises RunNotFound and ConsentRequired."""
    stored, journal = load_with_notes(session, services.ring, member_id, run_id)
    if not journal.agreed:
        raise ConsentRequired
    practice = list(_practice(stored.run.completions, journal.notes))
    found = run_progress(stored.run, now=now)
    before = [each.mood_before for each in practice if each.mood_before is not None]
    after = [each.mood_after for each in practice if each.mood_after is not None]
    changes = [
        each.mood_after - each.mood_before
        for each in practice
        if each.mood_before is not None and each.mood_after is not None
    ]
    return Insights(
        days_completed=found.days_completed,
        dates_practised=len({each.on for each in stored.run.done.values()}),
        percent=found.percent,
        longest_streak=found.streak.longest,
        practice=practice,
        mood_before=MoodFigures(n=len(before), mean=_mean(before)),
        mood_after=MoodFigures(n=len(after), mean=_mean(after)),
        mood_change=MoodChange(n=len(changes), mean_difference=_mean(changes)),
        words_written=sum(each.words for each in practice),
        note=(NOTE_OF_FEW if len(changes) < FEW else NOTE) if changes else NOTE_OF_NONE,
    )


def _practice(completions: Mapping[int, Completion], noted: Mapping[int, Notes]) -> Iterator[Practice]:
    for day in range(1, LENGTH + 1):
        values: dict[str, Any] = {name: note.value for name, note in noted.get(day, {}).items()}
        completed_on = completions[day].on if day in completions else None
        if completed_on is None and not any(values.values()):
            continue
        yield Practice(
            day=day,
            completed_on=completed_on,
            tasks_done=sum(value is True for name, value in values.items() if name.startswith(TASK)),
            mood_before=values.get("mood_before"),
            mood_after=values.get("mood_after"),
            words=len(WORD.findall(str(values.get(REFLECTION) or ""))),
        )


def _mean(values: Sequence[int]) -> float | None:
    return round(fmean(values), 2) if values else None
