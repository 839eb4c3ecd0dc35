"""Tests for `twentyone assessments score`: errors in spreadsheets, questionnaires and arguments."""

import json
from pathlib import Path

import pytest
from typer.testing import Result

from tests.assessments.test_score_command import (
    RESPONSES_CSV,
    read_people,
    run_score_command,
    score_csv,
    write_definition,
    write_responses,
)
from tests.factories.questionnaires import questionnaire, scale

HEADER = "person,q01,q02,q03,q04,q05\n"
NO_QUESTIONS_ERROR = "no column has a question id: name the columns by id in the first row, such as q01"


def error_lines(result: Result, folder: Path) -> list[str]:
    """Return the lines on standard error, without the name of the spreadsheet."""
    return [line.removeprefix(f"{folder}/responses.csv: ") for line in result.stderr.splitlines()]


def rejected_lines(folder: Path, text: str) -> list[str]:
    """Score a spreadsheet that must be rejected. Return the lines on standard error."""
    result = score_csv(folder, text)
    assert (result.exit_code, result.stdout) == (1, "")
    assert {path.name for path in folder.iterdir()} == {"responses.csv", "questionnaire.yaml"}
    return error_lines(result, folder)


def test_score_command_reports_all_invalid_cells_and_writes_nothing(tmp_path: Path) -> None:
    lines = rejected_lines(tmp_path, f"{HEADER}ana,6,2,2,2,5\nben,8,2,x,2,5\neve,1,1,1,1,2.0\n")

    assert lines == [
        "row 3, column q01: '8' isn't one of the possible answers",
        "row 3, column q03: 'x' isn't one of the possible answers",
        "row 4, column q05: '2.0' isn't one of the possible answers",
        "2 rows with an invalid cell; nothing was scored. --skip-bad skips them.",
    ]


def test_row_numbers_match_spreadsheet_rows(tmp_path: Path) -> None:
    """A cell with several lines belongs to one row, and blank rows are counted."""
    text = f'{HEADER}"ana\nand\r\nher line",1,1,1,1,1\n\n"ben\n",9,1,1,1,1\n\n\neve,1,1,1,1,0\n'

    for variant in (text, text.replace("\n", "\r\n").replace("\r\r", "\r")):
        assert [line.partition(":")[0] for line in rejected_lines(tmp_path, variant)[:2]] == [
            "row 4, column q01",
            "row 7, column q05",
        ]


def test_score_command_reports_first_fifty_invalid_cells(tmp_path: Path) -> None:
    lines = rejected_lines(tmp_path, HEADER + "ana,8,8,1,1,1\n" * 40)

    assert len(lines) == 52
    assert lines[49] == "row 26, column q02: '8' isn't one of the possible answers"
    assert lines[50:] == [
        "... and 30 more invalid cells.",
        "40 rows with an invalid cell; nothing was scored. --skip-bad skips them.",
    ]


def test_long_or_unsafe_cell_is_shortened_and_escaped(tmp_path: Path) -> None:
    """A cell must not be interpreted as markup or as control codes of the terminal."""
    [long, strange, _] = rejected_lines(tmp_path, f"{HEADER}ana,{'7' * 500},1,1,1,1\nben,[red]\x1b[2J:x:,1,1,1,1\n")

    assert long == f"row 2, column q01: '{'7' * 20}' isn't one of the possible answers"
    assert strange == "row 3, column q01: '[red]\\x1b[2J:x:' isn't one of the possible answers"


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ("ana,1,1,1,1", "row 2, column 5: the row has 5 cells, the header has 6"),
        ("ana,1,1,1,1,1,", "row 2, column 7: the row has 7 cells, the header has 6"),
        ("ana,1\x00,1,1,1,1", "row 2, column q01: '1\\x00' isn't one of the possible answers"),
    ],
)
def test_malformed_row_is_reported(tmp_path: Path, row: str, error: str) -> None:
    assert rejected_lines(tmp_path, f"{HEADER}{row}\nben,1,1,1,1,1\n")[0] == error


def test_skip_bad_scores_valid_rows_and_reports_skipped_rows(tmp_path: Path) -> None:
    text = f"{HEADER}ana,6,2,2,2,5\nben,8,2,x,2,5\n\neve,3,,4,5,\nida,1\n"

    result = score_csv(tmp_path, text, "--skip-bad")

    people = read_people(tmp_path / "responses.scores.csv")
    assert result.exit_code == 0
    assert [(person["person"], person["across"]) for person in people] == [("ana", "6.0"), ("eve", "3.0")]
    assert error_lines(result, tmp_path) == [
        "row 3, column q01: '8' isn't one of the possible answers",
        "row 3, column q03: 'x' isn't one of the possible answers",
        "row 6, column 2: the row has 2 cells, the header has 6",
    ]
    assert result.stdout.splitlines()[-1] == f"2 rows scored, 2 skipped: {tmp_path}/responses.scores.csv"


def test_json_option_prints_only_json_to_stdout(tmp_path: Path) -> None:
    result = score_csv(tmp_path, "person,q01,q02,q03,q05\nana,6,2,2,5\nben,8,2,2,5\n", "--skip-bad", "--json")

    payload = json.loads(result.stdout)
    assert payload["file"] == f"{tmp_path}/responses.scores.csv"
    assert (payload["rows"], payload["skipped"]) == (1, 1)
    statistics = [tuple(row[name] for name in ("scale", "n", "mean", "sd")) for row in payload["scales"]]
    assert statistics == [("across", 1, 6, None), ("up", 0, None, None)]
    assert len(result.stderr.splitlines()) == 2


def test_score_command_without_valid_rows_writes_header_only(tmp_path: Path) -> None:
    for text in (f"{HEADER}ana,9,1,1,1,1\n", HEADER):
        result = score_csv(tmp_path, text, "--skip-bad", "--json")

        assert (result.exit_code, json.loads(result.stdout)["rows"]) == (0, 0)
        assert read_people(tmp_path / "responses.scores.csv") == []


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("\n\n", NO_QUESTIONS_ERROR),
        ("person,Q01,question 2\nana,1,2\n", NO_QUESTIONS_ERROR),
        ("q01,q02,q01\n1,1,1\n", "column 'q01' appears twice: keep one"),
        ("note,q02,note\n1,1,1\n", "column 'note' appears twice: keep one"),
        ("q02,up_band\n1,1\n", "column 'up_band' has the name of a score column: rename it"),
        ("style,q02\n1,1\n", "column 'style' has the name of a score column: rename it"),
        (f"{HEADER}Zo\udcebe,1,1,1,1,1\n", "isn't UTF-8: save the file in that encoding"),
        (f'{HEADER}ana,1,1,1,1,1\n\n"ben"x,1,1,1,1,1\n', "row 4: ',' expected after '\"'"),
        (f'{HEADER}ana,1,1,1,1,1\n"ben,1,1,1,1,1\n', "row 3: unexpected end of data"),
        (f"{HEADER}{'a' * 200_000},1,1,1,1,1\n", "row 2: field larger than field limit (131072)"),
    ],
)
def test_unreadable_spreadsheet_is_reported(tmp_path: Path, text: str, error: str) -> None:
    assert rejected_lines(tmp_path, text) == [error]


def test_invalid_utf8_at_end_is_reported_before_writing(tmp_path: Path) -> None:
    text = HEADER + "ana,1,1,1,1,1\n" * 20_000 + "\udcff,1,1,1,1,1\n"

    assert rejected_lines(tmp_path, text) == ["isn't UTF-8: save the file in that encoding"]


def test_missing_file_or_directory_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    definition = write_definition(tmp_path)
    monkeypatch.chdir(tmp_path)

    for name, message in (("nowhere.csv", "No such file"), (tmp_path, "Is a directory"), (".", "Is a directory")):
        result = run_score_command(name, "--definition", definition)

        assert isinstance(result.exception, SystemExit)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith(f"{name}: ")
        assert message in result.stderr


def test_invalid_definition_is_reported_by_line(tmp_path: Path) -> None:
    path = write_responses(tmp_path, RESPONSES_CSV)
    faulty = write_definition(tmp_path, questionnaire([scale("only", ["q01", "q02"], reverse_keyed=["q03"])]))
    missing = run_score_command(path, "--definition", tmp_path / "nowhere.yaml")
    wrong = run_score_command(path, "--definition", faulty)

    assert (missing.exit_code, missing.stdout, wrong.exit_code, wrong.stdout) == (1, "", 1, "")
    assert missing.stderr == "nowhere.yaml:1: can't be read: No such file or directory\n"
    assert wrong.stderr.startswith("questionnaire.yaml:1: ")
    assert "q03" in wrong.stderr
    assert not (tmp_path / "responses.scores.csv").exists()


@pytest.mark.parametrize("names", [["FILE"], ["one", "two", "FILE"], []])
def test_wrong_arguments_are_rejected(tmp_path: Path, names: list[str]) -> None:
    path = write_responses(tmp_path, RESPONSES_CSV)
    options = ["--definition", str(write_definition(tmp_path))] if len(names) > 1 else []

    result = run_score_command(*(str(path) if name == "FILE" else name for name in names), *options)

    assert (result.exit_code, result.stdout) == (2, "")
    assert not (tmp_path / "responses.scores.csv").exists()


def test_slug_with_definition_option_is_ignored(tmp_path: Path) -> None:
    result = run_score_command(
        "anything", write_responses(tmp_path, RESPONSES_CSV), "--definition", write_definition(tmp_path)
    )

    assert (result.exit_code, result.stderr) == (0, "")
