"""Tests for `twentyone assessments score`: column order, CSV dialects and missing answers."""

import csv
import json
import re
from pathlib import Path

import pytest

from tests.assessments.test_score_command import (
    RESPONSES_CSV,
    read_cells,
    read_people,
    run_score_command,
    score_csv,
    score_responses,
    write_definition,
)
from tests.factories.questionnaires import branching_questionnaire, question, questionnaire, scale


def test_columns_may_be_in_any_order(tmp_path: Path) -> None:
    [person] = score_responses(tmp_path, "q05,last,q02,q01,first,q04,q03\n5,z,2,6,a,2,2\n")

    assert list(person)[:3] == ["last", "first", "across"]
    assert [person[name] for name in ("last", "first", "across", "up")] == ["z", "a", "6.0", "3.0"]


def test_other_cells_are_copied_unchanged(tmp_path: Path) -> None:
    cells = ["a,b", 'say "hi"', "two\nlines", "two\r\nmore", "=1+1", "Zoë Müßig", "  spaced ", "007", "1.50", "😀"]
    path = tmp_path / "responses.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*(f"note {n}" for n in range(len(cells))), "q01"])
        writer.writerow([*cells, "6"])

    result = run_score_command(path, "--definition", write_definition(tmp_path))

    header, row = read_cells(tmp_path / "responses.scores.csv")
    assert result.exit_code == 0
    assert header[: len(cells) + 1] == [*(f"note {n}" for n in range(len(cells))), "across"]
    assert row[: len(cells) + 1] == [*cells, "6.0"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"\ufeff{RESPONSES_CSV}".replace(",", ";").replace("\n", "\r\n"), id="as Excel writes in Germany"),
        pytest.param(RESPONSES_CSV.replace(",", "\t").replace("\n", "\r").removesuffix("\r"), id="tabs and CR"),
        pytest.param(RESPONSES_CSV.replace(",", " , "), id="spaces around cells"),
        pytest.param(re.sub(r"([^,\n]*)([,\n])", r'"\1"\2', RESPONSES_CSV), id="quotes around cells"),
        pytest.param("\n" + RESPONSES_CSV.replace(",", ";").replace("\n", "\n\n"), id="blank lines"),
        pytest.param(RESPONSES_CSV.replace(",", ";").replace("person", '"per\nson"'), id="two lines in a name"),
        pytest.param(RESPONSES_CSV.replace(",", ";").replace("person", "p,e,r,s,o,n,a,l"), id="commas in a name"),
    ],
)
def test_scores_are_independent_of_csv_dialect(tmp_path: Path, text: str) -> None:
    zoe, ben = score_responses(tmp_path, text)

    name, cell = next(iter(zoe.items()))
    assert (name in {"person", "per\nson", "p,e,r,s,o,n,a,l"}, cell.strip()) == (True, "Zoë")
    assert [zoe[name] for name in ("across", "across_answered", "up", "style")] == ["6.0", "2", "3.0", "high_low"]
    assert [ben[name] for name in ("across", "across_answered", "up", "style")] == ["3.0", "1", "", ""]


def test_questions_without_column_are_reported_as_unanswered(tmp_path: Path) -> None:
    result = score_csv(tmp_path, "q01,q04,q03\n6,2,2\n")

    [person] = read_people(tmp_path / "responses.scores.csv")
    assert (result.exit_code, result.stderr) == (0, "No columns for q02, q05: treated as unanswered.\n")
    assert [person[name] for name in ("across", "across_answered", "up", "up_answered")] == ["6.0", "1", "", "2"]


def test_row_without_answers_has_blank_scores_and_keeps_its_position(tmp_path: Path) -> None:
    first, blank, last = score_responses(tmp_path, "q01,q02,q03,q04,q05\n6,2,2,2,5\n,,,,\n3,,4,5,\n")

    assert [first["across"], last["across"]] == ["6.0", "3.0"]
    assert {name: cell for name, cell in blank.items() if cell} == {"across_answered": "0", "up_answered": "0"}


def test_hidden_questions_are_not_scored(tmp_path: Path) -> None:
    """Only Ben's answers to q02 and q03 count, so only he answered all questions."""
    text = "q01,q02,q03,q04\n3,7,7,4\n5,7,7,5\n"

    result = score_csv(tmp_path, text, "--json", stored=branching_questionnaire())

    people = read_people(tmp_path / "responses.scores.csv")
    assert [(person["across"], person["across_answered"]) for person in people] == [("3.5", "2"), ("6.0", "4")]
    assert json.loads(result.stdout)["scales"][0]["n_listwise"] == 1


def test_question_with_own_options_uses_their_scores(tmp_path: Path) -> None:
    options = [{"value": 0, "label": "Never", "score": 1}, {"value": 9, "label": "Always", "score": 2.5}]
    questions = [question("q01", options=options), question("q02")]
    definition = questionnaire([scale("only", ["q01", "q02"], "sum")], questions=questions)

    people = score_responses(tmp_path, "q01,q02\n9,3\n0,3\n", definition)
    rejected = score_csv(tmp_path, "q01,q02\n3,9\n", stored=definition)

    assert [person["only"] for person in people] == ["5.5", "4.0"]
    assert rejected.stderr.splitlines()[:2] == [
        f"{tmp_path}/responses.csv: row 2, column q01: '3' isn't one of the possible answers",
        f"{tmp_path}/responses.csv: row 2, column q02: '9' isn't one of the possible answers",
    ]
