"""The journey's folder is checked like everything else: what is missing, strange or there twice is told at once."""

from pathlib import Path
from typing import Any

import pytest

from app.content.reader import read_content
from tests.content.conftest import faults_of, line_of, replace_in
from tests.factories.content import write_article, write_questionnaire
from tests.factories.journeys import REFERENCE, day, write_day, write_journey

ABOUT = "journey/journey.yaml"
SLUG = "must be lower-case letters, digits and single hyphens, such as social-connection"
TEXT = "must be a text, not empty and without control characters"
WITHOUT = object()


def test_a_good_journey_has_no_fault(folder: Path, path: Path) -> None:
    assert list(read_content(folder).journeys) == ["21-days"]


def test_there_need_be_no_journey(folder: Path) -> None:
    assert read_content(folder).journeys == {}


def test_what_it_is_must_be_said(folder: Path, path: Path) -> None:
    (path / "journey.yaml").unlink()

    assert faults_of(folder) == [f"{ABOUT}:1: is missing: what the journey is called, and what it is"]


@pytest.mark.parametrize("gone", [[1], [21], [7, 8, 20]])
def test_each_of_the_21_days_must_be_there(folder: Path, path: Path, gone: list[int]) -> None:
    for number in gone:
        (path / f"day-{number:02}.md").unlink()

    missing = "is missing: a journey has 21 days, and progress counts on them"
    assert faults_of(folder) == [f"journey/day-{number:02}.md:1: {missing}" for number in gone]


def test_an_empty_folder_lacks_all_of_it(folder: Path) -> None:
    (folder / "journey").mkdir()

    assert len(faults_of(folder)) == 22


def test_a_file_where_the_folder_should_be_is_told(folder: Path) -> None:
    (folder / "journey").write_text("slug: 21-days\n", encoding="utf-8")

    assert faults_of(folder) == ["journey:1: must be a folder, with journey.yaml and one file for each day"]


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("day-03.markdown", "; did you mean 'journey/day-03.md'?"),
        ("day03.md", "; did you mean 'journey/day-03.md'?"),
        ("journey.yml", "; did you mean 'journey/journey.yaml'?"),
        ("a-picture-of-something.png", ""),
    ],
)
def test_a_file_that_nobody_reads_is_told(folder: Path, path: Path, name: str, advice: str) -> None:
    (path / name).write_text("anything", encoding="utf-8")

    assert faults_of(folder) == [f"journey/{name}:1: isn't read{advice}"]


@pytest.mark.parametrize("name", ["day-1.md", "day-00.md", "day-22.md", "DAY-01.md"])
def test_a_day_is_named_with_two_digits(folder: Path, path: Path, name: str) -> None:
    (path / name).write_text("anything", encoding="utf-8")

    [fault] = faults_of(folder)
    assert fault.startswith(f"journey/{name}:1: isn't read")


def test_hidden_files_and_copies_of_editors_are_passed_over(folder: Path, path: Path) -> None:
    for name in (".DS_Store", "journey.yaml~", ".day-01.md.swp", "day-01.md~"):
        (path / name).write_text("anything", encoding="utf-8")

    assert list(read_content(folder).journeys) == ["21-days"]


@pytest.mark.parametrize(
    ("part", "value", "fault"),
    [
        ("title", WITHOUT, "1: title is missing"),
        ("title", 21, "2: title must be a text; put it in quotes"),
        ("titel", "A journey", "23: titel isn't known here; did you mean 'title'?"),
        ("slug", "21 days", f"1: slug {SLUG}"),
        ("safety", " ", f"14: safety {TEXT}"),
        (
            "weeks",
            [{"title": f"Week {n}", "description": "A week."} for n in (1, 2)],
            "6: weeks should have at least 3",
        ),
        ("weeks", [{"title": f"Week {n}", "about": "A week."} for n in (1, 2, 3)], "12: weeks.3.about isn't known"),
        ("references", [REFERENCE | {"year": "2010"}], "references.1.year should be a valid integer"),
        ("references", [REFERENCE | {"url": "doi.org/1"}], "references.1.url must be a web address, https://..."),
    ],
)
def test_a_fault_in_what_is_said_of_it(folder: Path, part: str, value: Any, fault: str) -> None:
    write_journey(folder, **{part: value} if value is not WITHOUT else {})
    if value is WITHOUT:
        replace_in(folder / ABOUT, f"{part}: A journey\n", "")

    assert any(fault in each for each in faults_of(folder)), faults_of(folder)


@pytest.mark.parametrize(
    ("parts", "text", "fault"),
    [
        ({"titel": "One"}, "titel", "titel isn't known here; did you mean 'title'?"),
        ({"minutes": 0}, "minutes: 0", "minutes should be greater than or equal to 1"),
        ({"exercise": {"title": "One", "minutes": 9, "steps": []}}, "steps", "exercise.steps should have at least 1"),
        ({"exercise": {"title": "One", "steps": ["Do."]}}, "exercise:", "exercise.minutes is missing"),
        ({"tasks": []}, "tasks", "tasks should have at least 1 item"),
        ({"tasks": [{"id": "One", "text": "A task."}]}, "id: One", f"tasks.1.id {SLUG}"),
        ({"tasks": [{"id": "one", "test": "A"}]}, "test:", "tasks.1.test isn't known here; did you mean 'text'?"),
        ({"evidence": {"text": "It may help."}}, "evidence", "evidence.limit is missing"),
        ({"safety": ""}, "safety", f"safety {TEXT}"),
        ({"references": []}, "references", "references should have at least 1 item"),
    ],
    ids=str,
)
def test_a_fault_above_a_lesson(folder: Path, path: Path, parts: dict[str, Any], text: str, fault: str) -> None:
    file = write_day(folder, 5, lesson="Text.\n", **parts)

    line = line_of(file, text)
    assert any(each.startswith(f"journey/day-05.md:{line}: {fault}") for each in faults_of(folder)), faults_of(folder)


@pytest.mark.parametrize("key", day(1))
def test_what_a_day_has_to_say_may_not_be_left_out(folder: Path, path: Path, key: str) -> None:
    front = {name: value for name, value in day(9).items() if name != key}
    file = path / "day-09.md"
    file.write_text(f"---\n{front}\n---\nText.\n", encoding="utf-8")

    assert f"journey/day-09.md:2: {key} is missing" in faults_of(folder)


@pytest.mark.parametrize("lesson", ["", "\n  \n", "[only]: https://example.org\n"])
def test_a_day_has_a_lesson(folder: Path, path: Path, lesson: str) -> None:
    file = path / "day-12.md"
    front = file.read_text(encoding="utf-8").partition("A lesson")[0]
    file.write_text(front + lesson, encoding="utf-8")

    [fault] = faults_of(folder)
    assert fault.startswith("journey/day-12.md:")
    assert fault.endswith(": the day has no lesson: write it below the front matter")


def test_a_day_without_front_matter_is_told(folder: Path, path: Path) -> None:
    (path / "day-02.md").write_text("Only a lesson.\n", encoding="utf-8")

    assert faults_of(folder) == ["journey/day-02.md:1: must begin with a line --- and its front matter"]


@pytest.mark.parametrize(("slug", "advice"), [("here-no", "; did you mean 'here-now'?"), ("zebra", "")])
def test_an_article_that_is_not_there_is_told(folder: Path, path: Path, slug: str, advice: str) -> None:
    write_article(folder, "here-now")
    file = write_day(folder, 3, articles=["here-now", slug])

    line = [n for n, line in enumerate(file.read_text().split("\n"), start=1) if line == f"- {slug}"]
    assert faults_of(folder) == [f"journey/day-03.md:{line[0]}: there is no article {slug!r}{advice}"]


@pytest.mark.parametrize(
    ("slug", "advice"), [("attachment-refection", "; did you mean 'attachment-reflection'?"), ("zebra", "")]
)
def test_an_assessment_that_is_not_there_is_told(folder: Path, slug: str, advice: str) -> None:
    write_questionnaire(folder)
    path = write_journey(folder, assessment=slug) / "journey.yaml"

    assert faults_of(folder) == [f"{ABOUT}:{line_of(path, slug)}: there is no assessment {slug!r}{advice}"]


def test_a_task_has_an_id_that_no_other_has_on_any_day(folder: Path, path: Path) -> None:
    write_day(folder, 4, tasks=[{"id": name, "text": "A task."} for name in ("walk", "rest", "walk")])
    write_day(folder, 6, tasks=[{"id": "rest", "text": "Another."}])
    write_day(folder, 8, tasks=[{"id": "walk", "text": "Another."}], titel="With a fault beside it")

    again = "stands in journey/day-04.md already: give it another id"
    found = [fault.split(": ", 1) for fault in faults_of(folder) if "stands in" in fault]
    assert [message for _, message in found] == [f"task 'walk' {again}", f"task 'rest' {again}", f"task 'walk' {again}"]
    assert [place.split(":")[0][-9:] for place, _ in found] == ["day-04.md", "day-06.md", "day-08.md"]


def test_faults_of_all_files_are_told_at_once_in_order(folder: Path, path: Path) -> None:
    replace_in(path / "journey.yaml", "title: A journey", "titel: A journey")
    (path / "day-10.md").unlink()
    (path / "extra.md").write_text("anything", encoding="utf-8")
    write_day(folder, 11, minutes=900, lesson="# One\n\n[x](#ref-no)\n")

    places = [fault.split(":")[0] for fault in faults_of(folder)]
    assert places == [
        "journey/day-10.md",
        *["journey/day-11.md"] * 3,
        "journey/extra.md",
        *["journey/journey.yaml"] * 2,
    ]
