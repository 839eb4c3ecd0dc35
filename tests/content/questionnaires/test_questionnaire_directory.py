"""Tests for validating content files: names and types of the files in the questionnaire directory."""

from pathlib import Path

import pytest

from app.content.reader import read_content
from tests.content.conftest import content_errors
from tests.content.questionnaires.valid_questionnaire import VALID_FILE, write_questionnaire
from tests.factories.content import write_article


@pytest.fixture
def questionnaires_dir(content_dir: Path) -> Path:
    """Create a valid questionnaire and return its directory."""
    write_article(content_dir, "one")
    return write_questionnaire(content_dir).parent


@pytest.mark.parametrize("name", ["Made-Up.yaml", "made_up.yaml", "made--up.yaml", "-a.yaml", f"{'a' * 121}.yaml"])
def test_file_name_that_is_not_a_slug_is_error(content_dir: Path, questionnaires_dir: Path, name: str) -> None:
    (questionnaires_dir / name).write_text(VALID_FILE, encoding="utf-8")

    assert content_errors(content_dir) == [
        f"assessments/{name}:1: the file's name must be a slug, such as connection-check-in.yaml"
    ]


@pytest.mark.parametrize("name", ["notes.txt", "made-up.yml", "other.YAML", "made-up"])
def test_unknown_file_is_error(content_dir: Path, questionnaires_dir: Path, name: str) -> None:
    (questionnaires_dir / name).write_text(VALID_FILE, encoding="utf-8")

    assert content_errors(content_dir) == [
        f"assessments/{name}:1: is unknown: questionnaires are files that end with .yaml"
    ]


@pytest.mark.parametrize("name", ["more", "more.yaml"])
def test_directory_in_place_of_questionnaire_is_error(content_dir: Path, questionnaires_dir: Path, name: str) -> None:
    (questionnaires_dir / name).mkdir()

    assert content_errors(content_dir) == [
        f"assessments/{name}:1: is unknown: questionnaires are files that end with .yaml"
    ]


@pytest.mark.parametrize("name", [".DS_Store", "made-up.yaml~", ".made-up.yaml.swp", ".made-up.yaml", "._made-up.yaml"])
def test_hidden_and_backup_files_are_ignored(content_dir: Path, questionnaires_dir: Path, name: str) -> None:
    (questionnaires_dir / name).write_text("anything", encoding="utf-8")

    assert list(read_content(content_dir).assessments) == ["made-up"]


def test_file_in_place_of_directory_is_error(content_dir: Path) -> None:
    (content_dir / "assessments").write_text(VALID_FILE, encoding="utf-8")

    assert [error.split(": ")[0] for error in content_errors(content_dir)] == ["assessments:1"]


def test_content_without_questionnaires_is_valid(content_dir: Path) -> None:
    assert read_content(content_dir).assessments == {}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("- title\n", "1: must be keys with values, such as title: ..."),
        ("title: One: two\n", "1: isn't YAML: mapping values are not allowed in this context"),
        ("title: One\n? [a]\n: b\n", "2: a key must be a text; a value with braces needs quotes"),
        (f"title: {'[' * 100_000}\n", "1: has more than 20 nested lists and mappings"),
    ],
)
def test_questionnaire_file_that_is_not_readable_is_error(
    content_dir: Path, questionnaires_dir: Path, text: str, error: str
) -> None:
    (questionnaires_dir / "made-up.yaml").write_text(text, encoding="utf-8")

    assert f"assessments/made-up.yaml:{error}" in content_errors(content_dir)


def test_empty_questionnaire_reports_missing_keys(content_dir: Path, questionnaires_dir: Path) -> None:
    (questionnaires_dir / "made-up.yaml").write_text("# nothing yet\n", encoding="utf-8")

    required = ["about", "disclaimer", "instructions", "licence", "minutes", "questions", "response_scales", "scales"]
    assert content_errors(content_dir) == [
        f"assessments/made-up.yaml:1: {key} is missing" for key in [*required, "summary", "title"]
    ]


@pytest.mark.parametrize("value", ['!!int ""', '!!float "_"', "!!timestamp abc", "!!bool abc", "!!binary é", "!mine x"])
def test_value_that_does_not_fit_yaml_tag_is_error(content_dir: Path, questionnaires_dir: Path, value: str) -> None:
    (questionnaires_dir / "made-up.yaml").write_text(
        VALID_FILE.replace("minutes: 2", f"minutes: {value}"), encoding="utf-8"
    )

    assert content_errors(content_dir)[0].startswith("assessments/made-up.yaml:3: ")
