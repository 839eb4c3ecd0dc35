"""Tests for exporting content: the exported files load without changes, even into another database."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL

from app.content.content import KINDS, ArticleContent
from app.content.exporter import DirectoryNotEmpty, NoContentStored, export_content
from app.content.stored import stored_rows
from app.core.db.database import Database
from tests.conftest import ROOT, Backend
from tests.content.conftest import Workspace, stored_article_contents
from tests.factories.content import TOPICS, write_yaml

SPECIAL_CHARACTERS = """\
---

## "Quoted": *one*

- a \\# b
- `---`

Ünïcode, 日本語, 🧠 and a line\\
break; see [there](/blog?a=b&c=d "A 'title'").
"""


def export_to(database: Database, content_dir: Path) -> tuple[int, int]:
    with database.orm_snapshot() as session:
        return export_content(session, content_dir)


def load_stored_content(database: Database) -> tuple[dict[str, dict[Any, dict[str, Any]]], dict[str, ArticleContent]]:
    with database.orm_snapshot() as session:
        return {kind.name: stored_rows(session, kind) for kind in KINDS}, stored_article_contents(session)


@pytest.fixture
def other_database(backend: Backend, empty_template: URL) -> Iterator[Database]:
    """Create a second, empty database."""
    url = backend.create(empty_template)
    database = Database(url, request_timeout=10)
    yield database
    database.close()
    backend.drop(url)


@pytest.fixture
def filled(workspace: Workspace) -> Workspace:
    workspace.edit("site.yaml", "time_zone: UTC", "time_zone: America/Santiago")
    workspace.edit("site.yaml", "tagline: A tagline.", 'tagline: "It is: 21, # yes"')
    reference = {"id": "a-1", "authors": "A: B", "year": 2010, "title": "'T'", "source": "S #1", "url": "https://a.b/c"}
    workspace.write(
        "awkward", title="2026-11-23", excerpt="no", body=SPECIAL_CHARACTERS, publish_at="2026-09-06", updated_at=None
    )
    workspace.write("cited", body="[x](#ref-a-1)\n\n\n", references=[reference], topics=["habits", "sleep", "friends"])
    workspace.write("the-draft", status="draft", publish_at=None, former_slugs=["old", "older"], reading_minutes=7)
    workspace.write("scheduled", publish_at="2031-01-01T12:00:00.250000+05:30", seo={"title": "A", "description": "B"})
    workspace.write(
        "gone",
        former_slugs=["handed-on"],
        call_to_action={"eyebrow": "A", "title": "B", "text": "C", "label": "D", "href": "/e"},
    )
    workspace.load()
    workspace.remove("gone")
    workspace.write("the-draft", status="draft", publish_at=None, former_slugs=["handed-on", "old"], reading_minutes=7)
    workspace.load()
    return workspace


def test_export_loads_without_changes(filled: Workspace, tmp_path: Path) -> None:
    assert export_to(filled.database, tmp_path / "out") == (5, 0)

    assert Workspace(tmp_path / "out", filled.database).diff() == []
    assert "\npublish_at: 2026-09-06\n" in (tmp_path / "out" / "articles" / "awkward.md").read_text(encoding="utf-8")


def test_export_loads_into_empty_database_and_exports_same_files(
    filled: Workspace, other_database: Database, tmp_path: Path
) -> None:
    export_to(filled.database, tmp_path / "first")
    Workspace(tmp_path / "first", other_database).load()
    (tmp_path / "second").mkdir()
    export_to(other_database, tmp_path / "second")

    assert load_stored_content(other_database) == load_stored_content(filled.database)
    assert len(load_stored_content(other_database)[1]) == 5
    first, second = (
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*.*")}
        for root in (tmp_path / "first", tmp_path / "second")
    )
    assert len(first) == 10
    assert first == second


def test_export_of_shipped_content_loads_without_changes(
    shipped_template: URL, other_database: Database, tmp_path: Path
) -> None:
    database = Database(shipped_template)
    exported, omitted = export_to(database, tmp_path / "out")
    Workspace(tmp_path / "out", other_database).load()

    assert (exported, omitted) == (len(list((ROOT / "seed_content" / "articles").glob("*.md"))), 0)
    assert load_stored_content(other_database) == load_stored_content(database)
    assert Workspace(tmp_path / "out", database).diff() == []
    database.close()


def test_export_omits_article_of_removed_topic(workspace: Workspace, tmp_path: Path) -> None:
    workspace.write("one", topics=["habits"])
    workspace.write("two")
    workspace.load()
    workspace.remove("one")
    write_yaml(workspace.directory / "topics.yaml", {**TOPICS, "topics": TOPICS["topics"][:2]})
    workspace.load()

    assert export_to(workspace.database, tmp_path / "out") == (1, 1)
    assert Workspace(tmp_path / "out", workspace.database).diff() == []


def test_export_when_directory_is_not_empty_fails(workspace: Workspace, tmp_path: Path) -> None:
    occupied, file = tmp_path / "occupied", tmp_path / "file"
    occupied.mkdir()
    (occupied / "mine.txt").write_text("mine", encoding="utf-8")
    file.write_text("mine", encoding="utf-8")

    for path in (occupied, file):
        with pytest.raises(DirectoryNotEmpty):
            export_to(workspace.database, path)
    assert [path.name for path in occupied.iterdir()] == ["mine.txt"]
    assert file.read_text(encoding="utf-8") == "mine"


def test_export_before_first_load_fails(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(NoContentStored):
        export_to(workspace.database, tmp_path / "out")
    assert not (tmp_path / "out").exists()
