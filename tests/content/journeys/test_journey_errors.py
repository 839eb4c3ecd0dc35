"""Tests for validating content files: errors in the files of a 21-day journey."""

from pathlib import Path
from typing import Any

import pytest

from app.content.reader import read_content
from tests.content.conftest import content_errors, line_number, replace_in
from tests.factories.content import write_article, write_questionnaire
from tests.factories.journeys import REFERENCE, day, write_day, write_journey

ABOUT = "journey/journey.yaml"
SLUG = "must be lower-case letters, digits and single hyphens, such as social-connection"
TEXT = "must be a text, not empty and without control characters"
REMOVED = object()


def test_valid_journey_is_read(content_dir: Path, path: Path) -> None:
    assert list(read_content(content_dir).journeys) == ["21-days"]


def test_content_without_journey_is_valid(content_dir: Path) -> None:
    assert read_content(content_dir).journeys == {}


def test_missing_journey_file_is_error(content_dir: Path, path: Path) -> None:
    (path / "journey.yaml").unlink()

    assert content_errors(content_dir) == [f"{ABOUT}:1: is missing: a journey needs this file"]


@pytest.mark.parametrize("missing", [[1], [21], [7, 8, 20]])
def test_missing_day_is_error(content_dir: Path, path: Path, missing: list[int]) -> None:
    for number in missing:
        (path / f"day-{number:02}.md").unlink()

    message = "is missing: a journey needs all 21 days"
    assert content_errors(content_dir) == [f"journey/day-{number:02}.md:1: {message}" for number in missing]


def test_empty_journey_directory_reports_missing_files(content_dir: Path) -> None:
    (content_dir / "journey").mkdir()

    assert len(content_errors(content_dir)) == 22


def test_file_in_place_of_directory_is_error(content_dir: Path) -> None:
    (content_dir / "journey").write_text("slug: 21-days\n", encoding="utf-8")

    assert content_errors(content_dir) == ["journey:1: must be a directory with journey.yaml and one file per day"]


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("day-03.markdown", "; did you mean 'journey/day-03.md'?"),
        ("day03.md", "; did you mean 'journey/day-03.md'?"),
        ("journey.yml", "; did you mean 'journey/journey.yaml'?"),
        ("a-picture-of-something.png", ""),
    ],
)
def test_unknown_file_is_error(content_dir: Path, path: Path, name: str, advice: str) -> None:
    (path / name).write_text("anything", encoding="utf-8")

    assert content_errors(content_dir) == [f"journey/{name}:1: is unknown{advice}"]


@pytest.mark.parametrize("name", ["day-1.md", "day-00.md", "day-22.md", "DAY-01.md"])
def test_day_file_with_wrong_number_is_error(content_dir: Path, path: Path, name: str) -> None:
    (path / name).write_text("anything", encoding="utf-8")

    [error] = content_errors(content_dir)
    assert error.startswith(f"journey/{name}:1: is unknown")


def test_hidden_and_backup_files_are_ignored(content_dir: Path, path: Path) -> None:
    for name in (".DS_Store", "journey.yaml~", ".day-01.md.swp", "day-01.md~"):
        (path / name).write_text("anything", encoding="utf-8")

    assert list(read_content(content_dir).journeys) == ["21-days"]


@pytest.mark.parametrize(
    ("part", "value", "error"),
    [
        ("title", REMOVED, "1: title is missing"),
        ("title", 21, "2: title must be a text; put it in quotes"),
        ("titel", "A journey", "23: titel is unknown; did you mean 'title'?"),
        ("slug", "21 days", f"1: slug {SLUG}"),
        ("safety", " ", f"14: safety {TEXT}"),
        (
            "weeks",
            [{"title": f"Week {n}", "description": "A week."} for n in (1, 2)],
            "6: weeks should have at least 3",
        ),
        ("weeks", [{"title": f"Week {n}", "about": "A week."} for n in (1, 2, 3)], "12: weeks.3.about is unknown"),
        ("references", [REFERENCE | {"year": "2010"}], "references.1.year should be a valid integer"),
        ("references", [REFERENCE | {"url": "doi.org/1"}], "references.1.url must be a web address, https://..."),
    ],
)
def test_journey_file_with_invalid_value_is_error(content_dir: Path, part: str, value: Any, error: str) -> None:
    write_journey(content_dir, **{part: value} if value is not REMOVED else {})
    if value is REMOVED:
        replace_in(content_dir / ABOUT, f"{part}: A journey\n", "")

    assert any(error in message for message in content_errors(content_dir)), content_errors(content_dir)


@pytest.mark.parametrize(
    ("parts", "text", "error"),
    [
        ({"titel": "One"}, "titel", "titel is unknown; did you mean 'title'?"),
        ({"minutes": 0}, "minutes: 0", "minutes should be greater than or equal to 1"),
        ({"exercise": {"title": "One", "minutes": 9, "steps": []}}, "steps", "exercise.steps should have at least 1"),
        ({"exercise": {"title": "One", "steps": ["Do."]}}, "exercise:", "exercise.minutes is missing"),
        ({"tasks": []}, "tasks", "tasks should have at least 1 item"),
        ({"tasks": [{"id": "One", "text": "A task."}]}, "id: One", f"tasks.1.id {SLUG}"),
        ({"tasks": [{"id": "one", "test": "A"}]}, "test:", "tasks.1.test is unknown; did you mean 'text'?"),
        ({"evidence": {"text": "It may help."}}, "evidence", "evidence.limit is missing"),
        ({"safety": ""}, "safety", f"safety {TEXT}"),
        ({"references": []}, "references", "references should have at least 1 item"),
    ],
    ids=str,
)
def test_day_with_invalid_front_matter_is_error(
    content_dir: Path, path: Path, parts: dict[str, Any], text: str, error: str
) -> None:
    file = write_day(content_dir, 5, lesson="Text.\n", **parts)

    line = line_number(file, text)
    assert any(
        content_error.startswith(f"journey/day-05.md:{line}: {error}") for content_error in content_errors(content_dir)
    ), content_errors(content_dir)


@pytest.mark.parametrize("key", day(1))
def test_day_with_missing_key_is_error(content_dir: Path, path: Path, key: str) -> None:
    front = {name: value for name, value in day(9).items() if name != key}
    file = path / "day-09.md"
    file.write_text(f"---\n{front}\n---\nText.\n", encoding="utf-8")

    assert f"journey/day-09.md:2: {key} is missing" in content_errors(content_dir)


@pytest.mark.parametrize("lesson", ["", "\n  \n", "[only]: https://example.org\n"])
def test_day_without_lesson_is_error(content_dir: Path, path: Path, lesson: str) -> None:
    file = path / "day-12.md"
    front = file.read_text(encoding="utf-8").partition("A lesson")[0]
    file.write_text(front + lesson, encoding="utf-8")

    [error] = content_errors(content_dir)
    assert error.startswith("journey/day-12.md:")
    assert error.endswith(": the day has no lesson: write it below the front matter")


def test_day_without_front_matter_is_error(content_dir: Path, path: Path) -> None:
    (path / "day-02.md").write_text("Only a lesson.\n", encoding="utf-8")

    assert content_errors(content_dir) == ["journey/day-02.md:1: must begin with a line --- and its front matter"]


@pytest.mark.parametrize(("slug", "advice"), [("here-no", "; did you mean 'here-now'?"), ("zebra", "")])
def test_day_with_unknown_article_is_error(content_dir: Path, path: Path, slug: str, advice: str) -> None:
    write_article(content_dir, "here-now")
    file = write_day(content_dir, 3, articles=["here-now", slug])

    line = [n for n, line in enumerate(file.read_text().split("\n"), start=1) if line == f"- {slug}"]
    assert content_errors(content_dir) == [f"journey/day-03.md:{line[0]}: there is no article {slug!r}{advice}"]


@pytest.mark.parametrize(
    ("slug", "advice"), [("attachment-refection", "; did you mean 'attachment-reflection'?"), ("zebra", "")]
)
def test_journey_with_unknown_assessment_is_error(content_dir: Path, slug: str, advice: str) -> None:
    write_questionnaire(content_dir)
    path = write_journey(content_dir, assessment=slug) / "journey.yaml"

    assert content_errors(content_dir) == [
        f"{ABOUT}:{line_number(path, slug)}: there is no assessment {slug!r}{advice}"
    ]


def test_duplicate_task_id_on_any_day_is_error(content_dir: Path, path: Path) -> None:
    write_day(content_dir, 4, tasks=[{"id": name, "text": "A task."} for name in ("walk", "rest", "walk")])
    write_day(content_dir, 6, tasks=[{"id": "rest", "text": "Another."}])
    write_day(content_dir, 8, tasks=[{"id": "walk", "text": "Another."}], titel="Another error")

    duplicate = "is already in journey/day-04.md: give it another id"
    reported = [error.split(": ", 1) for error in content_errors(content_dir) if "is already in" in error]
    assert [message for _, message in reported] == [
        f"task 'walk' {duplicate}",
        f"task 'rest' {duplicate}",
        f"task 'walk' {duplicate}",
    ]
    assert [location.split(":")[0][-9:] for location, _ in reported] == ["day-04.md", "day-06.md", "day-08.md"]


def test_errors_of_all_files_are_reported_in_order(content_dir: Path, path: Path) -> None:
    replace_in(path / "journey.yaml", "title: A journey", "titel: A journey")
    (path / "day-10.md").unlink()
    (path / "extra.md").write_text("anything", encoding="utf-8")
    write_day(content_dir, 11, minutes=900, lesson="# One\n\n[x](#ref-no)\n")

    places = [error.split(":")[0] for error in content_errors(content_dir)]
    assert places == [
        "journey/day-10.md",
        *["journey/day-11.md"] * 3,
        "journey/extra.md",
        *["journey/journey.yaml"] * 2,
    ]
