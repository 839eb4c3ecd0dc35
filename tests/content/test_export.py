"""What was exported loads back to the same, here and elsewhere."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL

from app.content.content import KINDS, ArticleContent
from app.content.exporter import NotEmpty, NothingStored, export
from app.content.plan import plan_load
from app.content.reader import read_content
from app.content.stored import stored_rows
from app.core.db.database import Database
from tests.conftest import ROOT, Backend
from tests.content.conftest import Desk, articles_of
from tests.factories.content import TOPICS, write_yaml

AWKWARD = """\
---

## "Quoted": *one*

- a \\# b
- `---`

Ünïcode, 日本語, 🧠 and a line\\
break; see [there](/blog?a=b&c=d "A 'title'").
"""


def export_to(database: Database, folder: Path) -> tuple[int, int]:
    with database.entities() as session:
        return export(session, folder)


def content_of(database: Database) -> tuple[dict[str, dict[Any, dict[str, Any]]], dict[str, ArticleContent]]:
    with database.entities() as session:
        return {kind.name: stored_rows(session, kind) for kind in KINDS}, articles_of(session)


@pytest.fixture
def other(backend: Backend, empty: URL) -> Iterator[Database]:
    """A second, empty database."""
    url = backend.create(empty)
    database = Database(url, seconds=10)
    yield database
    database.close()
    backend.drop(url)


@pytest.fixture
def filled(desk: Desk) -> Desk:
    desk.edit("site.yaml", "time_zone: UTC", "time_zone: America/Santiago")
    desk.edit("site.yaml", "tagline: A tagline.", 'tagline: "It is: 21, # yes"')
    reference = {"id": "a-1", "authors": "A: B", "year": 2010, "title": "'T'", "source": "S #1", "url": "https://a.b/c"}
    desk.write("awkward", title="2026-11-23", excerpt="no", body=AWKWARD, publish_at="2026-09-06", updated_at=None)
    desk.write("cited", body="[x](#ref-a-1)\n\n\n", references=[reference], topics=["habits", "sleep", "friends"])
    desk.write("the-draft", status="draft", publish_at=None, former_slugs=["old", "older"], reading_minutes=7)
    desk.write("scheduled", publish_at="2031-01-01T12:00:00.250000+05:30", seo={"title": "A", "description": "B"})
    desk.write(
        "gone",
        former_slugs=["handed-on"],
        call_to_action={"eyebrow": "A", "title": "B", "text": "C", "label": "D", "href": "/e"},
    )
    desk.load()
    desk.remove("gone")
    desk.write("the-draft", status="draft", publish_at=None, former_slugs=["handed-on", "old"], reading_minutes=7)
    desk.load()
    return desk


def test_an_export_loads_into_the_same_database_with_nothing_to_change(filled: Desk, tmp_path: Path) -> None:
    assert export_to(filled.database, tmp_path / "out") == (5, 0)

    with filled.database.entities() as session:
        assert plan_load(session, read_content(tmp_path / "out")).changes == []


def test_an_export_makes_an_empty_database_equal(filled: Desk, other: Database, tmp_path: Path) -> None:
    export_to(filled.database, tmp_path / "out")

    Desk(tmp_path / "out", other).load()

    assert content_of(other) == content_of(filled.database)
    assert len(content_of(other)[1]) == 5


def test_an_export_of_an_export_is_the_same_files(filled: Desk, other: Database, tmp_path: Path) -> None:
    export_to(filled.database, tmp_path / "first")
    Desk(tmp_path / "first", other).load()
    export_to(other, tmp_path / "second")

    first, second = (
        {path.relative_to(root): path.read_bytes() for path in sorted(root.rglob("*.*"))}
        for root in (tmp_path / "first", tmp_path / "second")
    )
    assert len(first) == 10
    assert first == second


def test_the_shipped_content_goes_out_and_comes_back(shipped: URL, other: Database, tmp_path: Path) -> None:
    database = Database(shipped)
    written, left = export_to(database, tmp_path / "out")
    Desk(tmp_path / "out", other).load()

    assert (written, left) == (len(list((ROOT / "seed_content" / "articles").glob("*.md"))), 0)
    assert content_of(other) == content_of(database)
    with database.entities() as session:
        assert plan_load(session, read_content(tmp_path / "out")).changes == []
    database.close()


def test_an_article_whose_topic_was_removed_is_left_out_so_that_the_folder_loads(desk: Desk, tmp_path: Path) -> None:
    desk.write("one", topics=["habits"])
    desk.write("two")
    desk.load()
    desk.remove("one")
    write_yaml(desk.folder / "topics.yaml", {**TOPICS, "topics": TOPICS["topics"][:2]})
    desk.load()

    assert export_to(desk.database, tmp_path / "out") == (1, 1)
    with desk.database.entities() as session:
        assert plan_load(session, read_content(tmp_path / "out")).changes == []


def test_an_export_overwrites_nothing(filled: Desk, tmp_path: Path) -> None:
    taken, file = tmp_path / "taken", tmp_path / "file"
    taken.mkdir()
    (taken / "mine.txt").write_text("mine", encoding="utf-8")
    file.write_text("mine", encoding="utf-8")

    for path in (taken, file):
        with pytest.raises(NotEmpty):
            export_to(filled.database, path)
    assert [path.name for path in taken.iterdir()] == ["mine.txt"]
    assert file.read_text(encoding="utf-8") == "mine"


def test_an_export_into_an_empty_folder_that_is_there(filled: Desk, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()

    export_to(filled.database, tmp_path / "out")

    assert (tmp_path / "out" / "articles" / "cited.md").is_file()


def test_there_is_nothing_to_export_before_the_first_load(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(NothingStored):
        export_to(desk.database, tmp_path / "out")
    assert not (tmp_path / "out").exists()
