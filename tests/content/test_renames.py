"""An article keeps its identity when its file gets another name."""

from uuid import UUID

from app.content.plan import Action, ContentChange
from app.content.stored import former_slugs
from tests.conftest import Studio
from tests.content.conftest import Desk


def ids(desk: Desk, *slugs: str) -> list[UUID]:
    return [desk.article(slug).id for slug in slugs]


def formers(desk: Desk) -> dict[str, UUID]:
    with desk.database.entities() as session:
        return former_slugs(session)


def told(changes: list[ContentChange]) -> list[tuple[str, str, str | None]]:
    return sorted((change.action.value, change.name, change.was) for change in changes)


def load_as_told(desk: Desk, *expected: tuple[str, str, str | None]) -> None:
    """Load; `diff` says what is expected, the load does it, and then there is nothing left to do."""
    assert told(desk.diff()) == sorted(expected)
    assert told(desk.load().changes) == sorted(expected)
    assert desk.load().changes == []


def test_a_renaming_keeps_the_id_and_the_old_address(desk: Desk) -> None:
    desk.write("one", title="One")
    desk.load()
    [one] = ids(desk, "one")
    desk.remove("one")
    desk.write("uno", title="One", excerpt="About one.", former_slugs=["one"])

    assert desk.diff() == [ContentChange("article", "uno", Action.RENAMED, ("former_slugs",), was="one")]
    load_as_told(desk, ("renamed", "uno", "one"))

    assert ids(desk, "uno") == [one]
    assert formers(desk) == {"one": one}
    assert list(desk.articles()) == ["uno"]


def test_a_chain_of_renamings_keeps_the_id_and_every_old_address(desk: Desk) -> None:
    desk.write("a")
    desk.load()
    [first] = ids(desk, "a")
    desk.remove("a")
    desk.write("b", former_slugs=["a"])
    load_as_told(desk, ("renamed", "b", "a"))
    desk.remove("b")
    desk.write("c", former_slugs=["a", "b"])
    load_as_told(desk, ("renamed", "c", "b"))

    assert ids(desk, "c") == [first]
    assert formers(desk) == {"a": first, "b": first}


def test_a_renaming_can_be_taken_back(desk: Desk) -> None:
    desk.write("a")
    desk.load()
    [first] = ids(desk, "a")
    desk.remove("a")
    desk.write("b", former_slugs=["a"])
    desk.load()
    desk.remove("b")
    desk.write("a", former_slugs=["b"])

    load_as_told(desk, ("renamed", "a", "b"))

    assert ids(desk, "a") == [first]
    assert formers(desk) == {"b": first}


def test_two_articles_may_change_slugs_with_each_other(desk: Desk) -> None:
    desk.write("a", title="First")
    desk.write("b", title="Second")
    desk.load()
    first, second = ids(desk, "a", "b")
    desk.write("b", title="First", former_slugs=["a"])
    desk.write("a", title="Second", former_slugs=["b"])

    load_as_told(desk, ("renamed", "a", "b"), ("renamed", "b", "a"))

    assert ids(desk, "a", "b") == [second, first]
    assert formers(desk) == {"a": first, "b": second}


def test_slugs_may_be_passed_on_in_one_load(desk: Desk) -> None:
    for slug in ("a", "b", "c"):
        desk.write(slug)
    desk.load()
    before = ids(desk, "a", "b", "c")
    desk.remove("a")
    desk.write("b", former_slugs=["a"])
    desk.write("c", former_slugs=["b"])
    desk.write("d", former_slugs=["c"])

    load_as_told(desk, ("renamed", "b", "a"), ("renamed", "c", "b"), ("renamed", "d", "c"))

    assert ids(desk, "b", "c", "d") == before


def test_a_slug_that_was_left_is_free_for_a_new_article(desk: Desk) -> None:
    desk.write("a")
    desk.load()
    [first] = ids(desk, "a")
    desk.remove("a")
    desk.write("b", former_slugs=["a"])
    desk.load()
    desk.write("a", title="Another")

    load_as_told(desk, ("created", "a", None))

    assert ids(desk, "b") == [first]
    assert ids(desk, "a") != [first]


def test_a_live_slug_wins_over_a_former_one(desk: Desk) -> None:
    desk.write("a")
    desk.load()
    [first] = ids(desk, "a")
    desk.write("b", former_slugs=["a"])

    load_as_told(desk, ("created", "b", None))

    assert ids(desk, "a") == [first]


def test_a_former_slug_of_an_article_that_is_already_there_unpublishes_the_other(desk: Desk) -> None:
    desk.write("a")
    desk.write("b")
    desk.load()
    first, second = ids(desk, "a", "b")
    desk.remove("a")
    desk.write("b", former_slugs=["a"])

    load_as_told(desk, ("changed", "b", None), ("unpublished", "a", None))

    assert ids(desk, "a", "b") == [first, second]
    assert formers(desk) == {"a": second}


def test_a_former_slug_may_move_to_another_article(desk: Desk) -> None:
    desk.write("one", former_slugs=["old"])
    desk.write("two")
    desk.load()
    desk.write("one")
    desk.write("two", former_slugs=["old"])

    load_as_told(desk, ("changed", "one", None), ("changed", "two", None))

    assert formers(desk) == {"old": desk.article("two").id}


def test_a_former_slug_moves_from_an_article_that_went_away(desk: Desk) -> None:
    desk.write("one", former_slugs=["old"])
    desk.write("two")
    desk.load()
    desk.remove("one")
    desk.write("two", former_slugs=["old"])

    load_as_told(desk, ("changed", "two", None), ("unpublished", "one", None))

    assert formers(desk) == {"old": desk.article("two").id}


def test_the_newest_former_slug_says_which_article_was_renamed(desk: Desk) -> None:
    """The slug `a` belonged to the article once, then to another one that went away."""
    desk.write("a")
    desk.load()
    [first] = ids(desk, "a")
    desk.remove("a")
    desk.write("b", former_slugs=["a"])
    desk.load()
    desk.write("a", title="Another")
    desk.load()
    desk.remove("a", "b")
    desk.write("c", former_slugs=["a", "b"])

    load_as_told(desk, ("renamed", "c", "b"), ("unpublished", "a", None))

    assert ids(desk, "c") == [first]


def test_many_renamings_across_batches_keep_every_id(desk: Desk) -> None:
    slugs = [f"article-{n:03}" for n in range(230)]
    for slug in slugs:
        desk.write(slug)
    desk.load()
    before = ids(desk, slugs[0], slugs[1], slugs[-1])
    desk.remove(*slugs)
    for slug, was in zip(slugs, slugs[-1:] + slugs[:-1], strict=True):  # each moves on by one, the last to the front
        desk.write(slug, title=was, former_slugs=[was])

    assert {change.action for change in desk.load().changes} == {Action.RENAMED}

    assert ids(desk, slugs[1], slugs[2], slugs[0]) == before
    assert desk.load().changes == []


def test_former_addresses_redirect_and_live_ones_answer(studio: Studio) -> None:
    studio.write("a", title="First")
    studio.write("b", title="Second")
    studio.load()
    studio.write("b", title="First", former_slugs=["a", "oldest"])
    studio.write("a", title="Second", former_slugs=["b"])
    studio.load()

    assert studio.client.get("/v1/articles/b").json()["title"] == "First"
    assert studio.client.get("/v1/articles/a").json()["title"] == "Second"
    assert studio.client.get("/v1/articles/oldest").headers["Location"].endswith("/v1/articles/b")
