"""Test factories: a small invented journey of 21 days, and its content files."""

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


def journey(**overrides: Any) -> dict[str, Any]:
    """Return the contents of journey.yaml, which describes the journey."""
    return {
        "slug": "21-days",
        "title": "A journey",
        "subtitle": "21 days to start a practice",
        "description": "What it *is*.",
        "about_21_days": "Habits take [longer](#ref-lally-2010).",
        "weeks": [{"title": f"Week {number}", "description": "A week."} for number in (1, 2, 3)],
        "disclaimer": "Not a treatment.",
        "safety": "Not for unsafe relationships.",
        "finished": "You have been through it.",
        "references": [REFERENCE],
    } | overrides


def day(number: int, **overrides: Any) -> dict[str, Any]:
    """Return the front matter of a day's file."""
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
    } | overrides


def write_journey(directory: Path, **overrides: Any) -> Path:
    """Write the directory of the journey with all 21 days, and return its path."""
    path = directory / "journey"
    path.mkdir(exist_ok=True)
    write_yaml(path / "journey.yaml", journey(**overrides))
    for number in range(1, 22):
        write_day(directory, number)
    return path


def write_day(directory: Path, number: int, *, lesson: str | None = None, **overrides: Any) -> Path:
    front_matter = yaml.safe_dump(day(number, **overrides), sort_keys=False, allow_unicode=True)
    path = directory / "journey" / f"day-{number:02}.md"
    path.write_text(f"---\n{front_matter}---\n\n{lesson or LESSON.format(number=number)}", encoding="utf-8")
    return path
