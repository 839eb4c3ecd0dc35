"""Tests for validating content files: errors in the files of a 21-day journey."""

from pathlib import Path

import pytest

from app.content.reader import read_content
from tests.content.conftest import Edits, content_errors, make_edits
from tests.factories.content import write_article, write_questionnaire
from tests.factories.journeys import day, write_day, write_journey

ABOUT, DAY_5 = "journey/journey.yaml", "journey/day-05.md"
SLUG = "must be lower-case letters, digits and single hyphens, such as social-connection"
TEXT = "must be a text, not empty and without control characters"


def test_journey_is_optional_but_not_empty_or_a_file(content_dir: Path) -> None:
    assert read_content(content_dir).journeys == {}

    (content_dir / "journey").mkdir()
    missing = [f"journey/day-{number:02}.md:1: is missing: a journey needs all 21 days" for number in range(1, 22)]
    assert content_errors(content_dir) == [*missing, f"{ABOUT}:1: is missing: a journey needs this file"]

    (content_dir / "journey").rmdir()
    (content_dir / "journey").write_text("slug: 21-days\n", encoding="utf-8")
    assert content_errors(content_dir) == ["journey:1: must be a directory with journey.yaml and one file per day"]


def test_unknown_files_are_errors_with_advice(content_dir: Path, path: Path) -> None:
    day_3 = "; did you mean 'journey/day-03.md'?"
    advice = {
        "day-03.markdown": day_3,
        "day-22.md": "; did you mean 'journey/day-21.md'?",
        "day03.md": day_3,
        "journey.yml": "; did you mean 'journey/journey.yaml'?",
        "picture-of-something.png": "",
    }
    for name in advice:
        (path / name).write_text("anything", encoding="utf-8")

    assert content_errors(content_dir) == [f"journey/{name}:1: is unknown{text}" for name, text in advice.items()]


def test_hidden_and_backup_files_are_ignored(content_dir: Path, path: Path) -> None:
    for name in (".DS_Store", "journey.yaml~"):
        (path / name).write_text("anything", encoding="utf-8")

    assert list(read_content(content_dir).journeys) == ["21-days"]


@pytest.mark.parametrize(
    ("file", "edits"),
    [
        (ABOUT, (
            ("\ntitle: A journey", "\ntitel: A journey", "titel is unknown; did you mean 'title'?"),
            ("slug: 21-days", "slug: 21 days", f"slug {SLUG}"),
            ("slug: 21 days", "slug: 21 days", "title is missing"),
            ("safety: Not for unsafe relationships.", "safety: ' '", f"safety {TEXT}"),
            ("weeks:", "weeks: []\nweek:", "week is unknown; did you mean 'weeks'?"),
            ("weeks: []", "weeks: []", "weeks should have at least 3 items after validation, not 0"),
            ("year: 2010", "year: '2010'", "references.1.year should be a valid integer"),
            ("https://doi.org/", "doi.org/", "references.1.url must be a web address, https://..."),
        )),
        (ABOUT, (
            ("title: Week 3\n", "titel: Week 3\n", "weeks.3.titel is unknown; did you mean 'title'?", "titel: Week 3"),
            ("titel: Week 3\n  desc", "titel: Week 3\n  desc", "weeks.3.title is missing", "titel: Week 3"),
        )),
        (DAY_5, (
            ("minutes: 20", "minutes: 0", "minutes should be greater than or equal to 1"),
            ("title: An exercise\n", "titel: An exercise\n",
             "exercise.titel is unknown; did you mean 'title'?", "titel: An"),
            ("exercise:", "exercise:", "exercise.title is missing"),
            ("steps:\n  - Do step05.\n  - Rest.", "steps: []",
             "exercise.steps should have at least 1 item after validation, not 0"),
            ("id: first-5", "id: One", f"tasks.1.id {SLUG}"),
            ("limit: One small study.", "limt: 5", "evidence.limt is unknown; did you mean 'limit'?"),
            ("evidence:", "evidence:", "evidence.limit is missing"),
            ("if_today_is_hard: Do less.", "if_today_is_hard: Do less.\nsafety: ''", f"safety {TEXT}"),
            ("\nreferences:", "\nreferences: []\nreference:", "reference is unknown; did you mean 'references'?"),
            ("references: []", "references: []", "references should have at least 1 item after validation, not 0"),
        )),
        (DAY_5, (
            ("minutes: 20", "minutes: 241", "minutes should be less than or equal to 240"),
            ("\ntasks:", "\ntasks: []\ntask:", "task is unknown; did you mean 'tasks'?"),
            ("tasks: []", "tasks: []", "tasks should have at least 1 item after validation, not 0"),
        )),
    ],
)  # fmt: skip
def test_each_invalid_value_is_error_at_its_line(content_dir: Path, path: Path, file: str, edits: Edits) -> None:
    expected = make_edits(content_dir, file, *edits)

    assert content_errors(content_dir) == expected


def test_day_with_empty_front_matter_reports_missing_keys(content_dir: Path, path: Path) -> None:
    (path / "day-05.md").write_text("---\n---\nText.\n", encoding="utf-8")

    assert content_errors(content_dir) == [f"{DAY_5}:1: {key} is missing" for key in sorted(day(5))]


def test_days_without_lesson_are_errors(content_dir: Path, path: Path) -> None:
    for number, lesson in ((5, "\n  \n"), (6, "[only]: https://example.org\n")):
        write_day(content_dir, number, lesson=lesson)

    errors = [error.split(":", 2) for error in content_errors(content_dir)]
    message = " the day has no lesson: write it below the front matter"
    assert [(file, text) for file, _, text in errors] == [(DAY_5, message), ("journey/day-06.md", message)]


def test_day_without_front_matter_is_error(content_dir: Path, path: Path) -> None:
    (path / "day-05.md").write_text("Only a lesson.\n", encoding="utf-8")

    assert content_errors(content_dir) == [f"{DAY_5}:1: must begin with a line --- and its front matter"]


def test_unknown_article_and_assessment_are_errors(content_dir: Path) -> None:
    write_article(content_dir, "here-now")
    write_questionnaire(content_dir)
    write_journey(content_dir, assessment="attachment-reflection")
    write_day(content_dir, 5, articles=["here-now"])
    unknown = "there is no assessment 'attachment-refection'; did you mean 'attachment-reflection'?"
    expected = [
        *make_edits(
            content_dir,
            DAY_5,
            ("- here-now", "- zebra\n- here-no", "there is no article 'here-no'; did you mean 'here-now'?"),
            ("- zebra", "- zebra", "there is no article 'zebra'"),
        ),
        *make_edits(content_dir, ABOUT, ("attachment-reflection", "attachment-refection", unknown)),
    ]

    assert content_errors(content_dir) == expected


def test_duplicate_task_id_on_any_day_is_error(content_dir: Path, path: Path) -> None:
    write_day(content_dir, 4, tasks=[{"id": name, "text": "A task."} for name in ("walk", "rest", "walk")])
    write_day(content_dir, 6, tasks=[{"id": "rest", "text": "Another."}])
    write_day(content_dir, 8, tasks=[{"id": "walk", "text": "Another."}], titel="Another error")

    errors = [error.split(":", 1) for error in content_errors(content_dir) if "is already in" in error]
    assert [(file, message.partition(": ")[2]) for file, message in errors] == [
        (f"journey/day-0{number}.md", f"task {task!r} is already in journey/day-04.md: give it another id")
        for number, task in ((4, "walk"), (6, "rest"), (8, "walk"))
    ]
