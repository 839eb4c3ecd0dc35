"""Questionnaires go out as files that load back to the same, and are loaded wholly or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

from app.assessments.models import Assessment, AssessmentVersion
from app.content.exporter import export
from app.content.plan import plan_load
from app.content.reader import read_content
from app.core.db.database import Database
from tests.content.conftest import Desk
from tests.content.questionnaires.good_questionnaire import FUNCTIONS, GOOD, NAME, STYLE, replaced, write_questionnaire
from tests.factories.rows import all_rows

AWKWARD = {
    "title: A questionnaire": 'title: "2026-11-23"',
    "summary: Made up.": "summary: 'no'",
    "about: Made up.": 'about: "- one: # \\"two\\"\\n\\n---\\n\\n  three \\\\ four\\n\\nÜnïcödé 日本語 🧠 \\x85 end"',
    "instructions: Answer.": f"instructions: |\n  {'A long line. ' * 40}\n\n  Then  another.\n\n\n  Done.",
    "text: One.": 'text: "*it: & !tag %x @y `z` {a} [b] |c >d"',
    "{1: Not at all, 5: Very much}": '{1: "1", 5: "~"}',
    "score: 1}": "score: 0.1}",
    "min: 0, max: 1, text: Little.}": "min: 0, max: 0.7, text: Little.}",
    "{id: high, name: High, min: 2, max: 3": "{id: high, name: High, min: 0.7, max: 2.1",
}


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.write("one")
    write_questionnaire(desk.folder)
    return desk


def stored(database: Database) -> list[tuple[Any, ...]]:
    """What is asked now, without the moments of publication."""
    statement = select(Assessment.slug, AssessmentVersion.digest, AssessmentVersion.definition)  # type: ignore[call-overload]
    of_it = (Assessment.slug == AssessmentVersion.slug) & (Assessment.version == AssessmentVersion.version)
    with database.entities() as session:
        return [
            tuple(row) for row in session.execute(statement.join(AssessmentVersion, of_it).order_by(Assessment.slug))
        ]


def changes(desk: Desk, folder: Path) -> list[Any]:
    content = read_content(folder)
    with desk.database.entities() as session:
        return plan_load(session, content).changes


def export_to(desk: Desk, folder: Path) -> list[str]:
    """Export, and say which questionnaires there are."""
    with desk.database.entities() as session:
        export(session, folder)
    return sorted(path.name for path in folder.glob("assessments/*"))


def awkward() -> str:
    text = GOOD
    for old, new in AWKWARD.items():
        text = replaced(text, old, new)
    return text.replace("scores: {0: 0, 1: 1, 2: 1}", "scores: {0: 0, 1: 0.30000000000000004, 2: 1}")


@pytest.mark.parametrize(
    "text", [GOOD, replaced(GOOD, STYLE, FUNCTIONS), awkward()], ids=["good", "functions", "awkward"]
)
def test_an_export_loads_back_with_nothing_to_change(desk: Desk, tmp_path: Path, text: str) -> None:
    write_questionnaire(desk.folder, text)
    desk.load()

    assert export_to(desk, tmp_path / "out") == [NAME]

    assert changes(desk, tmp_path / "out") == []
    again = read_content(tmp_path / "out").assessments
    assert again == read_content(desk.folder).assessments
    assert [row[2] for row in stored(desk.database)] == list(again.values())


def test_an_export_holds_the_current_versions_of_what_is_listed(desk: Desk, tmp_path: Path) -> None:
    write_questionnaire(desk.folder, GOOD, "gone.yaml")
    desk.load()
    (desk.folder / "assessments" / "gone.yaml").unlink()
    write_questionnaire(desk.folder, replaced(GOOD, "minutes: 2", "minutes: 9"))
    desk.load()

    assert export_to(desk, tmp_path / "out") == [NAME]
    assert read_content(tmp_path / "out").assessments["made-up"]["minutes"] == 9


def test_an_export_without_questionnaires_has_no_folder_for_them(desk: Desk, tmp_path: Path) -> None:
    desk.load()
    (desk.folder / "assessments" / NAME).unlink()
    desk.load()

    assert export_to(desk, tmp_path / "out") == []
    assert not (tmp_path / "out" / "assessments").exists()
    assert changes(desk, tmp_path / "out") == []


class PulledPlug(Exception):
    pass


@contextmanager
def failing_at(engine: Engine, beginning: str) -> Iterator[None]:
    """Any statement that begins so fails."""

    def refuse(*arguments: Any) -> None:
        if str(arguments[2]).startswith(beginning):
            raise PulledPlug

    event.listen(engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", refuse)


@pytest.mark.parametrize(
    "beginning", ["INSERT INTO assessments", "INSERT INTO assessment_versions", "INSERT INTO content_releases"]
)
def test_a_load_that_breaks_off_writes_nothing(desk: Desk, beginning: str) -> None:
    desk.load()
    rows = all_rows(desk.database)
    write_questionnaire(desk.folder, replaced(GOOD, "minutes: 2", "minutes: 9"))
    write_questionnaire(desk.folder, GOOD, "another.yaml")

    with failing_at(desk.database.writes, beginning), pytest.raises(PulledPlug):
        desk.load()

    assert all_rows(desk.database) == rows
    assert [change.name for change in desk.load().changes] == ["another", "made-up"]
    assert [row[0] for row in stored(desk.database)] == ["another", "made-up"]
