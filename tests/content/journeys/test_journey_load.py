"""Tests for loading, comparing and exporting the content of a 21-day journey."""

import shutil
from pathlib import Path

import pytest
from sqlmodel import select

from app.content.exporter import export_content
from app.content.plan import Action, ContentChange, plan_load
from app.content.reader import read_content
from app.journey.models import Journey
from tests.content.conftest import Workspace
from tests.factories.content import write_article, write_questionnaire
from tests.factories.journeys import write_day, write_journey


def stored_journeys(workspace: Workspace) -> dict[str, tuple[bool, str]]:
    """Return the listed flag and the title of each stored journey, by slug."""
    with workspace.database.orm_snapshot() as session:
        return {
            journey.slug: (journey.is_listed, journey.definition["title"]) for journey in session.exec(select(Journey))
        }


def changed(*fields: str) -> list[ContentChange]:
    return [ContentChange("journey", "21-days", Action.CHANGED, fields)]


@pytest.fixture
def loaded(workspace: Workspace) -> Workspace:
    """Return a workspace whose journey is already loaded."""
    write_journey(workspace.directory)
    workspace.load()
    return workspace


def test_first_load_creates_journey_and_second_changes_nothing(workspace: Workspace) -> None:
    workspace.load()
    write_journey(workspace.directory)

    created = [ContentChange("journey", "21-days", Action.CREATED)]
    assert workspace.diff() == workspace.load().changes == created
    assert stored_journeys(workspace) == {"21-days": (True, "A journey")}
    assert (workspace.diff(), workspace.load().changes) == ([], [])
    assert len(workspace.releases()) == 2


def test_changed_parts_and_days_are_listed(loaded: Workspace) -> None:
    """Tasks can be removed from days on which members have no notes."""
    write_journey(loaded.directory, title="Another", about_21_days="*Longer*.", finished="Done.", references=[])
    write_day(loaded.directory, 3, title="Another title")
    write_day(loaded.directory, 7, lesson="Another *lesson*.\n")
    write_day(loaded.directory, 21, tasks=[{"id": "first-21", "text": "In other words."}])

    parts = ("about_21_days", "finished", "references", "title", "day 3", "day 7", "day 21")
    assert loaded.diff() == loaded.load().changes == changed(*parts)
    assert loaded.load().changes == []
    assert stored_journeys(loaded) == {"21-days": (True, "Another")}


def test_removed_journey_is_unlisted_and_restored_journey_is_listed(loaded: Workspace) -> None:
    backup = loaded.directory.with_name("backup")
    shutil.move(loaded.directory / "journey", backup)

    unpublished = [ContentChange("journey", "21-days", Action.UNPUBLISHED)]
    assert loaded.diff() == loaded.load().changes == unpublished
    assert stored_journeys(loaded) == {"21-days": (False, "A journey")}
    assert loaded.load().changes == []

    shutil.move(backup, loaded.directory / "journey")
    assert loaded.diff() == loaded.load().changes == changed("is_listed")
    assert stored_journeys(loaded) == {"21-days": (True, "A journey")}
    assert loaded.load().changes == []


def test_restored_journey_can_have_changes(loaded: Workspace) -> None:
    shutil.rmtree(loaded.directory / "journey")
    loaded.load()
    write_journey(loaded.directory, title="Another")

    assert loaded.load().changes == changed("title")
    assert stored_journeys(loaded) == {"21-days": (True, "Another")}


def test_journey_with_new_slug_replaces_old_one(loaded: Workspace) -> None:
    write_journey(loaded.directory, slug="other")

    assert loaded.load().changes == [
        ContentChange("journey", "other", Action.CREATED),
        ContentChange("journey", "21-days", Action.UNPUBLISHED),
    ]
    assert stored_journeys(loaded) == {"21-days": (False, "A journey"), "other": (True, "A journey")}


def test_export_of_journey_loads_without_changes(workspace: Workspace, tmp_path: Path) -> None:
    write_questionnaire(workspace.directory, recommendations={"journey": "21-days", "articles": [], "topics": []})
    write_article(workspace.directory, "here-now")
    write_journey(
        workspace.directory, assessment="attachment-reflection", description="- one\n- *two*\n\n> 'three': # 4\n"
    )
    write_day(
        workspace.directory,
        2,
        lesson="---\n\n## no: *yes*\n\n- `a` \\# b\n",
        safety="Mind: this",
        articles=["here-now"],
    )
    workspace.load()

    with workspace.database.orm_snapshot() as session:
        export_content(session, tmp_path / "out")
        assert plan_load(session, read_content(tmp_path / "out")).changes == []

    files = {path.name for path in (tmp_path / "out" / "journey").iterdir()}
    assert files == {"journey.yaml", *(f"day-{number:02}.md" for number in range(1, 22))}
    assert read_content(tmp_path / "out").journeys == read_content(workspace.directory).journeys


def test_export_omits_unlisted_journey(loaded: Workspace, tmp_path: Path) -> None:
    shutil.rmtree(loaded.directory / "journey")
    loaded.load()

    with loaded.database.orm_snapshot() as session:
        export_content(session, tmp_path / "out")
        assert plan_load(session, read_content(tmp_path / "out")).changes == []

    assert not (tmp_path / "out" / "journey").exists()
