"""A made-up journey of 21 days, small, and what its folder holds."""

from pathlib import Path
from typing import Any

import yaml

from tests.factories.content import write_yaml

REFERENCE = {
    "id": "lally-2010",
    "authors": "Lally, P.",
    "year": 2010,
    "title": "How habits are formed",
    "source": "A journal",
    "url": "https://doi.org/10.1002/ejsp.674",
}
LESSON = "A lesson about day {number}, with a word that is nowhere else: secret{number:02}.\n"


def journey(**parts: Any) -> dict[str, Any]:
    """What journey.yaml says; what is given stands instead."""
    return {
        "slug": "21-days",
        "title": "A journey",
        "subtitle": "21 days to start a practice",
        "description": "What it *is*.",
        "about_21_days": "Habits take [longer](#ref-lally-2010).",
        "weeks": [{"title": f"Week {n}", "description": "A week."} for n in (1, 2, 3)],
        "disclaimer": "Not a treatment.",
        "safety": "Not for unsafe relationships.",
        "finished": "You have been through it.",
        "references": [REFERENCE],
    } | parts


def day(number: int, **parts: Any) -> dict[str, Any]:
    """A day's front matter; what is given stands instead."""
    return {
        "title": f"Title of day {number}",
        "summary": f"Summary of day {number}.",
        "minutes": 20,
        "exercise": {"title": "An exercise", "minutes": 12, "steps": [f"Do step{number:02}.", "Rest."]},
        "tasks": [{"id": f"first-{number}", "text": "A task."}, {"id": f"second-{number}", "text": "Another."}],
        "reflection": f"What was day {number} like?",
        "if_today_is_hard": "Do less.",
        "evidence": {"text": "It may help (Lally, 2010).", "limit": "One small study."},
        "references": [REFERENCE],
    } | parts


def write_journey(folder: Path, **parts: Any) -> Path:
    """journey/ with all its days; says where it is."""
    path = folder / "journey"
    path.mkdir(exist_ok=True)
    write_yaml(path / "journey.yaml", journey(**parts))
    for number in range(1, 22):
        write_day(folder, number)
    return path


def write_day(folder: Path, number: int, *, lesson: str | None = None, **parts: Any) -> Path:
    front = yaml.safe_dump(day(number, **parts), sort_keys=False, allow_unicode=True)
    path = folder / "journey" / f"day-{number:02}.md"
    path.write_text(f"---\n{front}---\n\n{lesson or LESSON.format(number=number)}", encoding="utf-8")
    return path
