"""Tests for exporting questionnaires, and for loads that fail."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

from app.assessments.models import Assessment, AssessmentVersion
from app.content.exporter import export_content
from app.content.reader import read_content
from app.core.db.database import Database
from tests.content.conftest import Workspace, replace_once
from tests.content.questionnaires.valid_questionnaire import (
    BY_FUNCTIONS,
    FILE,
    FILE_NAME,
    VALID_FILE,
    write_questionnaire,
)
from tests.factories.rows import all_rows

SPECIAL_CHARACTERS = {
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


def stored_questionnaires(database: Database) -> list[tuple[Any, ...]]:
    """Return the current version of each questionnaire, without its publication time."""
    statement = select(Assessment.slug, AssessmentVersion.digest, AssessmentVersion.definition)  # type: ignore[call-overload]
    is_current = (Assessment.slug == AssessmentVersion.slug) & (Assessment.version == AssessmentVersion.version)
    with database.orm_snapshot() as session:
        return [
            tuple(row)
            for row in session.execute(statement.join(AssessmentVersion, is_current).order_by(Assessment.slug))
        ]


def export_to(workspace: Workspace, content_dir: Path) -> list[str]:
    """Export the content to a directory. Return the names of its questionnaire files."""
    with workspace.database.orm_snapshot() as session:
        export_content(session, content_dir)
    return sorted(path.name for path in content_dir.glob("assessments/*"))


def special_characters_file() -> str:
    text = VALID_FILE
    for old, new in SPECIAL_CHARACTERS.items():
        text = replace_once(text, old, new)
    return text.replace("scores: {0: 0, 1: 1, 2: 1}", "scores: {0: 0, 1: 0.30000000000000004, 2: 1}")


@pytest.mark.parametrize(
    "text", [special_characters_file(), BY_FUNCTIONS], ids=["special characters", "discriminant functions"]
)
def test_export_of_questionnaire_loads_without_changes(workspace: Workspace, tmp_path: Path, text: str) -> None:
    write_questionnaire(workspace.directory, text)
    workspace.load()

    assert export_to(workspace, tmp_path / "out") == [FILE_NAME]

    assert Workspace(tmp_path / "out", workspace.database).diff() == []
    exported = read_content(tmp_path / "out").assessments
    assert exported == read_content(workspace.directory).assessments
    assert [row[2] for row in stored_questionnaires(workspace.database)] == list(exported.values())


def test_export_contains_current_versions_of_listed_questionnaires(workspace: Workspace, tmp_path: Path) -> None:
    write_questionnaire(workspace.directory, name="gone.yaml")
    workspace.load()
    (workspace.directory / "assessments" / "gone.yaml").unlink()
    write_questionnaire(workspace.directory, replace_once(VALID_FILE, "minutes: 2", "minutes: 9"))
    workspace.load()

    assert export_to(workspace, tmp_path / "out") == [FILE_NAME]
    assert read_content(tmp_path / "out").assessments["made-up"]["minutes"] == 9

    (workspace.directory / FILE).unlink()
    workspace.load()
    assert export_to(workspace, tmp_path / "empty") == []
    assert not (tmp_path / "empty" / "assessments").exists()


class SimulatedFailure(Exception):
    pass


@contextmanager
def failing_at(engine: Engine, prefix: str) -> Iterator[None]:
    """Make every SQL statement that starts with `prefix` fail."""

    def fail(*arguments: Any) -> None:
        if str(arguments[2]).startswith(prefix):
            raise SimulatedFailure

    event.listen(engine, "before_cursor_execute", fail)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", fail)


def test_load_when_last_statement_fails_writes_nothing(workspace: Workspace) -> None:
    workspace.load()
    rows = all_rows(workspace.database)
    write_questionnaire(workspace.directory, replace_once(VALID_FILE, "minutes: 2", "minutes: 9"))
    write_questionnaire(workspace.directory, name="another.yaml")

    with failing_at(workspace.database.writes, "INSERT INTO content_releases"), pytest.raises(SimulatedFailure):
        workspace.load()

    assert all_rows(workspace.database) == rows
    assert [change.name for change in workspace.load().changes] == ["another", "made-up"]
    assert [row[0] for row in stored_questionnaires(workspace.database)] == ["another", "made-up"]
