"""The folder of questionnaires: which of its files are read, and what is said of the others."""

from pathlib import Path

import pytest

from app.content.reader import read_content
from tests.content.conftest import faults_of
from tests.content.questionnaires.good_questionnaire import GOOD, write_questionnaire
from tests.factories.content import write_article


@pytest.fixture
def shelf(folder: Path) -> Path:
    """The folder of a good questionnaire."""
    write_article(folder, "one")
    return write_questionnaire(folder).parent


@pytest.mark.parametrize("name", ["Made-Up.yaml", "made_up.yaml", "made--up.yaml", "-a.yaml", f"{'a' * 121}.yaml"])
def test_a_files_name_must_be_a_slug(folder: Path, shelf: Path, name: str) -> None:
    (shelf / name).write_text(GOOD, encoding="utf-8")

    assert faults_of(folder) == [
        f"assessments/{name}:1: the file's name must be a slug, such as connection-check-in.yaml"
    ]


@pytest.mark.parametrize("name", ["notes.txt", "made-up.yml", "other.YAML", "made-up"])
def test_a_file_that_nobody_reads_is_told(folder: Path, shelf: Path, name: str) -> None:
    (shelf / name).write_text(GOOD, encoding="utf-8")

    assert faults_of(folder) == [f"assessments/{name}:1: isn't read: a questionnaire is a file that ends with .yaml"]


@pytest.mark.parametrize("name", ["more", "more.yaml"])
def test_a_folder_is_no_questionnaire(folder: Path, shelf: Path, name: str) -> None:
    (shelf / name).mkdir()

    assert faults_of(folder) == [f"assessments/{name}:1: isn't read: a questionnaire is a file that ends with .yaml"]


@pytest.mark.parametrize("name", [".DS_Store", "made-up.yaml~", ".made-up.yaml.swp", ".made-up.yaml", "._made-up.yaml"])
def test_hidden_files_and_copies_of_editors_are_passed_over(folder: Path, shelf: Path, name: str) -> None:
    (shelf / name).write_text("anything", encoding="utf-8")

    assert list(read_content(folder).assessments) == ["made-up"]


def test_a_file_where_the_folder_should_be_is_told(folder: Path) -> None:
    (folder / "assessments").write_text(GOOD, encoding="utf-8")

    assert [fault.split(": ")[0] for fault in faults_of(folder)] == ["assessments:1"]


def test_there_need_be_no_questionnaires(folder: Path) -> None:
    assert read_content(folder).assessments == {}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("- title\n", "1: must be keys with values, such as title: ..."),
        ("title: One: two\n", "1: isn't YAML: mapping values are not allowed in this context"),
        ("title: One\n? [a]\n: b\n", "2: a key must be a text; a value with braces needs quotes"),
        (f"title: {'[' * 100_000}\n", "1: has more than 20 lists and mappings inside each other"),
    ],
)
def test_a_file_that_can_not_be_a_questionnaire(folder: Path, shelf: Path, text: str, fault: str) -> None:
    (shelf / "made-up.yaml").write_text(text, encoding="utf-8")

    assert f"assessments/made-up.yaml:{fault}" in faults_of(folder)


def test_an_empty_file_lacks_every_key_that_is_needed(folder: Path, shelf: Path) -> None:
    (shelf / "made-up.yaml").write_text("# nothing yet\n", encoding="utf-8")

    needed = ["about", "disclaimer", "instructions", "licence", "minutes", "questions", "response_scales", "scales"]
    assert faults_of(folder) == [
        f"assessments/made-up.yaml:1: {key} is missing" for key in [*needed, "summary", "title"]
    ]


@pytest.mark.parametrize("value", ['!!int ""', '!!float "_"', "!!timestamp abc", "!!bool abc", "!!binary é", "!mine x"])
def test_a_tag_that_says_more_than_is_there_is_told(folder: Path, shelf: Path, value: str) -> None:
    (shelf / "made-up.yaml").write_text(GOOD.replace("minutes: 2", f"minutes: {value}"), encoding="utf-8")

    assert faults_of(folder)[0].startswith("assessments/made-up.yaml:3: ")
