"""Tests for loading content: `diff` predicts the changes, and a repeated load makes none."""

from collections.abc import Sequence
from dataclasses import fields as dataclass_fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.content.content import ArticleContent
from app.content.plan import Action, ContentChange
from app.content.reader import read_content
from app.core.source_files.sources import InvalidContent
from tests.content.conftest import Workspace, replace_in
from tests.factories.content import AUTHORS, TOPICS, write_article, write_yaml
from tests.factories.journeys import REFERENCE

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CALL_TO_ACTION = {"eyebrow": "A", "title": "B", "text": "C", "label": "D", "href": "/e"}


def summarise(changes: Sequence[ContentChange], kind: str | None = None) -> list[tuple[str, ...]]:
    return [(change.action, change.name, *change.fields) for change in changes if kind in {None, change.kind}]


def test_first_load_creates_everything_and_diff_nothing(workspace: Workspace) -> None:
    workspace.write("one")

    changes = workspace.diff()

    assert (workspace.articles(), workspace.releases()) == ({}, [])
    assert not any(workspace.rows().values())
    assert {change.action for change in changes} == {Action.CREATED}
    assert [(change.kind, change.name) for change in changes] == [
        ("site", ""),
        ("consent", "health_data 1"),
        ("author", "ada"),
        ("author", "ben"),
        ("category", "health"),
        ("category", "living"),
        ("topic", "sleep"),
        ("topic", "friends"),
        ("topic", "habits"),
        ("support line", "gb-line"),
        ("support line", "everywhere"),
        ("article", "one"),
    ]
    assert workspace.load().changes == changes


def test_load_without_changes_adds_no_release(workspace: Workspace) -> None:
    workspace.write("one", publish_at="2030-01-01")
    workspace.write("two", status="draft", publish_at=None, former_slugs=["older"])
    workspace.load()
    rows, articles, releases = workspace.rows(), workspace.articles(), workspace.releases()

    assert workspace.diff() == []
    assert workspace.load().changes == []

    assert len(releases) == 1
    assert (workspace.rows(), workspace.articles(), workspace.releases()) == (rows, articles, releases)


@pytest.mark.parametrize(
    ("front", "fields"),
    [
        ({"title": "Other"}, ["title", "seo"]),
        ({"publish_at": "2025-01-02"}, ["publish_at", "published_on"]),
        ({"publish_at": "2025-01-01T08:00:00+01:00"}, ["publish_at"]),
        ({"body": "Only *this* text.\n"}, ["word_count", "body"]),
        ({"updated_at": NOW}, ["updated_at"]),
    ],
    ids=str,
)
def test_changed_fields_include_derived_fields(content_dir: Path, front: dict[str, Any], fields: list[str]) -> None:
    write_article(content_dir, "one")
    before = read_content(content_dir).articles["one"]
    write_article(content_dir, "one", **front)

    assert read_content(content_dir).articles["one"].changed_fields(before) == fields


def test_article_change_lists_changed_fields(workspace: Workspace) -> None:
    workspace.write("one")
    workspace.write("other")
    workspace.load()
    workspace.write(
        "one",
        excerpt="Other.",
        category="living",
        topics=["friends", "sleep"],
        author="ben",
        status="draft",
        reading_minutes=9,
        former_slugs=["older"],
        call_to_action=CALL_TO_ACTION,
        seo={"title": "A", "description": "B"},
        references=[REFERENCE],
        body="A [text](#ref-lally-2010).\n",
    )

    unchanged = {"slug", "title", "publish_at", "published_on", "updated_at"}
    fields = tuple(field.name for field in dataclass_fields(ArticleContent) if field.name not in unchanged)
    assert workspace.diff() == [ContentChange("article", "one", Action.CHANGED, fields)]
    assert summarise(workspace.load().changes) == [(Action.CHANGED, "one", *fields)]
    assert workspace.load().changes == []
    assert len(workspace.releases()) == 2


def test_row_change_lists_changed_fields(workspace: Workspace) -> None:
    workspace.load()
    workspace.edit("site.yaml", "tagline: A tagline.", "tagline: Another.")
    workspace.edit("authors.yaml", "name: Ada\n  role: Writer", "name: Ada L.\n  role: Editor")
    workspace.edit("support.yaml", "hours: always", "hours: at night")

    changes = [
        (Action.CHANGED, "", "tagline"),
        (Action.CHANGED, "ada", "name", "role"),
        (Action.CHANGED, "gb-line", "hours"),
    ]
    assert summarise(workspace.diff()) == changes
    assert summarise(workspace.load().changes) == changes
    assert workspace.rows()["author"]["ada",]["role"] == "Editor"
    assert workspace.load().changes == []


def test_site_call_to_action_changes_articles_without_own(workspace: Workspace) -> None:
    workspace.write("one")
    workspace.write("two", call_to_action=CALL_TO_ACTION)
    workspace.load()
    workspace.edit("site.yaml", "title: Begin?", "title: Again?")

    assert summarise(workspace.diff(), "article") == [(Action.CHANGED, "one", "call_to_action")]
    workspace.load()
    titles = [article.call_to_action["title"] for _, article in sorted(workspace.articles().items())]
    assert titles == ["Again?", "B"]


def test_support_lines_are_in_file_order_international_last(content_dir: Path) -> None:
    replace_in(content_dir / "support.yaml", "- id: everywhere", "- id: everywhere\n  country: AT")
    replace_in(content_dir / "support.yaml", "  country: GB\n", "")

    rows = read_content(content_dir).rows["support line"]
    assert {key[0]: row["position"] for key, row in rows.items()} == {"everywhere": 0, "gb-line": 1}


def test_removed_article_is_unpublished_and_restored_with_same_id(workspace: Workspace) -> None:
    path = workspace.write("one", former_slugs=["older"])
    workspace.load()
    text, first = path.read_text(encoding="utf-8"), workspace.article("one")
    path.unlink()

    assert workspace.diff() == [ContentChange("article", "one", Action.UNPUBLISHED)]
    workspace.load()
    assert (workspace.article("one").id, workspace.article("one").status) == (first.id, "unpublished")
    assert workspace.load().changes == []

    path.write_text(text, encoding="utf-8")
    assert workspace.diff() == [ContentChange("article", "one", Action.CHANGED, ("status",))]
    workspace.load()
    assert (workspace.article("one").id, workspace.article("one").status) == (first.id, "published")
    assert workspace.load().changes == []


def test_restored_file_has_its_own_status(workspace: Workspace) -> None:
    statuses = ("draft", "unpublished")
    for step in ("load", "remove", "restore"):
        for status in statuses:
            if step == "remove":
                workspace.remove(status)
            else:
                workspace.write(status, status=status)
        workspace.load()

    assert [workspace.article(status).status for status in statuses] == list(statuses)
    assert workspace.load().changes == []


def test_author_category_and_topic_of_unpublished_article_can_be_removed(workspace: Workspace) -> None:
    workspace.write("one", topics=["habits"], author="ben", category="living")
    workspace.load()
    workspace.remove("one")
    write_yaml(workspace.directory / "authors.yaml", {"authors": AUTHORS["authors"][:1]})
    remaining = {"categories": TOPICS["categories"][:1], "topics": TOPICS["topics"][:2]}
    write_yaml(workspace.directory / "topics.yaml", remaining)

    unpublished = [(Action.UNPUBLISHED, name) for name in ("ben", "living", "habits", "one")]
    assert summarise(workspace.diff()) == unpublished
    assert summarise(workspace.load().changes) == unpublished
    assert workspace.rows()["topic"]["habits",]["is_listed"] is False
    assert workspace.articles()["one"].topics == ("habits",)
    assert workspace.load().changes == []

    write_yaml(workspace.directory / "topics.yaml", TOPICS)
    assert summarise(workspace.load().changes) == [(Action.CHANGED, name, "is_listed") for name in ("living", "habits")]


def test_changed_consent_text_requires_new_version(workspace: Workspace) -> None:
    workspace.load()
    workspace.edit("consents.yaml", "text: We keep it.", "text: We sell it.")

    with pytest.raises(InvalidContent) as exc_info:
        workspace.load()
    assert [str(error) for error in exc_info.value.errors] == [
        "consents.yaml:2: version '1' of health_data was published with another text: use a new version"
    ]
    assert workspace.rows()["consent"]["health_data", "1"]["text"] == "We keep it."

    workspace.edit("consents.yaml", "version: '1'", "version: '2'")
    assert summarise(workspace.load().changes) == [
        (Action.CREATED, "health_data 2"),
        (Action.UNPUBLISHED, "health_data 1"),
    ]
    current = {key: row["is_current"] for key, row in workspace.rows()["consent"].items()}
    assert current == {("health_data", "1"): False, ("health_data", "2"): True}
