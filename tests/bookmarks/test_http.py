"""Members keep articles: once each, whatever an article is called, and shown while it is public."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from httpx2 import Response
from sqlalchemy import URL, insert, select
from sqlmodel import col

from app.articles.models import Article
from app.bookmarks.models import Bookmark
from app.content.commands import load_folder
from tests.conftest import Backend, look
from tests.factories.content import write_article, write_folder
from tests.factories.results import faults, serving, told
from tests.factories.rows import counts
from tests.factories.runs import at_once
from tests.factories.services import Person, Service

BOOKMARKS = "/v1/me/bookmarks"
NOON = datetime(2027, 1, 11, 12, tzinfo=UTC)
SLUGS = ("one", "two", "three", "four", "five")


@dataclass(frozen=True, slots=True)
class Library:
    """A service with articles that a test renames and takes away."""

    service: Service
    folder: Path

    def load(self) -> None:
        load_folder(self.service.database, self.folder)
        look(self.service.app)

    def publish(self, slug: str, **front: Any) -> None:
        write_article(self.folder, slug, **front)
        self.load()

    def rename(self, slug: str, to: str) -> None:
        (self.folder / "articles" / f"{slug}.md").unlink()
        self.publish(to, former_slugs=[slug])


@pytest.fixture(scope="module")
def library(backend: Backend, empty: URL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = write_folder(tmp_path_factory.mktemp("library") / "content")
    for slug in SLUGS:
        write_article(folder, slug)
    write_article(folder, "draft", status="draft", publish_at=None)
    write_article(folder, "coming", publish_at="2027-02-01T00:00:00Z")
    with serving(backend, empty) as service:
        library = Library(service, folder)
        library.load()
        yield library


@pytest.fixture
def person(library: Library) -> Person:
    return library.service.register()


def keep(person: Person, slug: str) -> Response:
    return person.ask("PUT", f"{BOOKMARKS}/{slug}")


def kept(person: Person) -> list[str]:
    """The slugs."""
    reply = person.ask("GET", BOOKMARKS)
    assert reply.status_code == 200, reply.text
    assert reply.json()["total"] == len(reply.json()["items"])
    return [each["article"]["slug"] for each in reply.json()["items"]]


def test_an_article_is_kept_once_however_often_it_is_sent(person: Person) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        person.sign_in()
        first = keep(person, "one")
        clock.shift(timedelta(minutes=1))
        again = keep(person, "one")
        read = person.ask("GET", f"{BOOKMARKS}/one")

    assert (first.status_code, again.status_code, read.status_code) == (201, 200, 200)
    assert first.json() == again.json() == read.json()
    assert first.json()["saved_at"] == "2027-01-11T12:00:00Z"
    summary = next(
        each for each in person.client.get("/v1/articles").json()["items"] if each["slug"] == "one"
    )  # fmt: skip
    assert first.json()["article"] == {name: value for name, value in summary.items() if name != "highlights"}


def test_a_bookmark_is_removed_however_often_it_is_asked(person: Person) -> None:
    keep(person, "one")
    keep(person, "two")

    assert [person.ask("DELETE", f"{BOOKMARKS}/one").status_code for _ in range(2)] == [204, 204]

    assert kept(person) == ["two"]
    assert told(person.ask("GET", f"{BOOKMARKS}/one")) == (404, "bookmark_not_found")
    assert keep(person, "one").status_code == 201
    assert kept(person) == ["one", "two"]


def test_the_list_is_the_newest_first_and_comes_in_pages(person: Person) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        person.sign_in()
        for slug in SLUGS:
            keep(person, slug)
            clock.shift(timedelta(seconds=1))
        first = person.ask("GET", f"{BOOKMARKS}?limit=2")
        person.ask("DELETE", f"{BOOKMARKS}/five")
        second = person.ask("GET", first.headers["Link"].partition("<")[2].partition(">")[0])
        third = person.ask("GET", BOOKMARKS, params={"limit": 2, "cursor": second.json()["next"]})

    pages = [[each["article"]["slug"] for each in reply.json()["items"]] for reply in (first, second, third)]
    assert pages == [["five", "four"], ["three", "two"], ["one"]]
    assert [reply.json()["total"] for reply in (first, second, third)] == [5, 4, 4]
    assert third.json()["next"] is None


def test_bookmarks_of_one_instant_are_each_listed_once(person: Person) -> None:
    with time_machine.travel(NOON, tick=False):
        person.sign_in()
        for slug in SLUGS:
            keep(person, slug)
        found: list[str] = []
        query = {"limit": "2"}
        while query.get("cursor", "") is not None:
            page = person.ask("GET", BOOKMARKS, params=query).json()
            found += [each["article"]["slug"] for each in page["items"]]
            query["cursor"] = page["next"]

    assert (len(found), set(found)) == (5, set(SLUGS))


def test_a_renamed_article_stays_kept_and_answers_to_both_names(library: Library, person: Person) -> None:
    library.publish("old-name")
    keep(person, "old-name")
    library.rename("old-name", to="new-name")

    assert kept(person) == ["new-name"]
    for slug in ("new-name", "old-name"):
        assert person.ask("GET", f"{BOOKMARKS}/{slug}").json()["article"]["slug"] == "new-name"
        assert keep(person, slug).status_code == 200
    assert kept(person) == ["new-name"]
    assert person.ask("DELETE", f"{BOOKMARKS}/old-name").status_code == 204
    assert kept(person) == []


def test_an_article_that_is_not_public_any_longer_is_hidden_and_can_be_removed(
    library: Library, person: Person
) -> None:
    for slug in ("leaving", "returning", "two"):
        library.publish(slug)
        keep(person, slug)
    for slug in ("leaving", "returning"):
        library.publish(slug, status="unpublished")
    assert kept(person) == ["two"]
    assert told(person.ask("GET", f"{BOOKMARKS}/leaving")) == (404, "bookmark_not_found")
    assert told(keep(person, "leaving")) == (404, "article_not_found")
    before = counts(library.service.database)["bookmarks"]

    assert person.ask("DELETE", f"{BOOKMARKS}/leaving").status_code == 204

    assert counts(library.service.database)["bookmarks"] == before - 1
    for slug in ("leaving", "returning"):
        library.publish(slug)
    assert set(kept(person)) == {"two", "returning"}


@pytest.mark.parametrize("slug", ["no-such-article", "draft", "coming"])
def test_what_is_not_public_can_not_be_kept(person: Person, slug: str) -> None:
    assert told(keep(person, slug)) == (404, "article_not_found")
    reply = person.ask("GET", f"{BOOKMARKS}/{slug}")
    assert (told(reply), faults(reply)) == ((404, "bookmark_not_found"), [("path", "/article")])
    assert kept(person) == []


def test_what_never_was_can_not_be_removed(person: Person) -> None:
    assert told(person.ask("DELETE", f"{BOOKMARKS}/no-such-article")) == (404, "bookmark_not_found")


@pytest.mark.parametrize("odd", ["No-Slug", "x" * 121, "a_b", "%00", "ONE"])
def test_what_is_no_slug_is_refused(person: Person, odd: str) -> None:
    for method in ("GET", "PUT", "DELETE"):
        reply = person.ask(method, f"{BOOKMARKS}/{odd}")
        assert (told(reply), faults(reply)) == ((422, "invalid_input"), [("path", "/article")])


def test_bookmarks_are_each_members_own(library: Library, person: Person) -> None:
    other = library.service.register()
    keep(person, "one")

    assert kept(other) == []
    assert told(other.ask("GET", f"{BOOKMARKS}/one")) == (404, "bookmark_not_found")
    assert other.ask("DELETE", f"{BOOKMARKS}/one").status_code == 204
    assert kept(person) == ["one"]
    assert person.ask("GET", BOOKMARKS).headers["Cache-Control"] == "no-store"


def test_twenty_taps_at_once_are_one_bookmark(person: Person) -> None:
    replies = at_once(20, lambda _: keep(person, "three"))

    assert Counter(reply.status_code for reply in replies) == {201: 1, 200: 19}
    assert len({reply.content for reply in replies}) == 1
    assert kept(person) == ["three"]


def test_a_thousand_are_enough_and_keeping_one_of_them_again_is_harmless(service: Service, tmp_path: Path) -> None:
    library = Library(service, write_folder(tmp_path / "content"))
    library.publish("two")
    library.publish("one")
    person = service.register()
    keep(person, "one")
    crowd(service, person, 999)

    assert told(keep(person, "two")) == (409, "too_many_bookmarks")
    assert keep(person, "one").status_code == 200
    person.ask("DELETE", f"{BOOKMARKS}/one")
    assert keep(person, "two").status_code == 201


def crowd(service: Service, person: Person, many: int) -> None:
    """As many more bookmarks, of copies of an article."""
    member_id = UUID(person.ask("GET", "/v1/me").json()["id"])
    with service.database.transaction() as session:
        columns = [col(getattr(Article, name)) for name in Article.model_fields]
        one = session.execute(select(*columns).where(col(Article.slug) == "one")).mappings().one()
        copies = [{**one, "id": uuid4(), "slug": uuid4().hex} for _ in range(many)]
        session.execute(insert(Article), copies)
        rows = [{"member_id": member_id, "article_id": each["id"], "saved_at": NOON} for each in copies]
        session.execute(insert(Bookmark), rows)
