"""Tests for renamed articles: their ids don't change, and their former slugs belong to them."""

from uuid import UUID

import pytest

from app.content.loader import BATCH_SIZE
from app.content.plan import Action, ContentChange
from app.content.stored import former_slugs, stored_articles
from tests.content.conftest import Workspace

Edition = dict[str, list[str]]  # the former slugs of each article


def article_ids(workspace: Workspace) -> dict[str, UUID]:
    with workspace.database.orm_snapshot() as session:
        return {article.slug: article.id for article in stored_articles(session)}


def former_slug_owners(workspace: Workspace) -> dict[str, UUID]:
    with workspace.database.orm_snapshot() as session:
        return former_slugs(session)


def write_edition(workspace: Workspace, edition: Edition) -> None:
    workspace.remove(*(path.stem for path in workspace.directory.glob("articles/*.md")))
    for slug, former in edition.items():
        workspace.write(slug, former_slugs=former)


def load_edition(workspace: Workspace, edition: Edition) -> list[ContentChange]:
    """Load an edition, check its ids, and return the changes."""
    write_edition(workspace, edition)
    before, expected = article_ids(workspace), workspace.diff()

    changes = [change for change in workspace.load().changes if change.kind == "article"]

    assert changes == [change for change in expected if change.kind == "article"]
    assert workspace.load().changes == []
    ids = article_ids(workspace)
    for change in changes:
        if change.action is Action.CREATED:
            assert ids[change.name] not in before.values()
        else:
            assert ids[change.name] == before[change.previous_slug or change.name]
    owners = former_slug_owners(workspace)
    assert all(owners[former] == ids[slug] for slug in edition for former in edition[slug])
    return changes


@pytest.mark.parametrize(
    ("editions", "changes"),
    [
        pytest.param([{"a": []}, {"b": ["a"]}], ["a renamed b"], id="rename"),
        pytest.param([{"a": []}, {"b": ["a"]}, {"c": ["a", "b"]}], ["b renamed c"], id="repeated rename"),
        pytest.param([{"a": []}, {"b": ["a"]}, {"a": ["b"]}], ["b renamed a"], id="rename undone"),
        pytest.param([{"a": [], "b": []}, {"a": ["b"], "b": ["a"]}], ["a renamed b", "b renamed a"], id="exchange"),
        pytest.param(
            [{"a": [], "b": [], "c": []}, {"b": ["a"], "c": ["b"], "d": ["c"]}],
            ["a renamed b", "b renamed c", "c renamed d"],
            id="slugs of renamed articles",
        ),
        pytest.param([{"a": []}, {"b": ["a"]}, {"a": [], "b": ["a"]}], ["created a"], id="vacated slug used again"),
        pytest.param([{"a": []}, {"a": [], "b": ["a"]}], ["created b"], id="former slug in use"),
        pytest.param([{"a": [], "b": []}, {"b": ["a"]}], ["changed b", "unpublished a"], id="both articles exist"),
        pytest.param([{"a": ["old"], "b": []}, {"a": [], "b": ["old"]}], ["changed a", "changed b"], id="moved slug"),
        pytest.param(
            [{"a": ["old"], "b": []}, {"b": ["old"]}], ["changed b", "unpublished a"], id="slug of removed article"
        ),
        pytest.param(
            [{"a": []}, {"b": ["a"]}, {"a": [], "b": ["a"]}, {"c": ["a", "b"]}],
            ["b renamed c", "unpublished a"],
            id="newest former slug decides",
        ),
    ],
)
def test_last_edition_renames_articles(workspace: Workspace, editions: list[Edition], changes: list[str]) -> None:
    for edition in editions:
        result = load_edition(workspace, edition)

    texts = [" ".join(filter(None, (change.previous_slug, change.action, change.name))) for change in result]
    assert sorted(texts) == changes


def test_renames_in_separate_batches_keep_ids(workspace: Workspace) -> None:
    """Articles pass on their slugs in a circle that spans two batches."""
    slugs = [f"article-{n:03}" for n in range(BATCH_SIZE + 1)]
    write_edition(workspace, {slug: [] for slug in slugs})
    workspace.load()
    before = article_ids(workspace)
    previous = dict(zip(slugs, slugs[-1:] + slugs[:-1], strict=True))
    write_edition(workspace, {slug: [old_slug] for slug, old_slug in previous.items()})

    assert {change.action for change in workspace.load().changes} == {Action.RENAMED}

    assert article_ids(workspace) == {slug: before[old_slug] for slug, old_slug in previous.items()}
