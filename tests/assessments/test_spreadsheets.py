"""Tests for `twentyone assessments score`: column order, CSV dialects and missing answers."""

import csv
import json
from pathlib import Path

import pytest

from tests.assessments.test_score_command import (
    RESPONSES_CSV,
    read_cells,
    read_people,
    run_score_command,
    score_responses,
    write_definition,
    write_responses,
)
from tests.factories.questionnaires import missing_rule, question, questionnaire, scale


def test_columns_may_be_in_any_order(tmp_path: Path) -> None:
    [person] = score_responses(tmp_path, "q05,last,q02,q01,first,q04,q03\n5,z,2,6,a,2,2\n")

    assert list(person)[:3] == ["last", "first", "across"]
    assert [person[name] for name in ("last", "first", "across", "up")] == ["z", "a", "6.0", "3.0"]


def test_other_cells_are_copied_unchanged(tmp_path: Path) -> None:
    cells = [
        "a,b",
        'say "hi"',
        "two\nlines",
        "two\r\nmore",
        "=1+1",
        "-x",
        "Zoë Müßig",
        "  spaced ",
        "007",
        "1.50",
        "😀",
    ]
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
        f"\ufeff{RESPONSES_CSV}",
        RESPONSES_CSV.replace(",", ";"),
        RESPONSES_CSV.replace(",", "\t"),
        RESPONSES_CSV.replace("\n", "\r\n"),
        f"\ufeff{RESPONSES_CSV}".replace(",", ";").replace("\n", "\r\n"),
        RESPONSES_CSV.replace("\n", "\r"),
        RESPONSES_CSV.removesuffix("\n"),
        RESPONSES_CSV.replace(",", " , "),
        '"' + RESPONSES_CSV.removesuffix("\n").replace(",", '","').replace("\n", '"\n"') + '"\n',
        RESPONSES_CSV.replace("\n", "\n\n"),
        f"\n{RESPONSES_CSV}",
        f"\n{RESPONSES_CSV}".replace(",", ";"),
        RESPONSES_CSV.replace("person", '"a, b, c, d, e, f, g"').replace(",q", ";q").replace("Zoë,", "Zoë;")
        .replace("Ben,", "Ben;").replace("6,2,2,2,5", "6;2;2;2;5").replace("3,,4,5,", "3;;4;5;"),
        RESPONSES_CSV.replace(",", ";").replace("person", '"per\nson"'),
    ],
    ids=[
        "byte order mark", "semicolons", "tabs", "CRLF", "as Excel writes in Germany", "CR", "no end of the last line",
        "spaces around cells", "quotes around cells", "blank lines between", "blank line before",
        "blank line before semicolons", "commas in a name between semicolons", "a name of two lines and semicolons",
    ],
)  # fmt: skip
def test_scores_are_independent_of_csv_dialect(tmp_path: Path, text: str) -> None:
    zoe, ben = score_responses(tmp_path, text)

    name, cell = next(iter(zoe.items()))
    assert (name in {"person", "a, b, c, d, e, f, g", "per\nson"}, cell.strip()) == (True, "Zoë")
    assert [zoe[name] for name in ("across", "across_answered", "up", "style")] == ["6.0", "2", "3.0", "high_low"]
    assert [ben[name] for name in ("across", "across_answered", "up", "style")] == ["3.0", "1", "", ""]


def test_questions_without_column_are_reported_as_unanswered(tmp_path: Path) -> None:
    result = run_score_command(
        write_responses(tmp_path, "q01,q04,q03\n6,2,2\n"), "--definition", write_definition(tmp_path)
    )

    [person] = read_people(tmp_path / "responses.scores.csv")
    assert (result.exit_code, result.stderr) == (0, "No columns for q02, q05: treated as unanswered.\n")
    assert [person[name] for name in ("across", "across_answered", "up", "up_answered")] == ["6.0", "1", "", "2"]


def test_row_without_answers_has_blank_scores(tmp_path: Path) -> None:
    [person] = score_responses(tmp_path, "person,q01,q02,q03,q04,q05\nana,,,,,\n")

    filled_cells = {name: cell for name, cell in person.items() if cell}
    assert filled_cells == {"person": "ana", "across_answered": "0", "up_answered": "0"}


def test_row_without_cells_keeps_its_position(tmp_path: Path) -> None:
    """A blank row must not shift the following scores to other people."""
    people = score_responses(tmp_path, "q01,q02,q03,q04,q05\n6,2,2,2,5\n,,,,\n3,,4,5,\n")

    assert [person["across"] for person in people] == ["6.0", "", "3.0"]


def test_hidden_questions_are_not_scored(tmp_path: Path) -> None:
    """q02 is shown only if the answer to q01 is at least 4, so only Ben's answer to it counts."""
    branching = questionnaire(
        [scale("only", ["q01", "q02"], missing=missing_rule("prorate", 1))],
        questions=[question("q01"), question("q02", show_if={"question": "q01", "at_least": 4})],
    )
    path = write_responses(tmp_path, "person,q01,q02\nana,3,7\nben,5,7\n")

    result = run_score_command(path, "--definition", write_definition(tmp_path, branching), "--json")

    people = read_people(tmp_path / "responses.scores.csv")
    assert [(person["only"], person["only_answered"]) for person in people] == [("3.0", "1"), ("6.0", "2")]
    assert json.loads(result.stdout)["scales"][0]["n_listwise"] == 1


def test_question_with_own_options_uses_their_scores(tmp_path: Path) -> None:
    options = [{"value": 0, "label": "Never", "score": 1}, {"value": 9, "label": "Always", "score": 2.5}]
    definition = questionnaire(
        [scale("only", ["q01", "q02"], "sum")], questions=[question("q01", options=options), question("q02")]
    )

    people = score_responses(tmp_path, "q01,q02\n9,3\n0,3\n", definition)
    rejected = run_score_command(
        write_responses(tmp_path, "q01,q02\n3,9\n"), "--definition", tmp_path / "questionnaire.yaml"
    )

    assert [person["only"] for person in people] == ["5.5", "4.0"]
    assert rejected.stderr.splitlines()[:2] == [
        f"{tmp_path}/responses.csv: row 2, column q01: '3' isn't one of the possible answers",
        f"{tmp_path}/responses.csv: row 2, column q02: '9' isn't one of the possible answers",
    ]
