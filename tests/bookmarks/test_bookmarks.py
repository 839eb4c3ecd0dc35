"""Tests for bookmarks over HTTP (`/v1/me/bookmarks`), including renamed and unpublished articles."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import time_machine
from httpx2 import Response
from sqlalchemy import URL, insert, select
from sqlmodel import col

from app.articles.models import Article
from app.bookmarks.models import Bookmark
from tests.conftest import Backend, ContentEditor, MakeService
from tests.factories.content import write_content_directory
from tests.factories.results import error_locations, running_service, status_and_code
from tests.factories.rows import row_counts
from tests.factories.runs import run_concurrently
from tests.factories.services import MemberClient, Service

BOOKMARKS = "/v1/me/bookmarks"
NOON = datetime(2027, 1, 11, 12, tzinfo=UTC)
SLUGS = ("one", "two", "three", "four", "five")


@pytest.fixture(scope="module")
def service(backend: Backend, empty_template: URL) -> Iterator[Service]:
    with running_service(backend, empty_template) as service:
        yield service


@pytest.fixture(scope="module")
def library(service: Service, tmp_path_factory: pytest.TempPathFactory) -> ContentEditor:
    """Publish the articles, a draft and a scheduled article, and return their editor."""
    library = open_library(service, tmp_path_factory.mktemp("library"))
    for slug in SLUGS:
        library.write(slug)
    library.write("draft", status="draft", publish_at=None)
    library.write("coming", publish_at="2027-02-01T00:00:00Z")
    library.load()
    return library


def open_library(service: Service, parent: Path) -> ContentEditor:
    return ContentEditor(write_content_directory(parent / "content"), service.database, service.app, service.client)


@pytest.fixture
def member(service: Service, library: ContentEditor) -> MemberClient:
    return service.register()


def save_bookmark(member: MemberClient, slug: str) -> Response:
    return member.request("PUT", f"{BOOKMARKS}/{slug}")


def saved_slugs(member: MemberClient) -> list[str]:
    response = member.request("GET", BOOKMARKS)
    assert response.status_code == 200, response.text
    assert response.json()["total"] == len(response.json()["items"])
    return [item["article"]["slug"] for item in response.json()["items"]]


def test_save_bookmark_twice_keeps_first_time_and_returns_200(member: MemberClient) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        member.sign_in()
        first = save_bookmark(member, "one")
        clock.shift(timedelta(minutes=1))
        second = save_bookmark(member, "one")
        read = member.request("GET", f"{BOOKMARKS}/one")

    assert (first.status_code, second.status_code, read.status_code) == (201, 200, 200)
    assert first.json() == second.json() == read.json()
    assert first.json()["saved_at"] == "2027-01-11T12:00:00Z"
    articles = member.client.get("/v1/articles").json()["items"]
    summary = next(article for article in articles if article["slug"] == "one")
    assert first.json()["article"] == {name: value for name, value in summary.items() if name != "highlights"}


def test_delete_bookmark_twice_returns_204(member: MemberClient) -> None:
    save_bookmark(member, "one")
    save_bookmark(member, "two")

    assert [member.request("DELETE", f"{BOOKMARKS}/one").status_code for _ in range(2)] == [204, 204]

    assert saved_slugs(member) == ["two"]
    assert status_and_code(member.request("GET", f"{BOOKMARKS}/one")) == (404, "bookmark_not_found")
    assert save_bookmark(member, "one").status_code == 201
    assert saved_slugs(member) == ["one", "two"]


def test_list_bookmarks_is_paginated_newest_first(member: MemberClient) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        member.sign_in()
        for slug in SLUGS:
            save_bookmark(member, slug)
            clock.shift(timedelta(seconds=1))
        first = member.request("GET", f"{BOOKMARKS}?limit=2")
        member.request("DELETE", f"{BOOKMARKS}/five")
        second = member.request("GET", first.headers["Link"].partition("<")[2].partition(">")[0])
        third = member.request("GET", BOOKMARKS, params={"limit": 2, "cursor": second.json()["next"]})

    pages = [[item["article"]["slug"] for item in response.json()["items"]] for response in (first, second, third)]
    assert pages == [["five", "four"], ["three", "two"], ["one"]]
    assert [response.json()["total"] for response in (first, second, third)] == [5, 4, 4]
    assert third.json()["next"] is None


def test_list_bookmarks_with_equal_times_returns_each_once(member: MemberClient) -> None:
    with time_machine.travel(NOON, tick=False):
        member.sign_in()
        for slug in SLUGS:
            save_bookmark(member, slug)
        slugs: list[str] = []
        query = {"limit": "2"}
        while query.get("cursor", "") is not None:
            page = member.request("GET", BOOKMARKS, params=query).json()
            slugs += [item["article"]["slug"] for item in page["items"]]
            query["cursor"] = page["next"]

    assert (len(slugs), set(slugs)) == (5, set(SLUGS))


def test_bookmark_of_renamed_article_is_found_by_both_slugs(library: ContentEditor, member: MemberClient) -> None:
    path = library.write("old-name")
    library.load()
    save_bookmark(member, "old-name")
    path.unlink()
    library.write("new-name", former_slugs=["old-name"])
    library.load()

    assert saved_slugs(member) == ["new-name"]
    for slug in ("new-name", "old-name"):
        assert member.request("GET", f"{BOOKMARKS}/{slug}").json()["article"]["slug"] == "new-name"
        assert save_bookmark(member, slug).status_code == 200
    assert saved_slugs(member) == ["new-name"]
    assert member.request("DELETE", f"{BOOKMARKS}/old-name").status_code == 204
    assert saved_slugs(member) == []


def test_bookmark_of_unpublished_article_is_hidden_and_can_be_deleted(
    service: Service, library: ContentEditor, member: MemberClient
) -> None:
    def publish(*slugs: str, status: str = "published") -> None:
        for slug in slugs:
            library.write(slug, status=status)
        library.load()

    publish("leaving", "returning")
    for slug in ("leaving", "returning", "two"):
        save_bookmark(member, slug)
    publish("leaving", "returning", status="unpublished")
    assert saved_slugs(member) == ["two"]
    assert status_and_code(member.request("GET", f"{BOOKMARKS}/leaving")) == (404, "bookmark_not_found")
    assert status_and_code(save_bookmark(member, "leaving")) == (404, "article_not_found")
    before = row_counts(service.database)["bookmarks"]

    assert member.request("DELETE", f"{BOOKMARKS}/leaving").status_code == 204

    assert row_counts(service.database)["bookmarks"] == before - 1
    publish("leaving", "returning")
    assert set(saved_slugs(member)) == {"two", "returning"}


def test_bookmark_of_article_that_is_not_public_returns_404(member: MemberClient) -> None:
    for slug in ("no-such-article", "draft", "coming"):
        assert status_and_code(save_bookmark(member, slug)) == (404, "article_not_found")
        response = member.request("GET", f"{BOOKMARKS}/{slug}")
        assert status_and_code(response) == (404, "bookmark_not_found")
        assert error_locations(response) == [("path", "/article")]
    assert saved_slugs(member) == []
    assert status_and_code(member.request("DELETE", f"{BOOKMARKS}/no-such-article")) == (404, "bookmark_not_found")


def test_bookmark_with_malformed_slug_returns_422(member: MemberClient) -> None:
    for slug, method in product(("No-Slug", "x" * 121, "a_b", "%00"), ("GET", "PUT", "DELETE")):
        response = member.request(method, f"{BOOKMARKS}/{slug}")
        assert status_and_code(response) == (422, "invalid_input")
        assert error_locations(response) == [("path", "/article")]


def test_bookmarks_are_private_to_the_member(service: Service, member: MemberClient) -> None:
    other = service.register()
    save_bookmark(member, "one")

    assert saved_slugs(other) == []
    assert status_and_code(other.request("GET", f"{BOOKMARKS}/one")) == (404, "bookmark_not_found")
    assert other.request("DELETE", f"{BOOKMARKS}/one").status_code == 204
    assert saved_slugs(member) == ["one"]
    assert member.request("GET", BOOKMARKS).headers["Cache-Control"] == "no-store"


def test_save_bookmark_concurrently_creates_one_bookmark(member: MemberClient) -> None:
    responses = run_concurrently(20, lambda _: save_bookmark(member, "three"))

    assert Counter(response.status_code for response in responses) == {201: 1, 200: 19}
    assert len({response.content for response in responses}) == 1
    assert saved_slugs(member) == ["three"]


def test_save_bookmark_at_the_limit_returns_409_for_new_articles_only(
    make_service: MakeService, tmp_path: Path
) -> None:
    service = make_service()
    library = open_library(service, tmp_path)
    library.write("two")
    library.write("one")
    library.load()
    member = service.register()
    save_bookmark(member, "one")
    add_bookmarks(service, member, 999)

    assert status_and_code(save_bookmark(member, "two")) == (409, "too_many_bookmarks")
    assert save_bookmark(member, "one").status_code == 200
    member.request("DELETE", f"{BOOKMARKS}/one")
    assert save_bookmark(member, "two").status_code == 201


def add_bookmarks(service: Service, member: MemberClient, count: int) -> None:
    """Copy the article "one" `count` times and bookmark each copy."""
    member_id = UUID(member.request("GET", "/v1/me").json()["id"])
    with service.database.transaction() as session:
        columns = [col(getattr(Article, name)) for name in Article.model_fields]
        article = session.execute(select(*columns).where(col(Article.slug) == "one")).mappings().one()
        copies = [{**article, "id": uuid4(), "slug": uuid4().hex} for _ in range(count)]
        session.execute(insert(Article), copies)
        rows = [{"member_id": member_id, "article_id": copy["id"], "saved_at": NOON} for copy in copies]
        session.execute(insert(Bookmark), rows)
