"""A questionnaire that says something else is a new version; what was asked before stays as it was."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from app.assessments.models import Assessment, AssessmentVersion
from app.content.plan import Action, ContentChange, plan_load
from app.content.reader import read_content
from app.core.source_files.sources import ContentFaults
from app.web.cache.releases import ContentRelease
from tests.conftest import Studio
from tests.content.conftest import replace_in
from tests.content.questionnaires.good_questionnaire import GOOD, NAME, replaced, write_questionnaire

SLUG = NAME.removesuffix(".yaml")
OTHER = replaced(GOOD, "text: One.", "text: Another one.")
CREATED = ContentChange("assessment", SLUG, Action.CREATED)
GONE = ContentChange("assessment", SLUG, Action.UNPUBLISHED)

Row = tuple[Any, ...]


@pytest.fixture
def studio(studio: Studio) -> Studio:
    """With an article that the questionnaire recommends."""
    studio.write("one")
    write_questionnaire(studio.folder)
    return studio


def changes(studio: Studio) -> list[ContentChange]:
    """What `diff` says of questionnaires."""
    content = read_content(studio.folder)
    with studio.database.entities() as session:
        return [each for each in plan_load(session, content).changes if each.kind == "assessment"]


def load(studio: Studio, text: str | None) -> list[ContentChange]:
    """Write the questionnaire or take it away, and load. What `diff` says before is what the load says, too."""
    write_questionnaire(studio.folder, text or "")
    if text is None:
        (studio.folder / "assessments" / NAME).unlink()
    before = changes(studio)
    done = studio.load().changes
    assert [each for each in done if each.kind == "assessment"] == before
    return before


def versions(studio: Studio) -> list[Row]:
    with studio.database.entities() as session:
        table = AssessmentVersion.__table__  # type: ignore[attr-defined]
        return [tuple(row) for row in session.execute(select(table).order_by(table.c.slug, table.c.version))]


def current(studio: Studio) -> list[Row]:
    with studio.database.entities() as session:
        table = Assessment.__table__  # type: ignore[attr-defined]
        return [tuple(row) for row in session.execute(select(table).order_by(table.c.slug))]


def first_question(studio: Studio, version: int | None = None) -> tuple[int, str]:
    """The version that is told and its first question."""
    reply = studio.client.get(f"/v1/assessments/{SLUG}", params={} if version is None else {"version": version})
    assert reply.status_code == 200, reply.text
    return reply.json()["version"], reply.json()["questions"][0]["text"]


def status(studio: Studio, **query: int) -> int:
    return studio.client.get(f"/v1/assessments/{SLUG}", params=query).status_code


def test_the_first_load_makes_version_1(studio: Studio) -> None:
    before = datetime.now(UTC)

    assert load(studio, GOOD) == [CREATED]

    assert current(studio) == [(SLUG, 1, True)]
    [(slug, version, digest, definition, published_at)] = versions(studio)
    assert (slug, version, len(digest)) == (SLUG, 1, 64)
    assert definition["title"] == "A questionnaire"
    assert before <= published_at <= datetime.now(UTC)
    assert first_question(studio) == (1, "One.")
    assert first_question(studio, version=1) == (1, "One.")
    assert status(studio, version=2) == 404


def test_loading_again_changes_nothing(studio: Studio) -> None:
    studio.load()
    rows = versions(studio), current(studio)

    assert load(studio, GOOD) == []
    assert studio.load().changes == []

    assert (versions(studio), current(studio)) == rows
    with studio.database.entities() as session:
        assert len(session.execute(select(ContentRelease)).all()) == 1


def test_what_is_written_otherwise_and_says_the_same_is_no_new_version(studio: Studio) -> None:
    studio.load()
    title = "# A note.\ntitle: >-\n  A\n  questionnaire"
    same = replaced(replaced(GOOD, "title: A questionnaire", title), "summary: Made up.", 'summary: "Made up."')
    same = replaced(same, "text: Three.", "text: Three., scored: true")
    same = replaced(same, "midpoints: {across: 3, up: 3}", "midpoints: {up: 3.0, across: 3}")
    same = replaced(same, "    weights: {b1: 2}", "    weights: {b1: 2.0}\n    reverse_keyed: []")
    same = replaced(same, "holder: Nobody", "holder: Nobody, url: null")

    assert load(studio, same.replace("\n", "\r\n")) == []
    assert [row[:2] for row in versions(studio)] == [(SLUG, 1)]


def test_another_text_is_version_2_and_version_1_stays_readable(studio: Studio) -> None:
    studio.load()

    assert load(studio, OTHER) == [ContentChange("assessment", SLUG, Action.CHANGED, ("questions",))]

    assert first_question(studio) == (2, "Another one.")
    assert first_question(studio, version=1) == (1, "One.")
    assert first_question(studio, version=2) == (2, "Another one.")
    reply = studio.client.get(f"/v1/assessments/{SLUG}", params={"version": 1})
    assert reply.json()["current_version"] == 2
    assert status(studio, version=3) == 404


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
def test_a_change_names_the_parts_that_differ(studio: Studio, old: str, new: str, parts: tuple[str, ...]) -> None:
    studio.load()

    assert load(studio, replaced(GOOD, old, new)) == [ContentChange("assessment", SLUG, Action.CHANGED, parts)]
    assert current(studio) == [(SLUG, 2, True)]
    assert load(studio, replaced(GOOD, old, new)) == []


def test_a_part_that_is_taken_out_or_put_in_is_named(studio: Studio) -> None:
    without = GOOD[: GOOD.index("style:")] + GOOD[GOOD.index("recommendations:") :]
    changed = ContentChange("assessment", SLUG, Action.CHANGED, ("style",))

    assert [load(studio, text) for text in (GOOD, without, GOOD)] == [[CREATED], [changed], [changed]]


def test_a_file_that_goes_away_is_unpublished_and_comes_back_as_the_same_version(studio: Studio) -> None:
    studio.load()
    rows = versions(studio)

    assert load(studio, None) == [GONE]
    assert (status(studio), status(studio, version=1)) == (404, 200)
    assert studio.client.get("/v1/assessments").json()["items"] == []
    assert (current(studio), versions(studio)) == ([(SLUG, 1, False)], rows)
    assert load(studio, None) == []

    assert load(studio, GOOD) == [ContentChange("assessment", SLUG, Action.CHANGED, ("is_listed",))]
    assert first_question(studio) == (1, "One.")
    assert [each["slug"] for each in studio.client.get("/v1/assessments").json()["items"]] == [SLUG]
    assert (current(studio), versions(studio)) == ([(SLUG, 1, True)], rows)


def test_a_file_that_comes_back_with_another_text_is_a_new_version(studio: Studio) -> None:
    studio.load()
    load(studio, None)

    assert load(studio, OTHER) == [ContentChange("assessment", SLUG, Action.CHANGED, ("questions",))]
    assert first_question(studio) == (2, "Another one.")
    assert first_question(studio, version=1) == (1, "One.")


def test_a_file_that_gets_another_name_is_another_questionnaire(studio: Studio) -> None:
    studio.load()
    path = studio.folder / "assessments" / NAME
    path.rename(path.with_name("other.yaml"))

    assert changes(studio) == [ContentChange("assessment", "other", Action.CREATED), GONE]
    studio.load()
    assert current(studio) == [(SLUG, 1, False), ("other", 1, True)]


def test_going_back_to_the_old_text_is_version_3(studio: Studio) -> None:
    for text in (GOOD, OTHER, GOOD):
        load(studio, text)

    assert [first_question(studio, version) for version in (None, 1, 2, 3)] == [
        (3, "One."),
        (1, "One."),
        (2, "Another one."),
        (3, "One."),
    ]
    first, second, third = (row[2] for row in versions(studio))
    assert first == third != second


def test_a_stored_version_is_never_touched_again(studio: Studio) -> None:
    kept: list[Row] = []
    for text in (GOOD, OTHER, None, OTHER, GOOD, None, replaced(GOOD, "minutes: 2", "minutes: 5")):
        load(studio, text)
        rows = versions(studio)
        assert rows[: len(kept)] == kept
        kept = rows

    assert [row[1] for row in kept] == [1, 2, 3, 4]


def test_two_questionnaires_have_versions_of_their_own(studio: Studio) -> None:
    studio.load()
    write_questionnaire(studio.folder, OTHER, "another.yaml")
    studio.load()
    load(studio, OTHER)

    assert current(studio) == [("another", 1, True), (SLUG, 2, True)]
    assert [row[:2] for row in versions(studio)] == [("another", 1), (SLUG, 1), (SLUG, 2)]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (f"assessments/{NAME}", "year: 2015", "year: soon"),
        ("topics.yaml", "slug: sleep", "slug: Sleep"),
        ("consents.yaml", "text: We keep it.", "text: We sell it."),
    ],
)
def test_a_load_that_is_refused_writes_nothing(studio: Studio, file: str, old: str, new: str) -> None:
    studio.load()
    rows = versions(studio), current(studio)
    write_questionnaire(studio.folder, OTHER)
    write_questionnaire(studio.folder, GOOD, "another.yaml")
    replace_in(studio.folder / file, old, new)

    with pytest.raises(ContentFaults):
        studio.load()

    assert (versions(studio), current(studio)) == rows
    assert first_question(studio) == (1, "One.")
