"""Tests for renamed articles: their ids don't change, and their former slugs redirect to them."""

from uuid import UUID

from app.content.plan import Action, ContentChange
from app.content.stored import former_slugs
from tests.conftest import ContentEditor
from tests.content.conftest import Workspace


def article_ids(workspace: Workspace, *slugs: str) -> list[UUID]:
    return [workspace.article(slug).id for slug in slugs]


def former_slug_owners(workspace: Workspace) -> dict[str, UUID]:
    with workspace.database.orm_snapshot() as session:
        return former_slugs(session)


def summarise(changes: list[ContentChange]) -> list[tuple[str, str, str | None]]:
    return sorted((change.action.value, change.name, change.previous_slug) for change in changes)


def load_and_check(workspace: Workspace, *expected: tuple[str, str, str | None]) -> None:
    """Check the changes of `diff` and of a load, and that a second load makes none."""
    assert summarise(workspace.diff()) == sorted(expected)
    assert summarise(workspace.load().changes) == sorted(expected)
    assert workspace.load().changes == []


def test_rename_keeps_id_and_former_slug(workspace: Workspace) -> None:
    workspace.write("one", title="One")
    workspace.load()
    [one] = article_ids(workspace, "one")
    workspace.remove("one")
    workspace.write("uno", title="One", excerpt="About one.", former_slugs=["one"])

    assert workspace.diff() == [ContentChange("article", "uno", Action.RENAMED, ("former_slugs",), previous_slug="one")]
    load_and_check(workspace, ("renamed", "uno", "one"))

    assert article_ids(workspace, "uno") == [one]
    assert former_slug_owners(workspace) == {"one": one}
    assert list(workspace.articles()) == ["uno"]


def test_repeated_rename_keeps_id_and_former_slugs(workspace: Workspace) -> None:
    workspace.write("a")
    workspace.load()
    [first] = article_ids(workspace, "a")
    workspace.remove("a")
    workspace.write("b", former_slugs=["a"])
    load_and_check(workspace, ("renamed", "b", "a"))
    workspace.remove("b")
    workspace.write("c", former_slugs=["a", "b"])
    load_and_check(workspace, ("renamed", "c", "b"))

    assert article_ids(workspace, "c") == [first]
    assert former_slug_owners(workspace) == {"a": first, "b": first}


def test_rename_can_be_undone(workspace: Workspace) -> None:
    workspace.write("a")
    workspace.load()
    [first] = article_ids(workspace, "a")
    workspace.remove("a")
    workspace.write("b", former_slugs=["a"])
    workspace.load()
    workspace.remove("b")
    workspace.write("a", former_slugs=["b"])

    load_and_check(workspace, ("renamed", "a", "b"))

    assert article_ids(workspace, "a") == [first]
    assert former_slug_owners(workspace) == {"b": first}


def test_two_articles_can_exchange_slugs(workspace: Workspace) -> None:
    workspace.write("a", title="First")
    workspace.write("b", title="Second")
    workspace.load()
    first, second = article_ids(workspace, "a", "b")
    workspace.write("b", title="First", former_slugs=["a"])
    workspace.write("a", title="Second", former_slugs=["b"])

    load_and_check(workspace, ("renamed", "a", "b"), ("renamed", "b", "a"))

    assert article_ids(workspace, "a", "b") == [second, first]
    assert former_slug_owners(workspace) == {"a": first, "b": second}


def test_load_renames_articles_to_slugs_of_renamed_articles(workspace: Workspace) -> None:
    for slug in ("a", "b", "c"):
        workspace.write(slug)
    workspace.load()
    before = article_ids(workspace, "a", "b", "c")
    workspace.remove("a")
    workspace.write("b", former_slugs=["a"])
    workspace.write("c", former_slugs=["b"])
    workspace.write("d", former_slugs=["c"])

    load_and_check(workspace, ("renamed", "b", "a"), ("renamed", "c", "b"), ("renamed", "d", "c"))

    assert article_ids(workspace, "b", "c", "d") == before


def test_vacated_slug_can_be_used_by_new_article(workspace: Workspace) -> None:
    workspace.write("a")
    workspace.load()
    [first] = article_ids(workspace, "a")
    workspace.remove("a")
    workspace.write("b", former_slugs=["a"])
    workspace.load()
    workspace.write("a", title="Another")

    load_and_check(workspace, ("created", "a", None))

    assert article_ids(workspace, "b") == [first]
    assert article_ids(workspace, "a") != [first]


def test_current_slug_takes_precedence_over_former_slug(workspace: Workspace) -> None:
    workspace.write("a")
    workspace.load()
    [first] = article_ids(workspace, "a")
    workspace.write("b", former_slugs=["a"])

    load_and_check(workspace, ("created", "b", None))

    assert article_ids(workspace, "a") == [first]


def test_former_slug_on_existing_article_unpublishes_old_article(workspace: Workspace) -> None:
    workspace.write("a")
    workspace.write("b")
    workspace.load()
    first, second = article_ids(workspace, "a", "b")
    workspace.remove("a")
    workspace.write("b", former_slugs=["a"])

    load_and_check(workspace, ("changed", "b", None), ("unpublished", "a", None))

    assert article_ids(workspace, "a", "b") == [first, second]
    assert former_slug_owners(workspace) == {"a": second}


def test_former_slug_can_move_to_another_article(workspace: Workspace) -> None:
    workspace.write("one", former_slugs=["old"])
    workspace.write("two")
    workspace.load()
    workspace.write("one")
    workspace.write("two", former_slugs=["old"])

    load_and_check(workspace, ("changed", "one", None), ("changed", "two", None))

    assert former_slug_owners(workspace) == {"old": workspace.article("two").id}


def test_former_slug_can_move_from_removed_article(workspace: Workspace) -> None:
    workspace.write("one", former_slugs=["old"])
    workspace.write("two")
    workspace.load()
    workspace.remove("one")
    workspace.write("two", former_slugs=["old"])

    load_and_check(workspace, ("changed", "two", None), ("unpublished", "one", None))

    assert former_slug_owners(workspace) == {"old": workspace.article("two").id}


def test_newest_former_slug_identifies_renamed_article(workspace: Workspace) -> None:
    """The slug `a` belonged to this article and later to another one, so the newer slug `b` decides."""
    workspace.write("a")
    workspace.load()
    [first] = article_ids(workspace, "a")
    workspace.remove("a")
    workspace.write("b", former_slugs=["a"])
    workspace.load()
    workspace.write("a", title="Another")
    workspace.load()
    workspace.remove("a", "b")
    workspace.write("c", former_slugs=["a", "b"])

    load_and_check(workspace, ("renamed", "c", "b"), ("unpublished", "a", None))

    assert article_ids(workspace, "c") == [first]


def test_many_renames_keep_ids(workspace: Workspace) -> None:
    slugs = [f"article-{n:03}" for n in range(230)]
    for slug in slugs:
        workspace.write(slug)
    workspace.load()
    before = article_ids(workspace, slugs[0], slugs[1], slugs[-1])
    workspace.remove(*slugs)
    for slug, old_slug in zip(slugs, slugs[-1:] + slugs[:-1], strict=True):  # each article gets the next slug
        workspace.write(slug, title=old_slug, former_slugs=[old_slug])

    assert {change.action for change in workspace.load().changes} == {Action.RENAMED}

    assert article_ids(workspace, slugs[1], slugs[2], slugs[0]) == before
    assert workspace.load().changes == []


def test_former_slugs_redirect_to_current_slug(editor: ContentEditor) -> None:
    editor.write("a", title="First")
    editor.write("b", title="Second")
    editor.load()
    editor.write("b", title="First", former_slugs=["a", "oldest"])
    editor.write("a", title="Second", former_slugs=["b"])
    editor.load()

    assert editor.client.get("/v1/articles/b").json()["title"] == "First"
    assert editor.client.get("/v1/articles/a").json()["title"] == "Second"
    assert editor.client.get("/v1/articles/oldest").headers["Location"].endswith("/v1/articles/b")
