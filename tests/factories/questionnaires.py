"""Questionnaires: the keys of published ones, and tiny ones made up for a test."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from app.assessments.files.checks import read_definition
from app.assessments.rules.conditions import Answers
from app.assessments.rules.definition import Definition, definition_of
from app.assessments.rules.scoring import ScaleScore, score
from app.core.source_files.sources import FaultCollector, read_yaml

FOLDER = Path(__file__).parents[1] / "assessments" / "definitions"
PUBLISHED = tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))
STEP = {"text": "Go on.", "label": "Go", "href": "/journey"}


def stored(name: str) -> dict[str, Any]:
    """A file of the folder `definitions`, checked, as the JSON that a definition is stored as."""
    faults = FaultCollector()
    source = read_yaml(FOLDER, f"{name}.yaml", faults)
    read = read_definition(source, faults) if source else None
    assert [str(fault) for fault in faults.found] == []
    assert read is not None
    return read


@cache
def definition(name: str) -> Definition:
    return definition_of(stored(name))


def scores_of(definition: Definition, answers: Answers) -> dict[str, ScaleScore]:
    return {each.scale: each for each in score(definition, answers).scores}


def values_of(definition: Definition, answers: Answers) -> dict[str, float | None]:
    return {scale: each.value for scale, each in scores_of(definition, answers).items()}


def all_answered(definition: Definition, answer: int) -> dict[str, int]:
    """The same answer to every question."""
    return {question.id: answer for question in definition.questions}


def questionnaire(
    scales: Sequence[Mapping[str, Any]],
    *,
    questions: Sequence[Mapping[str, Any]] | None = None,
    low: int = 1,
    high: int = 7,
    style: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A made-up questionnaire as it is stored, its answers `low` to `high`; its questions are the scales' items."""
    items = dict.fromkeys(item for each in scales for item in each["items"])
    made = {
        "title": "A questionnaire",
        "summary": "Made up.",
        "minutes": 1,
        "about": "Made up.",
        "instructions": "Answer.",
        "disclaimer": "Not a diagnosis.",
        "response_scales": [
            {"id": "agreement", "min": low, "max": high, "labels": {str(low): "Not at all", str(high): "Very much"}}
        ],
        "questions": list(questions) if questions is not None else [question(item) for item in items],
        "scales": list(scales),
        "recommendations": {"topics": []},
        "licence": {"status": "original", "holder": "Nobody", "commercial_use": "allowed"},
        "references": [],
    }
    return made if style is None else made | {"style": style}


def question(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "text": f"Question {name}."} | more


def options(**scores: float) -> list[dict[str, Any]]:
    """Options of a question, the first one's value being 0, named and with what each counts."""
    return [{"value": n, "label": name, "score": counts} for n, (name, counts) in enumerate(scores.items())]


def scale(name: str, items: Sequence[str], method: str = "mean", /, **more: Any) -> dict[str, Any]:
    """Complete answers are required unless `missing` says otherwise."""
    return {
        "id": name,
        "name": name.title(),
        "description": "Made up.",
        "low": "Little.",
        "high": "Much.",
        "method": method,
        "items": list(items),
        "missing": {"rule": "require_complete"},
    } | more


def missing(rule: str, least: int) -> dict[str, Any]:
    return {"rule": rule, "min_answered": least}


def reliability(value: float, sd: float) -> dict[str, Any]:
    return {"coefficient": "Alpha", "value": value, "sd": sd, "n": 100, "population": "Nobody", "source": "nothing"}


def norms(mean: float, sd: float) -> dict[str, Any]:
    return {"mean": mean, "sd": sd, "n": 100, "population": "Nobody", "source": "nothing"}


def bands(*bounds: tuple[str, float, float]) -> dict[str, Any]:
    """Each by its id, least and greatest score."""
    return {
        "source": "nothing",
        "population": "Nobody",
        "values": [
            {"id": name, "name": name.title(), "min": low, "max": high, "text": "Made up.", "next_step": STEP}
            for name, low, high in bounds
        ],
    }


def midpoint_style(*, margin: float | None = None, at: float = 4) -> dict[str, Any]:
    """Four styles on the scales `across` and `up`, named by their corners."""
    corners = [(across, up) for up in ("low", "high") for across in ("low", "high")]
    style = {
        "method": "midpoint",
        "scales": ["across", "up"],
        "midpoints": {"across": at, "up": at},
        "note": "Made up.",
        "styles": [
            {
                "id": f"{across}_{up}",
                "name": "A corner",
                "position": {"across": across, "up": up},
                "title": "A corner",
                "text": "Made up.",
                "next_step": STEP,
            }
            for across, up in corners
        ],
        "middle": {"title": "The middle", "text": "Made up.", "next_step": STEP},
    }
    return style if margin is None else style | {"borderline_margin": margin}
