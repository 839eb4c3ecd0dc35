"""Tests for validating content files: names and types of the files in the questionnaire directory."""

from pathlib import Path
from shutil import rmtree

import pytest

from app.content.reader import read_content
from tests.content.conftest import content_errors, make_edits
from tests.content.questionnaires.valid_questionnaire import FILE, write_questionnaire

NOT_A_SLUG = "the file's name must be a slug, such as connection-check-in.yaml"
UNKNOWN = "is unknown: questionnaires are files that end with .yaml"


def test_file_with_wrong_name_or_type_is_error(content_dir: Path) -> None:
    for name in ("made_up.yaml", "made-up.yml", "other.YAML"):
        write_questionnaire(content_dir, name=name)
    (content_dir / "assessments" / "directory.yaml").mkdir()

    assert content_errors(content_dir) == [
        f"assessments/directory.yaml:1: {UNKNOWN}",
        f"assessments/made-up.yml:1: {UNKNOWN}",
        f"assessments/made_up.yaml:1: {NOT_A_SLUG}",
        f"assessments/other.YAML:1: {UNKNOWN}",
    ]


def test_hidden_and_backup_files_are_ignored(content_dir: Path) -> None:
    for name in (".DS_Store", "made-up.yaml~", ".made-up.yaml"):
        write_questionnaire(content_dir, "anything", name)

    assert list(read_content(content_dir).assessments) == ["made-up"]


def test_questionnaire_directory_is_optional_but_no_file(content_dir: Path) -> None:
    rmtree(content_dir / "assessments")
    assert read_content(content_dir).assessments == {}

    (content_dir / "assessments").write_text("anything", encoding="utf-8")
    assert content_errors(content_dir) == ["assessments:1: must be a directory with one file per questionnaire"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("- title\n", "must be keys with values, such as title: ..."),
        ("title: One: two\n", "isn't YAML: mapping values are not allowed in this context"),
    ],
)
def test_questionnaire_file_that_is_not_readable_is_error(content_dir: Path, text: str, error: str) -> None:
    write_questionnaire(content_dir, text)

    assert content_errors(content_dir) == [f"{FILE}:1: {error}"]


def test_empty_questionnaire_reports_missing_keys(content_dir: Path) -> None:
    write_questionnaire(content_dir, "# nothing yet\n")

    required = ["about", "disclaimer", "instructions", "licence", "minutes", "questions", "response_scales", "scales"]
    assert content_errors(content_dir) == [f"{FILE}:1: {key} is missing" for key in [*required, "summary", "title"]]


@pytest.mark.parametrize("value", ['!!int ""', '!!float "_"', "!!timestamp abc", "!!bool abc", "!!binary é", "!mine x"])
def test_value_that_does_not_fit_yaml_tag_is_error(content_dir: Path, value: str) -> None:
    make_edits(content_dir, FILE, ("minutes: 2", f"minutes: {value}"))

    assert content_errors(content_dir)[0].startswith(f"{FILE}:3: ")
