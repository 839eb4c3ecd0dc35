"""Tests for questionnaire versions in the content: a change adds a version, and stored versions never change."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from app.assessments.models import Assessment, AssessmentVersion
from app.content.plan import Action, ContentChange, plan_load
from app.content.reader import read_content
from app.core.source_files.sources import InvalidContent
from app.web.cache.releases import ContentRelease
from tests.conftest import ContentEditor
from tests.content.conftest import replace_in
from tests.content.questionnaires.valid_questionnaire import FILE_NAME, VALID_FILE, replace_once, write_questionnaire

SLUG = FILE_NAME.removesuffix(".yaml")
OTHER = replace_once(VALID_FILE, "text: One.", "text: Another one.")
CREATED = ContentChange("assessment", SLUG, Action.CREATED)
UNPUBLISHED = ContentChange("assessment", SLUG, Action.UNPUBLISHED)

Row = tuple[Any, ...]


@pytest.fixture
def editor(editor: ContentEditor) -> ContentEditor:
    """Write a questionnaire and the article that it recommends."""
    editor.write("one")
    write_questionnaire(editor.directory)
    return editor


def changed(*parts: str) -> ContentChange:
    return ContentChange("assessment", SLUG, Action.CHANGED, parts)


def changes(editor: ContentEditor) -> list[ContentChange]:
    """Return the changes to questionnaires that a load would make."""
    content = read_content(editor.directory)
    with editor.database.orm_snapshot() as session:
        return [change for change in plan_load(session, content).changes if change.kind == "assessment"]


def load(editor: ContentEditor, text: str | None) -> list[ContentChange]:
    """Write or remove the questionnaire and load it. Check that `diff` predicts the same changes."""
    write_questionnaire(editor.directory, text or "")
    if text is None:
        (editor.directory / "assessments" / FILE_NAME).unlink()
    expected = changes(editor)
    assert [change for change in editor.load().changes if change.kind == "assessment"] == expected
    return expected


def versions(editor: ContentEditor) -> list[Row]:
    with editor.database.orm_snapshot() as session:
        table = AssessmentVersion.__table__  # type: ignore[attr-defined]
        return [tuple(row) for row in session.execute(select(table).order_by(table.c.slug, table.c.version))]


def current(editor: ContentEditor) -> list[Row]:
    with editor.database.orm_snapshot() as session:
        table = Assessment.__table__  # type: ignore[attr-defined]
        return [tuple(row) for row in session.execute(select(table).order_by(table.c.slug))]


def first_question(editor: ContentEditor, version: int | None = None) -> tuple[int, str]:
    """Read the questionnaire over HTTP. Return its version and the text of its first question."""
    response = editor.client.get(f"/v1/assessments/{SLUG}", params={} if version is None else {"version": version})
    assert response.status_code == 200, response.text
    return response.json()["version"], response.json()["questions"][0]["text"]


def status(editor: ContentEditor, **query: int) -> int:
    return editor.client.get(f"/v1/assessments/{SLUG}", params=query).status_code


def test_first_load_creates_version_1(editor: ContentEditor) -> None:
    before = datetime.now(UTC)

    assert load(editor, VALID_FILE) == [CREATED]

    assert current(editor) == [(SLUG, 1, True)]
    [(slug, version, digest, definition, published_at)] = versions(editor)
    assert (slug, version, len(digest)) == (SLUG, 1, 64)
    assert definition["title"] == "A questionnaire"
    assert before <= published_at <= datetime.now(UTC)
    assert first_question(editor) == (1, "One.")
    assert first_question(editor, version=1) == (1, "One.")
    assert status(editor, version=2) == 404


def test_load_of_unchanged_questionnaire_changes_nothing(editor: ContentEditor) -> None:
    editor.load()
    rows = versions(editor), current(editor)

    assert load(editor, VALID_FILE) == []
    assert editor.load().changes == []

    assert (versions(editor), current(editor)) == rows
    with editor.database.orm_snapshot() as session:
        assert len(session.execute(select(ContentRelease)).all()) == 1


def test_reformatted_questionnaire_is_no_new_version(editor: ContentEditor) -> None:
    editor.load()
    title = "# A note.\ntitle: >-\n  A\n  questionnaire"
    same = replace_once(VALID_FILE, "title: A questionnaire", title)
    same = replace_once(same, "summary: Made up.", 'summary: "Made up."')
    same = replace_once(same, "text: Three.", "text: Three., scored: true")
    same = replace_once(same, "midpoints: {across: 3, up: 3}", "midpoints: {up: 3.0, across: 3}")
    same = replace_once(same, "    weights: {b1: 2}", "    weights: {b1: 2.0}\n    reverse_keyed: []")
    same = replace_once(same, "holder: Nobody", "holder: Nobody, url: null")

    assert load(editor, same.replace("\n", "\r\n")) == []
    assert [row[:2] for row in versions(editor)] == [(SLUG, 1)]


def test_changed_questionnaire_is_version_2_and_version_1_remains(editor: ContentEditor) -> None:
    editor.load()

    assert load(editor, OTHER) == [changed("questions")]

    assert first_question(editor) == (2, "Another one.")
    assert first_question(editor, version=1) == (1, "One.")
    assert first_question(editor, version=2) == (2, "Another one.")
    response = editor.client.get(f"/v1/assessments/{SLUG}?version=1")
    assert response.json()["current_version"] == 2
    assert status(editor, version=3) == 404


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("title: A questionnaire", "title: Another", ("title",)),
        ("minutes: 2\nabout: Made up.", "minutes: 3\nabout: Other.", ("minutes", "about")),
        ("Not a diagnosis.", "No diagnosis.", ("disclaimer",)),
        ("{1: Not at all, 5: Very much}", "{1: Never, 5: Always}", ("response_scales",)),
        ("{id: first, title: First}", "{id: first, title: First, text: More.}", ("sections",)),
        ("reverse_keyed: [a2]", "reverse_keyed: [a1]", ("scales",)),
        ("borderline_margin: 0.5", "borderline_margin: 0.25", ("style",)),
        ("topics: [sleep]", "topics: [sleep, habits]", ("recommendations",)),
        ("holder: Nobody", "holder: Somebody", ("licence",)),
        ("year: 2015", "year: 2016", ("references",)),
    ],
)
def test_change_lists_changed_parts(editor: ContentEditor, old: str, new: str, parts: tuple[str, ...]) -> None:
    editor.load()
    text = replace_once(VALID_FILE, old, new)

    assert load(editor, text) == [changed(*parts)]
    assert current(editor) == [(SLUG, 2, True)]
    assert load(editor, text) == []


def test_added_or_removed_part_is_listed_as_change(editor: ContentEditor) -> None:
    without = VALID_FILE[: VALID_FILE.index("style:")] + VALID_FILE[VALID_FILE.index("recommendations:") :]

    assert load(editor, VALID_FILE) == [CREATED]
    assert load(editor, without) == load(editor, VALID_FILE) == [changed("style")]


def test_removed_questionnaire_is_restored_with_same_version(editor: ContentEditor) -> None:
    editor.load()
    rows = versions(editor)

    assert load(editor, None) == [UNPUBLISHED]
    assert (status(editor), status(editor, version=1)) == (404, 200)
    assert editor.client.get("/v1/assessments").json()["items"] == []
    assert (current(editor), versions(editor)) == ([(SLUG, 1, False)], rows)
    assert load(editor, None) == []

    assert load(editor, VALID_FILE) == [changed("is_listed")]
    assert first_question(editor) == (1, "One.")
    assert [item["slug"] for item in editor.client.get("/v1/assessments").json()["items"]] == [SLUG]
    assert (current(editor), versions(editor)) == ([(SLUG, 1, True)], rows)


def test_restored_questionnaire_with_changes_is_new_version(editor: ContentEditor) -> None:
    editor.load()
    load(editor, None)

    assert load(editor, OTHER) == [changed("questions")]
    assert first_question(editor) == (2, "Another one.")
    assert first_question(editor, version=1) == (1, "One.")


def test_renamed_file_is_another_questionnaire(editor: ContentEditor) -> None:
    editor.load()
    path = editor.directory / "assessments" / FILE_NAME
    path.rename(path.with_name("other.yaml"))

    assert changes(editor) == [ContentChange("assessment", "other", Action.CREATED), UNPUBLISHED]
    editor.load()
    assert current(editor) == [(SLUG, 1, False), ("other", 1, True)]


def test_reverted_questionnaire_is_version_3(editor: ContentEditor) -> None:
    for text in (VALID_FILE, OTHER, VALID_FILE):
        load(editor, text)

    questions = [first_question(editor, version) for version in (None, 1, 2, 3)]
    assert questions == [(3, "One."), (1, "One."), (2, "Another one."), (3, "One.")]
    first, second, third = (row[2] for row in versions(editor))
    assert first == third != second


def test_stored_versions_are_immutable(editor: ContentEditor) -> None:
    earlier: list[Row] = []
    longer = replace_once(VALID_FILE, "minutes: 2", "minutes: 5")
    for text in (VALID_FILE, OTHER, None, OTHER, VALID_FILE, None, longer):
        load(editor, text)
        rows = versions(editor)
        assert rows[: len(earlier)] == earlier
        earlier = rows

    assert [row[1] for row in earlier] == [1, 2, 3, 4]


def test_questionnaires_have_separate_versions(editor: ContentEditor) -> None:
    editor.load()
    write_questionnaire(editor.directory, OTHER, "another.yaml")
    editor.load()
    load(editor, OTHER)

    assert current(editor) == [("another", 1, True), (SLUG, 2, True)]
    assert [row[:2] for row in versions(editor)] == [("another", 1), (SLUG, 1), (SLUG, 2)]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (f"assessments/{FILE_NAME}", "year: 2015", "year: soon"),
        ("topics.yaml", "slug: sleep", "slug: Sleep"),
        ("consents.yaml", "text: We keep it.", "text: We sell it."),
    ],
)
def test_load_of_invalid_content_writes_nothing(editor: ContentEditor, file: str, old: str, new: str) -> None:
    editor.load()
    rows = versions(editor), current(editor)
    write_questionnaire(editor.directory, OTHER)
    write_questionnaire(editor.directory, VALID_FILE, "another.yaml")
    replace_in(editor.directory / file, old, new)

    with pytest.raises(InvalidContent):
        editor.load()

    assert (versions(editor), current(editor)) == rows
    assert first_question(editor) == (1, "One.")
