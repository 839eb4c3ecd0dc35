"""Tests for questionnaire versions in the content: a change adds a version, and stored versions never change."""

from typing import Any

import pytest
from sqlalchemy import select

from app.assessments.models import Assessment, AssessmentVersion
from app.content.plan import Action, ContentChange
from tests.content.conftest import Workspace, replace_once
from tests.content.questionnaires.valid_questionnaire import FILE, FILE_NAME, STYLE, VALID_FILE, write_questionnaire

SLUG = FILE_NAME.removesuffix(".yaml")
OTHER = replace_once(VALID_FILE, "text: One.", "text: Another one.")
UNPUBLISHED = ContentChange("assessment", SLUG, Action.UNPUBLISHED)

Row = tuple[Any, ...]


@pytest.fixture
def workspace(workspace: Workspace) -> Workspace:
    """Load the valid questionnaire as version 1."""
    workspace.load()
    return workspace


def changed(*parts: str) -> list[ContentChange]:
    return [ContentChange("assessment", SLUG, Action.CHANGED, parts)]


def load(workspace: Workspace, text: str | None) -> list[ContentChange]:
    """Load this text, or remove the questionnaire. Return the changes."""
    write_questionnaire(workspace.directory, text or "")
    if text is None:
        (workspace.directory / FILE).unlink()
    expected = workspace.diff()
    assert workspace.load().changes == expected
    assert workspace.load().changes == []
    return expected


def versions(workspace: Workspace) -> list[Row]:
    with workspace.database.orm_snapshot() as session:
        table = AssessmentVersion.__table__  # type: ignore[attr-defined]
        return [tuple(row) for row in session.execute(select(table).order_by(table.c.slug, table.c.version))]


def current(workspace: Workspace) -> list[Row]:
    with workspace.database.orm_snapshot() as session:
        table = Assessment.__table__  # type: ignore[attr-defined]
        return [tuple(row) for row in session.execute(select(table).order_by(table.c.slug))]


def test_first_load_creates_version_1(workspace: Workspace) -> None:
    assert current(workspace) == [(SLUG, 1, True)]
    [(slug, version, digest, definition, published_at)] = versions(workspace)
    assert (slug, version, len(digest)) == (SLUG, 1, 64)
    assert definition["title"] == "A questionnaire"
    [release] = workspace.releases()
    assert release.released_at == published_at


def test_reformatted_questionnaire_is_no_new_version(workspace: Workspace) -> None:
    title = "# A note.\ntitle: >-\n  A\n  questionnaire"
    same = replace_once(VALID_FILE, "title: A questionnaire", title)
    same = replace_once(same, "summary: Made up.", 'summary: "Made up."')
    same = replace_once(same, "text: Three.", "text: Three., scored: true")
    same = replace_once(same, "midpoints: {across: 3, up: 3}", "midpoints: {up: 3.0, across: 3}")
    same = replace_once(same, "    weights: {b1: 2}", "    weights: {b1: 2.0}\n    reverse_keyed: []")
    same = replace_once(same, "holder: Nobody", "holder: Nobody, url: null")

    assert load(workspace, same.replace("\n", "\r\n")) == []
    assert len(versions(workspace)) == len(workspace.releases()) == 1


def test_each_change_adds_version_and_keeps_earlier_versions(workspace: Workspace) -> None:
    """A reverted questionnaire is a new version. A restored one is new only if it changed."""
    earlier = versions(workspace)
    steps = (
        (OTHER, changed("questions"), (2, True)),
        (None, [UNPUBLISHED], (2, False)),
        (OTHER, changed("is_listed"), (2, True)),
        (VALID_FILE, changed("questions"), (3, True)),
        (None, [UNPUBLISHED], (3, False)),
        (OTHER, changed("questions"), (4, True)),
    )
    for text, changes, (version, is_listed) in steps:
        assert load(workspace, text) == changes
        assert current(workspace) == [(SLUG, version, is_listed)]
        rows = versions(workspace)
        assert rows[: len(earlier)] == earlier
        earlier = rows

    texts = [(version, definition["questions"][0]["text"]) for _, version, _, definition, _ in earlier]
    assert texts == [(1, "One."), (2, "Another one."), (3, "One."), (4, "Another one.")]
    first, second, third, fourth = (digest for _, _, digest, _, _ in earlier)
    assert (first, second) == (third, fourth)
    assert first != second


def test_changed_parts_are_listed_in_order_of_the_file(workspace: Workspace) -> None:
    text = VALID_FILE.replace(STYLE, "")
    for old, new in (
        ("title: A questionnaire", "title: Another"),
        ("minutes: 2", "minutes: 3"),
        ("Not a diagnosis.", "No diagnosis."),
        ("{1: Not at all, 5: Very much}", "{1: Never, 5: Always}"),
        ("{id: first, title: First}", "{id: first, title: First, text: More.}"),
        ("reverse_keyed: [a2]", "reverse_keyed: [a1]"),
        ("topics: [sleep]", "topics: [sleep, habits]"),
        ("holder: Nobody", "holder: Somebody"),
        ("year: 2015", "year: 2016"),
    ):
        text = replace_once(text, old, new)
    parts = ("title", "minutes", "disclaimer", "response_scales", "sections", "scales")

    assert load(workspace, text) == changed(*parts, "style", "recommendations", "licence", "references")
    assert current(workspace) == [(SLUG, 2, True)]


def test_questionnaires_have_separate_versions(workspace: Workspace) -> None:
    """A renamed file is another questionnaire."""
    (workspace.directory / FILE).rename(workspace.directory / "assessments" / "other.yaml")

    created = ContentChange("assessment", "other", Action.CREATED)
    assert workspace.diff() == workspace.load().changes == [created, UNPUBLISHED]
    assert load(workspace, OTHER) == changed("questions")
    assert current(workspace) == [(SLUG, 2, True), ("other", 1, True)]
    assert [row[:2] for row in versions(workspace)] == [(SLUG, 1), (SLUG, 2), ("other", 1)]
