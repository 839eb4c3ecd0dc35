"""Counts and means of what a member noted: they describe, and prove nothing."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from statistics import fmean
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from app.accounts.consents import ConsentRequired
from app.journey import notes
from app.journey.day_updates import REFLECTION, TASK
from app.journey.rules.merge import Completion, Notes
from app.journey.rules.progress import standing
from app.journey.rules.schedule import LENGTH
from app.journey.runs import read_run
from app.journey.services import Tools

WORD = re.compile(r"\w+(?:['’-]\w+)*")
FEW = 8  # days below which a mean says next to nothing; our choice
NOTE_OF_FEW = "These are few days. A mean of so few moves a lot by chance."
NOTE_OF_NONE = "There is no day yet with a mood noted before and after, so there is nothing to compare."
NOTE = (
    "Moods go up and down for many reasons. These figures show what you noted; they can't show what caused it, and "
    "days without a note aren't in them."
)

Shown = dict[str, Any]


def read_insights(reads: Connection, tools: Tools, member_id: UUID, run_id: UUID | None, *, now: datetime) -> Shown:
    """Raises RunNotFound and ConsentRequired."""
    stored = read_run(reads, member_id, run_id)
    key, agreed = notes.key_and_consent(reads, tools.ring, member_id)
    if not agreed:
        raise ConsentRequired
    practice = list(_practice(stored.run.completions, notes.read(reads, key, stored)))
    found = standing(stored.run, now=now)
    before = [each["mood_before"] for each in practice if each["mood_before"] is not None]
    after = [each["mood_after"] for each in practice if each["mood_after"] is not None]
    changes = [
        each["mood_after"] - each["mood_before"]
        for each in practice
        if None not in {each["mood_before"], each["mood_after"]}
    ]
    return {
        "days_completed": found.days_completed,
        "dates_practised": len({each.on for each in stored.run.done.values()}),
        "percent": found.percent,
        "longest_streak": found.streak.longest,
        "practice": practice,
        "mood_before": {"n": len(before), "mean": _mean(before)},
        "mood_after": {"n": len(after), "mean": _mean(after)},
        "mood_change": {"n": len(changes), "mean_difference": _mean(changes)},
        "words_written": sum(each["words"] for each in practice),
        "note": (NOTE_OF_FEW if len(changes) < FEW else NOTE) if changes else NOTE_OF_NONE,
    }


def _practice(completions: Mapping[int, Completion], noted: Mapping[int, Notes]) -> Iterator[Shown]:
    for day in range(1, LENGTH + 1):
        said = {name: note.value for name, note in noted.get(day, {}).items()}
        completed_on = completions[day].on if day in completions else None
        if completed_on is None and not any(said.values()):
            continue
        yield {
            "day": day,
            "completed_on": completed_on,
            "tasks_done": sum(value is True for name, value in said.items() if name.startswith(TASK)),
            "mood_before": said.get("mood_before"),
            "mood_after": said.get("mood_after"),
            "words": len(WORD.findall(str(said.get(REFLECTION) or ""))),
        }


def _mean(values: Sequence[int]) -> float | None:
    return round(fmean(values), 2) if values else None
