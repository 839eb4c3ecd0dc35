"""`diff` says what a load does to the journey, `load` does it, and what was exported loads back to the same."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from app.content.exporter import export
from app.content.plan import Action, ContentChange, plan_load
from app.content.reader import read_content
from app.journey.models import Journey
from tests.content.conftest import Desk, replace_in
from tests.factories.content import write_article, write_questionnaire
from tests.factories.journeys import write_day, write_journey


def stored(desk: Desk) -> dict[str, tuple[bool, str]]:
    """Which journeys there are, whether they are listed, and what they are called."""
    with desk.database.entities() as session:
        return {each.slug: (each.is_listed, each.definition["title"]) for each in session.exec(select(Journey))}


def changed(*fields: str, slug: str = "21-days") -> list[ContentChange]:
    return [ContentChange("journey", slug, Action.CHANGED, fields)]


@pytest.fixture
def walked(desk: Desk) -> Desk:
    """A desk with a journey that was loaded."""
    write_journey(desk.folder)
    desk.load()
    return desk


def test_the_first_load_creates_it_and_a_second_changes_nothing(desk: Desk) -> None:
    desk.load()
    write_journey(desk.folder)

    created = [ContentChange("journey", "21-days", Action.CREATED)]
    assert desk.diff() == desk.load().changes == created
    assert stored(desk) == {"21-days": (True, "A journey")}
    assert (desk.diff(), desk.load().changes) == ([], [])
    assert len(desk.releases()) == 2


@pytest.mark.parametrize(
    ("parts", "fields"),
    [
        ({"title": "Another"}, ("title",)),
        ({"description": "What it *was*."}, ("description",)),
        ({"safety": "Not for you.", "finished": "Done."}, ("finished", "safety")),
        ({"references": []}, ("references",)),
    ],
    ids=str,
)
def test_it_is_changed_in_the_parts_that_differ(walked: Desk, parts: dict[str, Any], fields: tuple[str, ...]) -> None:
    write_journey(walked.folder, about_21_days="Longer.")
    walked.load()
    write_journey(walked.folder, **{"about_21_days": "Longer."} | parts)

    assert walked.diff() == walked.load().changes == changed(*fields)
    assert walked.load().changes == []


def test_days_that_changed_are_named_by_their_numbers(walked: Desk) -> None:
    write_day(walked.folder, 3, title="Another title")
    write_day(walked.folder, 7, lesson="Another *lesson*.\n")
    write_day(walked.folder, 21, tasks=[{"id": "first-21", "text": "In other words."}])
    replace_in(walked.folder / "journey" / "journey.yaml", "title: A journey", "title: Another")

    assert walked.diff() == walked.load().changes == changed("title", "day 3", "day 7", "day 21")
    assert walked.load().changes == []
    assert stored(walked) == {"21-days": (True, "Another")}


def test_without_its_folder_it_is_unlisted_and_comes_back_as_it_was(walked: Desk) -> None:
    away = walked.folder.with_name("away")
    shutil.move(walked.folder / "journey", away)

    gone = [ContentChange("journey", "21-days", Action.UNPUBLISHED)]
    assert walked.diff() == walked.load().changes == gone
    assert stored(walked) == {"21-days": (False, "A journey")}
    assert walked.load().changes == []

    shutil.move(away, walked.folder / "journey")
    assert walked.diff() == walked.load().changes == changed("is_listed")
    assert stored(walked) == {"21-days": (True, "A journey")}
    assert walked.load().changes == []


def test_it_may_come_back_with_something_new(walked: Desk) -> None:
    shutil.rmtree(walked.folder / "journey")
    walked.load()
    write_journey(walked.folder, title="Another")

    assert walked.load().changes == changed("title")
    assert stored(walked) == {"21-days": (True, "Another")}


def test_another_slug_is_another_journey(walked: Desk) -> None:
    write_journey(walked.folder, slug="other")

    assert walked.load().changes == [
        ContentChange("journey", "other", Action.CREATED),
        ContentChange("journey", "21-days", Action.UNPUBLISHED),
    ]
    assert stored(walked) == {"21-days": (False, "A journey"), "other": (True, "A journey")}


def test_an_export_of_it_loads_with_nothing_to_change(desk: Desk, tmp_path: Path) -> None:
    write_questionnaire(desk.folder, recommendations={"journey": "21-days", "articles": [], "topics": []})
    write_article(desk.folder, "here-now")
    write_journey(desk.folder, assessment="attachment-reflection", description="- one\n- *two*\n\n> 'three': # 4\n")
    write_day(desk.folder, 2, lesson="---\n\n## no: *yes*\n\n- `a` \\# b\n", safety="Mind: this", articles=["here-now"])
    desk.load()

    with desk.database.entities() as session:
        export(session, tmp_path / "out")
        assert plan_load(session, read_content(tmp_path / "out")).changes == []

    files = {path.name for path in (tmp_path / "out" / "journey").iterdir()}
    assert files == {"journey.yaml", *(f"day-{number:02}.md" for number in range(1, 22))}
    assert read_content(tmp_path / "out").journeys == read_content(desk.folder).journeys


def test_one_that_is_not_listed_is_not_exported(walked: Desk, tmp_path: Path) -> None:
    shutil.rmtree(walked.folder / "journey")
    walked.load()

    with walked.database.entities() as session:
        export(session, tmp_path / "out")
        assert plan_load(session, read_content(tmp_path / "out")).changes == []

    assert not (tmp_path / "out" / "journey").exists()


def test_a_task_on_which_nobody_has_notes_may_go(walked: Desk) -> None:
    write_day(walked.folder, 1, tasks=[{"id": "first-1", "text": "A task."}])

    assert walked.diff() == walked.load().changes == changed("day 1")
