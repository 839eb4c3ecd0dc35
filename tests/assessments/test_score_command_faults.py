"""`twentyone assessments score` says by row and column what it can't score, and writes nothing until all is good."""

import json
from pathlib import Path

import pytest
from typer.testing import Result

from tests.assessments.test_score_command import (
    COMMAS,
    CORNERS,
    definition_in,
    people_in,
    responses_in,
    run,
)
from tests.factories.questionnaires import questionnaire, scale

HEADER = "person,q01,q02,q03,q04,q05\n"
NO_QUESTIONS = "no column has the id of a question: the first row must name them, such as q01"
LONG_ROW = "row 2, column 7: the row ends here, the header has 6 columns"


def scoring(folder: Path, text: str | bytes, *options: str) -> Result:
    path = responses_in(folder, "")
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return run(path, "--definition", definition_in(folder), *options)


def told(result: Result, folder: Path) -> list[str]:
    """The lines on standard error, without the file's name before them."""
    return [line.removeprefix(f"{folder}/responses.csv: ") for line in result.stderr.splitlines()]


def refused(folder: Path, text: str | bytes) -> list[str]:
    """What is told of a spreadsheet that isn't scored."""
    result = scoring(folder, text)
    assert (result.exit_code, result.stdout) == (1, "")
    assert {path.name for path in folder.iterdir()} == {"responses.csv", "questionnaire.yaml"}
    return told(result, folder)


def test_every_bad_cell_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    lines = refused(tmp_path, f"{HEADER}ana,6,2,2,2,5\nben,8,2,x,2,5\neve,1,1,1,1,2.0\n")

    assert lines == [
        "row 3, column q01: '8' isn't one of the possible answers",
        "row 3, column q03: 'x' isn't one of the possible answers",
        "row 4, column q05: '2.0' isn't one of the possible answers",
        "2 rows with a bad cell; nothing was scored. --skip-bad leaves them out.",
    ]


def test_rows_are_counted_as_a_spreadsheet_counts_them(tmp_path: Path) -> None:
    """A cell of several lines is in one row, and a blank row is one too."""
    text = f'{HEADER}"ana\nand\r\nher line",1,1,1,1,1\n\n"ben\n",9,1,1,1,1\n\n\neve,1,1,1,1,0\n'

    for written in (text, text.replace("\n", "\r\n").replace("\r\r", "\r")):
        assert [line.partition(":")[0] for line in refused(tmp_path, written)[:2]] == [
            "row 4, column q01",
            "row 7, column q05",
        ]


def test_of_very_many_bad_cells_the_first_fifty_are_told_and_the_others_counted(tmp_path: Path) -> None:
    lines = refused(tmp_path, HEADER + "ana,8,8,1,1,1\n" * 40)

    assert len(lines) == 52
    assert lines[49] == "row 26, column q02: '8' isn't one of the possible answers"
    assert lines[50:] == [
        "... and 30 more bad cells.",
        "40 rows with a bad cell; nothing was scored. --skip-bad leaves them out.",
    ]


def test_a_long_or_strange_cell_is_shown_short_and_harmless(tmp_path: Path) -> None:
    """Neither as rich's markup, nor as signs that move a terminal's cursor."""
    [long, strange, _] = refused(tmp_path, f"{HEADER}ana,{'7' * 500},1,1,1,1\nben,[red]\x1b[2J:x:,1,1,1,1\n")

    assert long == f"row 2, column q01: '{'7' * 20}' isn't one of the possible answers"
    assert strange == "row 3, column q01: '[red]\\x1b[2J:x:' isn't one of the possible answers"


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("ana,1,1,1,1", "row 2, column 5: the row ends here, the header has 6 columns"),
        ("ana,1,1,1,1,1,1", LONG_ROW),
        ("ana,1,1,1,1,1,", LONG_ROW),
        ("ana", "row 2, column 1: the row ends here, the header has 6 columns"),
        ("ana,1\x00,1,1,1,1", "row 2, column q01: '1\\x00' isn't one of the possible answers"),
    ],
)
def test_a_row_that_is_too_short_or_too_long_or_has_a_nul_is_told(tmp_path: Path, row: str, fault: str) -> None:
    assert refused(tmp_path, f"{HEADER}{row}\nben,1,1,1,1,1\n")[0] == fault


def test_skip_bad_scores_the_others_and_says_what_it_left_out(tmp_path: Path) -> None:
    text = f"{HEADER}ana,6,2,2,2,5\nben,8,2,x,2,5\n\neve,3,,4,5,\nida,1\n"

    result = scoring(tmp_path, text, "--skip-bad")

    people = people_in(tmp_path / "responses.scores.csv")
    assert result.exit_code == 0
    assert [(person["person"], person["across"]) for person in people] == [("ana", "6.0"), ("eve", "3.0")]
    assert told(result, tmp_path) == [
        "row 3, column q01: '8' isn't one of the possible answers",
        "row 3, column q03: 'x' isn't one of the possible answers",
        "row 6, column 2: the row ends here, the header has 6 columns",
    ]
    assert result.stdout.splitlines()[-1] == f"2 rows scored, 2 left out: {tmp_path}/responses.scores.csv"


def test_json_is_all_that_goes_to_standard_output(tmp_path: Path) -> None:
    result = scoring(tmp_path, "person,q01,q02,q03,q05\nana,6,2,2,5\nben,8,2,2,5\n", "--skip-bad", "--json")

    shown = json.loads(result.stdout)
    assert {name: shown[name] for name in ("file", "rows", "skipped")} == {
        "file": f"{tmp_path}/responses.scores.csv",
        "rows": 1,
        "skipped": 1,
    }
    assert [(each["scale"], each["n"], each["mean"], each["sd"]) for each in shown["scales"]] == [
        ("across", 1, 6, None),
        ("up", 0, None, None),
    ]
    assert len(result.stderr.splitlines()) == 2


def test_where_every_row_is_left_out_there_are_no_scores_but_their_names(tmp_path: Path) -> None:
    for text in (f"{HEADER}ana,9,1,1,1,1\n", HEADER):
        result = scoring(tmp_path, text, "--skip-bad", "--json")

        assert (result.exit_code, json.loads(result.stdout)["rows"]) == (0, 0)
        assert people_in(tmp_path / "responses.scores.csv") == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", NO_QUESTIONS),
        ("\n\n", NO_QUESTIONS),
        ("person,Q01,question 2\nana,1,2\n", NO_QUESTIONS),
        ("q01,q02,q01\n1,1,1\n", "column 'q01' stands there twice: keep one"),
        ("note,q02,note\n1,1,1\n", "column 'note' stands there twice: keep one"),
        ("across,q02\n1,1\n", "column 'across' has the name of a score: give it another one"),
        ("q02,up_band\n1,1\n", "column 'up_band' has the name of a score: give it another one"),
        ("style,q02\n1,1\n", "column 'style' has the name of a score: give it another one"),
        (HEADER.encode("utf-16"), "isn't UTF-8: save it in that encoding"),
        (f"{HEADER}Zoë,1,1,1,1,1\n".encode("latin-1"), "isn't UTF-8: save it in that encoding"),
        (f'{HEADER}ana,1,1,1,1,1\n\n"ben"x,1,1,1,1,1\n', "row 4: ',' expected after '\"'"),
        (f'{HEADER}ana,1,1,1,1,1\n"ben,1,1,1,1,1\n', "row 3: unexpected end of data"),
        (f"{HEADER}{'a' * 200_000},1,1,1,1,1\n", "row 2: field larger than field limit (131072)"),
    ],
)
def test_a_spreadsheet_that_can_not_be_made_out_is_told(tmp_path: Path, text: str | bytes, fault: str) -> None:
    assert refused(tmp_path, text) == [fault]


def test_bytes_that_are_not_utf_8_at_the_end_are_told_before_anything_is_written(tmp_path: Path) -> None:
    text = (HEADER + "ana,1,1,1,1,1\n" * 20_000).encode() + b"\xff,1,1,1,1,1\n"

    assert refused(tmp_path, text) == ["isn't UTF-8: save it in that encoding"]


def test_a_file_that_is_not_there_or_is_none_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    definition = definition_in(tmp_path)
    monkeypatch.chdir(tmp_path)

    for name, what in (("nowhere.csv", "No such file"), (tmp_path, "Is a directory"), (".", "Is a directory")):
        result = run(name, "--definition", definition)

        assert isinstance(result.exception, SystemExit)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith(f"{name}: ")
        assert what in result.stderr


def test_a_definition_with_faults_is_told_by_line_and_nothing_is_scored(tmp_path: Path) -> None:
    path = responses_in(tmp_path, COMMAS)
    faulty = definition_in(tmp_path, questionnaire([scale("only", ["q01", "q02"], reverse_keyed=["q03"])]))
    missing = run(path, "--definition", tmp_path / "nowhere.yaml")
    wrong = run(path, "--definition", faulty)

    assert (missing.exit_code, missing.stdout, wrong.exit_code, wrong.stdout) == (1, "", 1, "")
    assert missing.stderr == "nowhere.yaml:1: can't be read: No such file or directory\n"
    assert wrong.stderr.startswith("questionnaire.yaml:1: ")
    assert "q03" in wrong.stderr
    assert not (tmp_path / "responses.scores.csv").exists()


@pytest.mark.parametrize("given", [["FILE"], ["one", "two", "FILE", "--definition", "RULES"], []])
def test_arguments_that_name_no_questionnaire_or_too_many_are_refused(tmp_path: Path, given: list[str]) -> None:
    paths = {"FILE": responses_in(tmp_path, COMMAS), "RULES": definition_in(tmp_path, CORNERS)}

    result = run(*(paths.get(each, each) for each in given))

    assert (result.exit_code, result.stdout) == (2, "")
    assert not (tmp_path / "responses.scores.csv").exists()


def test_a_slug_beside_a_definition_is_only_a_name(tmp_path: Path) -> None:
    result = run("anything", responses_in(tmp_path, COMMAS), "--definition", definition_in(tmp_path))

    assert (result.exit_code, result.stderr) == (0, "")
