"""`diff` says what a load would do, `load` does exactly that, and a second load does nothing."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from app.content.plan import Action, ContentChange
from app.core.source_files.sources import ContentFaults
from tests.content.conftest import Desk
from tests.factories.content import TOPICS, write_yaml

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def shown(changes: Sequence[ContentChange], kind: str | None = None) -> list[tuple[str, ...]]:
    return [(each.action, each.name, *each.fields) for each in changes if kind in {None, each.kind}]


def test_the_first_load_creates_everything(desk: Desk) -> None:
    desk.write("one")

    before = desk.diff()
    assert {each.action for each in before} == {Action.CREATED}
    assert [(each.kind, each.name) for each in before] == [
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
    assert desk.load().changes == before


def test_diff_writes_nothing(desk: Desk) -> None:
    desk.write("one")

    desk.diff()

    assert (desk.articles(), desk.releases()) == ({}, [])
    assert not any(desk.rows().values())


def test_a_second_load_changes_nothing_and_makes_no_release(desk: Desk) -> None:
    desk.write("one", publish_at="2030-01-01")
    desk.write("two", status="draft", publish_at=None, former_slugs=["older"])
    desk.load()
    rows, articles, releases = desk.rows(), desk.articles(), desk.releases()

    assert desk.diff() == []
    assert desk.load().changes == []

    assert len(releases) == 1
    assert (desk.rows(), desk.articles(), desk.releases()) == (rows, articles, releases)


@pytest.mark.parametrize(
    ("front", "fields"),
    [
        ({"title": "Other"}, ("title", "seo")),
        ({"excerpt": "Other."}, ("excerpt", "seo")),
        ({"category": "living"}, ("category",)),
        ({"topics": ["friends", "sleep"]}, ("topics",)),
        ({"author": "ben"}, ("author",)),
        ({"status": "draft"}, ("status",)),
        ({"publish_at": "2025-01-02"}, ("publish_at", "published_on")),
        ({"publish_at": "2025-01-01T08:00:00+01:00"}, ("publish_at",)),
        ({"reading_minutes": 9}, ("reading_minutes",)),
        ({"former_slugs": ["older"]}, ("former_slugs",)),
        ({"seo": {"title": "A", "description": "B"}}, ("seo",)),
        ({"updated_at": NOW}, ("updated_at",)),
        ({"body": "Only *this* text.\n"}, ("word_count", "body")),
        (
            {"call_to_action": {"eyebrow": "A", "title": "B", "text": "C", "label": "D", "href": "/e"}},
            ("call_to_action",),
        ),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, tuple) else "",
)
def test_an_article_is_changed_in_the_fields_that_differ(
    desk: Desk, front: dict[str, object], fields: tuple[str, ...]
) -> None:
    desk.write("one")
    desk.write("other")
    desk.load()
    desk.write("one", **front)

    assert desk.diff() == [ContentChange("article", "one", Action.CHANGED, fields)]
    assert shown(desk.load().changes) == [(Action.CHANGED, "one", *fields)]
    assert desk.load().changes == []
    assert len(desk.releases()) == 2


def test_rows_are_changed_in_the_fields_that_differ(desk: Desk) -> None:
    desk.load()
    desk.edit("site.yaml", "tagline: A tagline.", "tagline: Another.")
    desk.edit("authors.yaml", "name: Ada\n  role: Writer", "name: Ada L.\n  role: Editor")
    desk.edit("support.yaml", "hours: always", "hours: at night")

    changes = [
        (Action.CHANGED, "", "tagline"),
        (Action.CHANGED, "ada", "name", "role"),
        (Action.CHANGED, "gb-line", "hours"),
    ]
    assert shown(desk.diff()) == changes
    assert shown(desk.load().changes) == changes
    assert desk.rows()["author"]["ada",]["role"] == "Editor"
    assert desk.load().changes == []


def test_a_change_of_the_sites_call_to_action_reaches_articles_without_their_own(desk: Desk) -> None:
    own = {"eyebrow": "A", "title": "B", "text": "C", "label": "D", "href": "/e"}
    desk.write("one")
    desk.write("two", call_to_action=own)
    desk.load()
    desk.edit("site.yaml", "title: Begin?", "title: Again?")

    assert shown(desk.diff(), "article") == [(Action.CHANGED, "one", "call_to_action")]
    desk.load()
    titles = [article.call_to_action["title"] for _, article in sorted(desk.articles().items())]
    assert titles == ["Again?", "B"]


def test_support_lines_keep_the_order_of_the_file_and_those_for_everywhere_come_last(desk: Desk) -> None:
    desk.edit("support.yaml", "- id: everywhere", "- id: everywhere\n  country: AT")
    desk.edit("support.yaml", "  country: GB\n", "")
    desk.load()

    positions = {key[0]: row["position"] for key, row in desk.rows()["support line"].items()}
    assert positions == {"everywhere": 0, "gb-line": 1}


def test_a_file_that_went_away_is_unpublished_and_comes_back_as_the_same_article(desk: Desk) -> None:
    path = desk.write("one", former_slugs=["older"])
    desk.load()
    text, first = path.read_text(encoding="utf-8"), desk.article("one")
    path.unlink()

    assert desk.diff() == [ContentChange("article", "one", Action.UNPUBLISHED)]
    desk.load()
    assert (desk.article("one").id, desk.article("one").status) == (first.id, "unpublished")
    assert desk.load().changes == []

    path.write_text(text, encoding="utf-8")
    assert desk.diff() == [ContentChange("article", "one", Action.CHANGED, ("status",))]
    desk.load()
    assert (desk.article("one").id, desk.article("one").status) == (first.id, "published")
    assert desk.load().changes == []


@pytest.mark.parametrize("status", ["draft", "unpublished"])
def test_a_file_that_comes_back_has_the_status_that_it_says(desk: Desk, status: str) -> None:
    desk.write("one", status=status)
    desk.load()
    desk.remove("one")
    desk.load()
    desk.write("one", status=status)

    desk.load()

    assert desk.article("one").status == status
    assert desk.load().changes == []


def test_what_an_unpublished_article_refers_to_may_go_away(desk: Desk) -> None:
    desk.write("one", topics=["habits"], author="ben", category="living")
    desk.load()
    desk.remove("one")
    desk.edit(
        "authors.yaml", (desk.folder / "authors.yaml").read_text(encoding="utf-8").partition("- slug: ben")[2], ""
    )
    desk.edit("authors.yaml", "- slug: ben", "")
    kept = {"categories": TOPICS["categories"][:1], "topics": TOPICS["topics"][:2]}
    write_yaml(desk.folder / "topics.yaml", kept)

    gone = [(Action.UNPUBLISHED, name) for name in ("ben", "living", "habits", "one")]
    assert shown(desk.diff()) == gone
    assert shown(desk.load().changes) == gone
    assert desk.rows()["topic"]["habits",]["is_listed"] is False
    assert desk.articles()["one"].topics == ("habits",)
    assert desk.load().changes == []

    write_yaml(desk.folder / "topics.yaml", TOPICS)
    assert shown(desk.load().changes) == [(Action.CHANGED, name, "is_listed") for name in ("living", "habits")]


def test_the_words_of_a_consent_stay_with_their_version(desk: Desk) -> None:
    desk.load()
    desk.edit("consents.yaml", "text: We keep it.", "text: We sell it.")

    with pytest.raises(ContentFaults) as refused:
        desk.load()
    assert [(fault.file, fault.line) for fault in refused.value.faults] == [("consents.yaml", 2)]
    assert desk.rows()["consent"]["health_data", "1"]["text"] == "We keep it."

    desk.edit("consents.yaml", "version: '1'", "version: '2'")
    assert shown(desk.load().changes) == [(Action.CREATED, "health_data 2"), (Action.UNPUBLISHED, "health_data 1")]
    current = {key: row["is_current"] for key, row in desk.rows()["consent"].items()}
    assert current == {("health_data", "1"): False, ("health_data", "2"): True}
