"""Tests for `twentyone assessments score`: scores and statistics of a spreadsheet of answers."""

import csv
import json
from pathlib import Path
from random import Random
from statistics import covariance, mean, stdev, variance
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from tests.factories.questionnaires import (
    DEFINITIONS_DIRECTORY,
    bands,
    midpoint_style,
    missing_rule,
    norms,
    questionnaire,
    reliability,
    scale,
)
from tests.factories.results import (
    REFLECTION,
    SAMPLE_REFERENCE,
    QuestionnaireEditor,
    answers_for_scores,
    score_anonymously,
)
from tests.factories.services import Service

# The standard error is 2 * sqrt(1 - 0.75) = 1, or sqrt(2) with one of two answers. An interval is +-1.96 errors.
ACROSS = scale(
    "across",
    ["q01", "q02"],
    reverse_keyed=["q02"],
    missing=missing_rule("prorate", 1),
    reliability=reliability(0.75, 2),
    norms=norms(4, 2),
    bands=bands(("little", 1, 4), ("much", 4, 7)),
)
UP = scale("up", ["q03", "q04", "q05"])
TWO_SCALES = questionnaire([ACROSS, UP], style=midpoint_style(margin=0.5))
RESPONSES_CSV = "person,q01,q02,q03,q04,q05\nZoë,6,2,2,2,5\nBen,3,,4,5,\n"
SCORE_COLUMNS = ("answered", "standard_error", "low", "high", "percentile", "t_score", "band")


def run_score_command(*arguments: str | Path, **environment: str) -> Result:
    return CliRunner().invoke(app, ["assessments", "score", *map(str, arguments)], env=environment)


def write_definition(folder: Path, stored: dict[str, Any] = TWO_SCALES) -> Path:
    path = folder / "questionnaire.yaml"
    path.write_text(json.dumps(stored | {"references": [SAMPLE_REFERENCE]}), encoding="utf-8")
    return path


def write_responses(folder: Path, text: str) -> Path:
    path = folder / "responses.csv"
    path.write_bytes(text.encode(errors="surrogateescape"))
    return path


def score_csv(folder: Path, text: str, *options: str | Path, stored: dict[str, Any] = TWO_SCALES) -> Result:
    """Score the rows of a CSV text with the command, and return its result."""
    return run_score_command(write_responses(folder, text), "--definition", write_definition(folder, stored), *options)


def read_cells(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def read_people(path: Path) -> list[dict[str, str]]:
    header, *rows = read_cells(path)
    return [dict(zip(header, row, strict=True)) for row in rows]


def score_responses(folder: Path, text: str, stored: dict[str, Any] = TWO_SCALES) -> list[dict[str, str]]:
    result = score_csv(folder, text, stored=stored)
    assert result.exit_code == 0, result.stderr
    return read_people(folder / "responses.scores.csv")


def test_score_command_writes_hand_calculated_scores(tmp_path: Path) -> None:
    """Ana scores (6 + 8 - 2) / 2 = 6 and (2 + 2 + 5) / 3 = 3. Ben scores 3 and has no second score."""
    ana, ben = score_responses(tmp_path, "person,q01,q02,q03,q04,q05\nana,6,2,2,2,5\nben,3,,4,5,\n")

    parts = [f"across_{part}" for part in SCORE_COLUMNS] + ["up", *(f"up_{part}" for part in SCORE_COLUMNS)]
    assert list(ana) == ["person", "across", *parts, "style", "style_borderline"]
    figures = ("across", "across_standard_error", "across_low", "across_high", "across_percentile", "across_t_score")
    assert [float(ana[name]) for name in figures] == pytest.approx([6, 1, 4.04, 7, 84.134474606, 60])
    assert [float(ben[name]) for name in figures] == pytest.approx([3, 1.414213562, 1, 5.771858582, 30.853753873, 45])
    others = ("person", "across_answered", "across_band", "up", "up_answered", "up_band", "style", "style_borderline")
    assert [ana[name] for name in others] == ["ana", "2", "much", "3.0", "3", "", "high_low", "no"]
    assert [ben[name] for name in others] == ["ben", "1", "little", "", "2", "", "", ""]


def test_score_command_near_boundary_writes_borderline_style(tmp_path: Path) -> None:
    [person] = score_responses(tmp_path, "q01,q02,q03,q04,q05\n5,4,1,1,1\n")

    assert (person["style"], person["style_borderline"]) == ("high_low", "yes")


def test_statistics_match_independent_computation(tmp_path: Path) -> None:
    """The spreadsheet has 300 simulated people, with about one in eight answers missing."""
    reverse, random = {1, 5, 6, 9, 10, 15, 16, 19, 20}, Random(6)
    people: list[list[int | None]] = [
        [min(4, max(1, lonely + random.choice((-1, 0, 0, 1)))) if random.random() > 0.13 else None for _ in range(20)]
        for lonely in (random.randint(1, 4) for _ in range(300))
    ]
    lines = [",".join(f"q{n:02}" for n in range(1, 21))]
    lines += [",".join("" if cell is None else str(cell) for cell in row) for row in people]
    path = write_responses(tmp_path, "\n".join(lines))

    result = run_score_command(path, "--definition", DEFINITIONS_DIRECTORY / "ucla-20.yaml", "--json")

    keyed = [
        [None if cell is None else 5 - cell if n in reverse else cell for n, cell in enumerate(row, 1)]
        for row in people
    ]
    answered = [[value for value in row if value is not None] for row in keyed]
    totals = [20 * mean(row) for row in answered if len(row) >= 16]
    complete = [row for row in answered if len(row) == 20]
    listwise = 20 / 19 * (1 - sum(map(variance, zip(*complete, strict=True))) / variance(map(sum, complete)))
    columns = list(zip(*keyed, strict=True))
    pairs_by_item = [
        [[x, y] for x, y in zip(first, second, strict=True) if x is not None and y is not None]
        for first in columns
        for second in columns
    ]
    matrix = [covariance(*zip(*pairs, strict=True)) for pairs in pairs_by_item]
    pairwise = 20 / 19 * (1 - sum(matrix[::21]) / sum(matrix))
    [statistics_row] = json.loads(result.stdout)["scales"]
    assert 16 < len(complete) < len(totals) < 300
    assert statistics_row == pytest.approx(
        {
            "scale": "loneliness",
            "n": len(totals),
            "mean": mean(totals),
            "sd": stdev(totals),
            "alpha_listwise": listwise,
            "n_listwise": len(complete),
            "alpha_pairwise": pairwise,
        }
    )


def test_statistics_are_printed_as_table(tmp_path: Path) -> None:
    table = score_csv(tmp_path, RESPONSES_CSV).stdout

    across, up = (line.replace("│", " ").split() for line in table.splitlines() if line.startswith("│"))
    assert across == ["across", "2", "4.500", "2.121", "1"]
    assert up == ["up", "1", "3.000", "1"]
    assert table.splitlines()[-1] == f"2 rows scored, 0 skipped: {tmp_path}/responses.scores.csv"


def test_score_command_with_slug_uses_loaded_questionnaire(service: Service, tmp_path: Path) -> None:
    answers = answers_for_scores(6, 2)
    path = write_responses(tmp_path, f"{','.join(answers)}\n{','.join(map(str, answers.values()))}\n")
    url = service.settings.database.render_as_string(hide_password=False)

    result = run_score_command(REFLECTION, path, TWENTYONE_DATABASE_URL=url)

    [person] = read_people(tmp_path / "responses.scores.csv")
    assert result.exit_code == 0
    over_http = score_anonymously(service, answers)
    assert {score["scale"]: score["value"] for score in over_http["scores"]} == {
        name: float(person[name]) for name in ("anxiety", "avoidance")
    }


def test_score_command_with_unknown_slug_suggests_similar_slug(service: Service, tmp_path: Path) -> None:
    editor, path = QuestionnaireEditor.create(service, tmp_path), write_responses(tmp_path, "q01\n1\n")
    editor.publish("corners", TWO_SCALES)
    url = service.settings.database.render_as_string(hide_password=False)

    close = run_score_command("conners", path, TWENTYONE_DATABASE_URL=url)
    editor.unpublish("corners")
    unpublished = run_score_command("corners", path, TWENTYONE_DATABASE_URL=url)

    assert (close.exit_code, close.stdout) == (1, "")
    assert close.stderr == "No assessment 'conners' is loaded; did you mean 'corners'?\n"
    assert (unpublished.exit_code, unpublished.stderr) == (1, "No assessment 'corners' is loaded.\n")
    assert not (tmp_path / "responses.scores.csv").exists()
