"""What `twentyone assessments score` takes for a person's answers, however the spreadsheet was written."""

import csv
import json
from pathlib import Path

import pytest

from tests.assessments.test_score_command import (
    COMMAS,
    cells_of,
    definition_in,
    people_in,
    responses_in,
    run,
    scored,
)
from tests.factories.questionnaires import missing, question, questionnaire, scale


def test_columns_may_stand_in_any_order_between_others(tmp_path: Path) -> None:
    [person] = scored(tmp_path, "q05,last,q02,q01,first,q04,q03\n5,z,2,6,a,2,2\n")

    assert list(person)[:3] == ["last", "first", "across"]
    assert [person[name] for name in ("last", "first", "across", "up")] == ["z", "a", "6.0", "3.0"]


def test_other_cells_are_carried_over_to_the_last_sign(tmp_path: Path) -> None:
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

    result = run(path, "--definition", definition_in(tmp_path))

    header, row = cells_of(tmp_path / "responses.scores.csv")
    assert result.exit_code == 0
    assert header[: len(cells) + 1] == [*(f"note {n}" for n in range(len(cells))), "across"]
    assert row[: len(cells) + 1] == [*cells, "6.0"]


@pytest.mark.parametrize(
    "text",
    [
        f"\ufeff{COMMAS}",
        COMMAS.replace(",", ";"),
        COMMAS.replace(",", "\t"),
        COMMAS.replace("\n", "\r\n"),
        f"\ufeff{COMMAS}".replace(",", ";").replace("\n", "\r\n"),
        COMMAS.replace("\n", "\r"),
        COMMAS.removesuffix("\n"),
        COMMAS.replace(",", " , "),
        '"' + COMMAS.removesuffix("\n").replace(",", '","').replace("\n", '"\n"') + '"\n',
        COMMAS.replace("\n", "\n\n"),
        f"\n{COMMAS}",
        f"\n{COMMAS}".replace(",", ";"),
        COMMAS.replace("person", '"a, b, c, d, e, f, g"').replace(",q", ";q").replace("Zoë,", "Zoë;")
        .replace("Ben,", "Ben;").replace("6,2,2,2,5", "6;2;2;2;5").replace("3,,4,5,", "3;;4;5;"),
        COMMAS.replace(",", ";").replace("person", '"per\nson"'),
    ],
    ids=[
        "byte order mark", "semicolons", "tabs", "CRLF", "as Excel writes in Germany", "CR", "no end of the last line",
        "spaces around cells", "quotes around cells", "blank lines between", "blank line before",
        "blank line before semicolons", "commas in a name between semicolons", "a name of two lines and semicolons",
    ],
)  # fmt: skip
def test_the_same_people_have_the_same_scores_however_the_file_is_written(tmp_path: Path, text: str) -> None:
    zoe, ben = scored(tmp_path, text)

    name, cell = next(iter(zoe.items()))
    assert (name in {"person", "a, b, c, d, e, f, g", "per\nson"}, cell.strip()) == (True, "Zoë")
    assert [zoe[name] for name in ("across", "across_answered", "up", "style")] == ["6.0", "2", "3.0", "high_low"]
    assert [ben[name] for name in ("across", "across_answered", "up", "style")] == ["3.0", "1", "", ""]


def test_questions_without_a_column_are_told_and_taken_as_not_answered(tmp_path: Path) -> None:
    result = run(responses_in(tmp_path, "q01,q04,q03\n6,2,2\n"), "--definition", definition_in(tmp_path))

    [person] = people_in(tmp_path / "responses.scores.csv")
    assert (result.exit_code, result.stderr) == (0, "No columns for q02, q05: taken as not answered.\n")
    assert [person[name] for name in ("across", "across_answered", "up", "up_answered")] == ["6.0", "1", "", "2"]


def test_a_person_who_answered_nothing_has_blanks(tmp_path: Path) -> None:
    [person] = scored(tmp_path, "person,q01,q02,q03,q04,q05\nana,,,,,\n")

    told = {name: cell for name, cell in person.items() if cell}
    assert told == {"person": "ana", "across_answered": "0", "up_answered": "0"}


def test_a_person_who_answered_nothing_keeps_their_row_where_questions_are_the_only_columns(tmp_path: Path) -> None:
    """Or the scores would stand beside other people's rows."""
    people = scored(tmp_path, "q01,q02,q03,q04,q05\n6,2,2,2,5\n,,,,\n3,,4,5,\n")

    assert [person["across"] for person in people] == ["6.0", "", "3.0"]


def test_questions_that_were_not_asked_are_not_scored(tmp_path: Path) -> None:
    """Neither in scores nor in statistics: only Ben was asked q02."""
    branching = questionnaire(
        [scale("only", ["q01", "q02"], missing=missing("prorate", 1))],
        questions=[question("q01"), question("q02", show_if={"question": "q01", "at_least": 4})],
    )
    path = responses_in(tmp_path, "person,q01,q02\nana,3,7\nben,5,7\n")

    result = run(path, "--definition", definition_in(tmp_path, branching), "--json")

    people = people_in(tmp_path / "responses.scores.csv")
    assert [(person["only"], person["only_answered"]) for person in people] == [("3.0", "1"), ("6.0", "2")]
    assert json.loads(result.stdout)["scales"][0]["n_listwise"] == 1


def test_a_question_with_its_own_options_takes_those_and_counts_what_they_count(tmp_path: Path) -> None:
    options = [{"value": 0, "label": "Never", "score": 1}, {"value": 9, "label": "Always", "score": 2.5}]
    own = questionnaire(
        [scale("only", ["q01", "q02"], "sum")], questions=[question("q01", options=options), question("q02")]
    )

    people = scored(tmp_path, "q01,q02\n9,3\n0,3\n", own)
    refused = run(responses_in(tmp_path, "q01,q02\n3,9\n"), "--definition", tmp_path / "questionnaire.yaml")

    assert [person["only"] for person in people] == ["5.5", "4.0"]
    assert refused.stderr.splitlines()[:2] == [
        f"{tmp_path}/responses.csv: row 2, column q01: '3' isn't one of the possible answers",
        f"{tmp_path}/responses.csv: row 2, column q02: '9' isn't one of the possible answers",
    ]
