"""Test factories: published questionnaires, and builders for small invented questionnaires."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from app.assessments.files.scoring_checks import read_definition
from app.assessments.rules.conditions import Answers
from app.assessments.rules.definition import Definition, parse_definition
from app.assessments.rules.scoring import ScaleScore, score
from app.core.source_files.sources import ErrorCollector, read_yaml

DEFINITIONS_DIRECTORY = Path(__file__).parents[1] / "assessments" / "definitions"
PUBLISHED = tuple(sorted(path.stem for path in DEFINITIONS_DIRECTORY.glob("*.yaml")))
NEXT_STEP = {"text": "Go on.", "label": "Go", "href": "/journey"}


def load_stored_definition(name: str) -> dict[str, Any]:
    """Validate a file of tests/assessments/definitions, and return the JSON that is stored for it."""
    errors = ErrorCollector()
    source = read_yaml(DEFINITIONS_DIRECTORY, f"{name}.yaml", errors)
    definition = read_definition(source, errors) if source else None
    assert [str(error) for error in errors.collected] == []
    assert definition is not None
    return definition


@cache
def load_definition(name: str) -> Definition:
    return parse_definition(load_stored_definition(name))


def scores_by_scale(definition: Definition, answers: Answers) -> dict[str, ScaleScore]:
    return {scale_score.scale: scale_score for scale_score in score(definition, answers).scores}


def values_by_scale(definition: Definition, answers: Answers) -> dict[str, float | None]:
    return {scale: scale_score.value for scale, scale_score in scores_by_scale(definition, answers).items()}


def uniform_answers(definition: Definition, answer: int) -> dict[str, int]:
    """Return answers to all questions that have the same value."""
    return {question.id: answer for question in definition.questions}


def questionnaire(
    scales: Sequence[Mapping[str, Any]],
    *,
    questions: Sequence[Mapping[str, Any]] | None = None,
    low: int = 1,
    high: int = 7,
    style: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a questionnaire in its stored JSON form, with answers from `low` to `high`.

    By default, it has one question for each item of the scales.
    """
    items = dict.fromkeys(item for scale in scales for item in scale["items"])
    definition = {
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
    return definition if style is None else definition | {"style": style}


def parsed_questionnaire(scales: Sequence[Mapping[str, Any]], **options: Any) -> Definition:
    """Return the parsed form of a questionnaire with these scales."""
    return parse_definition(questionnaire(scales, **options))


def branching_questionnaire() -> dict[str, Any]:
    """Return a questionnaire with one scale of four questions, two of which are conditional.

    q02 is shown if the answer to q01 is at least 4, and q03 if the answer to q02 is at least 4.
    """
    conditional = [question(f"q0{n}", show_if={"question": f"q0{n - 1}", "at_least": 4}) for n in (2, 3)]
    questions = [question("q01"), *conditional, question("q04")]
    items = [question["id"] for question in questions]
    return questionnaire([scale("across", items, missing=missing_rule("prorate", 1))], questions=questions)


def question(name: str, **fields: Any) -> dict[str, Any]:
    return {"id": name, "text": f"Question {name}."} | fields


def options(**scores: float) -> list[dict[str, Any]]:
    """Return answer options with the values 0, 1, 2..., from labels and their scores."""
    return [
        {"value": value, "label": label, "score": option_score}
        for value, (label, option_score) in enumerate(scores.items())
    ]


def scale(name: str, items: Sequence[str], method: str = "mean", /, **fields: Any) -> dict[str, Any]:
    """Return a scale that requires all its answers, unless `missing` is overridden."""
    return {
        "id": name,
        "name": name.title(),
        "description": "Made up.",
        "low": "Little.",
        "high": "Much.",
        "method": method,
        "items": list(items),
        "missing": {"rule": "require_complete"},
    } | fields


def missing_rule(rule: str, min_answered: int) -> dict[str, Any]:
    return {"rule": rule, "min_answered": min_answered}


def reliability(value: float, sd: float) -> dict[str, Any]:
    return {"coefficient": "Alpha", "value": value, "sd": sd, "n": 100, "population": "Nobody", "source": "nothing"}


def norms(mean: float, sd: float) -> dict[str, Any]:
    return {"mean": mean, "sd": sd, "n": 100, "population": "Nobody", "source": "nothing"}


def bands(*bounds: tuple[str, float, float]) -> dict[str, Any]:
    """Return score ranges (bands) from tuples of id, lowest score and highest score."""
    return {
        "source": "nothing",
        "population": "Nobody",
        "values": [
            {"id": name, "name": name.title(), "min": low, "max": high, "text": "Made up.", "next_step": NEXT_STEP}
            for name, low, high in bounds
        ],
    }


def midpoint_style(*, margin: float | None = None, at: float = 4) -> dict[str, Any]:
    """Return rules that assign one of four styles by the midpoints of the scales `across` and `up`.

    The ids of the styles are `low_low`, `high_low`, `low_high` and `high_high`.
    """
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
                "next_step": NEXT_STEP,
            }
            for across, up in corners
        ],
        "middle": {"title": "The middle", "text": "Made up.", "next_step": NEXT_STEP},
    }
    return style if margin is None else style | {"borderline_margin": margin}
