"""`twentyone assessments score`: scores beside what else a spreadsheet had, and the statistics of its scales."""

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
    FOLDER,
    bands,
    midpoint_style,
    missing,
    norms,
    questionnaire,
    reliability,
    scale,
)
from tests.factories.results import REFLECTION, SOURCE, Desk, leaning, score
from tests.factories.services import Service

# A standard error of 2 * sqrt(1 - 0.75) = 1, with one of two answers sqrt(2); the interval is 1.96 of it either way.
ACROSS = scale(
    "across",
    ["q01", "q02"],
    reverse_keyed=["q02"],
    missing=missing("prorate", 1),
    reliability=reliability(0.75, 2),
    norms=norms(4, 2),
    bands=bands(("little", 1, 4), ("much", 4, 7)),
)
UP = scale("up", ["q03", "q04", "q05"])
CORNERS = questionnaire([ACROSS, UP], style=midpoint_style(margin=0.5))
COMMAS = "person,q01,q02,q03,q04,q05\nZoë,6,2,2,2,5\nBen,3,,4,5,\n"
PARTS = ("answered", "standard_error", "low", "high", "percentile", "t_score", "band")


def run(*arguments: str | Path, **environment: str) -> Result:
    return CliRunner().invoke(app, ["assessments", "score", *map(str, arguments)], env=environment)


def definition_in(folder: Path, stored: dict[str, Any] = CORNERS) -> Path:
    path = folder / "questionnaire.yaml"
    path.write_text(json.dumps(stored | {"references": [SOURCE]}), encoding="utf-8")
    return path


def responses_in(folder: Path, text: str) -> Path:
    path = folder / "responses.csv"
    path.write_bytes(text.encode())
    return path


def cells_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def people_in(path: Path) -> list[dict[str, str]]:
    header, *rows = cells_of(path)
    return [dict(zip(header, row, strict=True)) for row in rows]


def scored(folder: Path, text: str, stored: dict[str, Any] = CORNERS) -> list[dict[str, str]]:
    result = run(responses_in(folder, text), "--definition", definition_in(folder, stored))
    assert result.exit_code == 0, result.stderr
    return people_in(folder / "responses.scores.csv")


def test_scores_are_those_worked_out_by_hand(tmp_path: Path) -> None:
    """Ana: (6 + 8 - 2) / 2 = 6, one SD above the mean, and (2 + 2 + 5) / 3 = 3. Ben: 3, half an SD below; too few."""
    ana, ben = scored(tmp_path, "person,q01,q02,q03,q04,q05\nana,6,2,2,2,5\nben,3,,4,5,\n")

    parts = [f"across_{part}" for part in PARTS] + ["up", *(f"up_{part}" for part in PARTS)]
    assert list(ana) == ["person", "across", *parts, "style", "style_borderline"]
    figures = ("across", "across_standard_error", "across_low", "across_high", "across_percentile", "across_t_score")
    assert [float(ana[name]) for name in figures] == pytest.approx([6, 1, 4.04, 7, 84.134474606, 60])
    assert [float(ben[name]) for name in figures] == pytest.approx([3, 1.414213562, 1, 5.771858582, 30.853753873, 45])
    others = ("person", "across_answered", "across_band", "up", "up_answered", "up_band", "style", "style_borderline")
    assert [ana[name] for name in others] == ["ana", "2", "much", "3.0", "3", "", "high_low", "no"]
    assert [ben[name] for name in others] == ["ben", "1", "little", "", "2", "", "", ""]


def test_a_style_near_a_line_is_borderline(tmp_path: Path) -> None:
    [person] = scored(tmp_path, "q01,q02,q03,q04,q05\n5,4,1,1,1\n")

    assert (person["style"], person["style_borderline"]) == ("high_low", "yes")


def test_statistics_are_those_of_an_independent_computation(tmp_path: Path) -> None:
    """Of 300 people and the twenty UCLA items, of which about one in eight is blank."""
    reverse, random = {1, 5, 6, 9, 10, 15, 16, 19, 20}, Random(6)
    people: list[list[int | None]] = [
        [min(4, max(1, lonely + random.choice((-1, 0, 0, 1)))) if random.random() > 0.13 else None for _ in range(20)]
        for lonely in (random.randint(1, 4) for _ in range(300))
    ]
    lines = [",".join(f"q{n:02}" for n in range(1, 21))]
    lines += [",".join("" if cell is None else str(cell) for cell in row) for row in people]
    path = responses_in(tmp_path, "\n".join(lines))

    result = run(path, "--definition", FOLDER / "ucla-20.yaml", "--json")

    keyed = [
        [None if cell is None else 5 - cell if n in reverse else cell for n, cell in enumerate(row, 1)]
        for row in people
    ]
    answered = [[value for value in row if value is not None] for row in keyed]
    totals = [20 * mean(row) for row in answered if len(row) >= 16]
    complete = [row for row in answered if len(row) == 20]
    listwise = 20 / 19 * (1 - sum(map(variance, zip(*complete, strict=True))) / variance(map(sum, complete)))
    columns = list(zip(*keyed, strict=True))
    both = [
        [[x, y] for x, y in zip(one, other, strict=True) if x is not None and y is not None]
        for one in columns
        for other in columns
    ]
    matrix = [covariance(*zip(*pairs, strict=True)) for pairs in both]
    pairwise = 20 / 19 * (1 - sum(matrix[::21]) / sum(matrix))
    [found] = json.loads(result.stdout)["scales"]
    assert 16 < len(complete) < len(totals) < 300
    assert found == pytest.approx(
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


def test_the_table_says_what_the_json_says(tmp_path: Path) -> None:
    path, definition = responses_in(tmp_path, COMMAS), definition_in(tmp_path)

    table = run(path, "--definition", definition).stdout
    figures = json.loads(run(path, "--definition", definition, "--json").stdout)

    across, up = (line.replace("│", " ").split() for line in table.splitlines() if line.startswith("│"))
    assert across == ["across", "2", "4.500", "2.121", "1"]
    assert up == ["up", "1", "3.000", "1"]
    assert table.splitlines()[-1] == f"2 rows scored, 0 left out: {tmp_path}/responses.scores.csv"
    assert figures["scales"][0]["sd"] == pytest.approx(2.1213203436)


def test_a_loaded_questionnaire_is_found_by_its_slug(service: Service, tmp_path: Path) -> None:
    answers = leaning(6, 2)
    path = responses_in(tmp_path, f"{','.join(answers)}\n{','.join(map(str, answers.values()))}\n")
    url = service.settings.database.render_as_string(hide_password=False)

    result = run(REFLECTION, path, TWENTYONE_DATABASE_URL=url)

    [person] = people_in(tmp_path / "responses.scores.csv")
    assert result.exit_code == 0
    over_http = score(service, answers)
    assert {each["scale"]: each["value"] for each in over_http["scores"]} == {
        name: float(person[name]) for name in ("anxiety", "avoidance")
    }


def test_a_slug_that_is_not_known_is_told_with_what_may_be_meant(service: Service, tmp_path: Path) -> None:
    desk, path = Desk.of(service, tmp_path), responses_in(tmp_path, "q01\n1\n")
    desk.publish("corners", CORNERS)
    url = service.settings.database.render_as_string(hide_password=False)

    close = run("conners", path, TWENTYONE_DATABASE_URL=url)
    desk.unpublish("corners")
    gone = run("corners", path, TWENTYONE_DATABASE_URL=url)

    assert (close.exit_code, close.stdout) == (1, "")
    assert close.stderr == "No assessment 'conners' is loaded; did you mean 'corners'?\n"
    assert (gone.exit_code, gone.stderr) == (1, "No assessment 'corners' is loaded.\n")
    assert not (tmp_path / "responses.scores.csv").exists()
