"""Lists, filters, pages, former slugs, and what is public."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col
from starlette.testclient import TestClient

from app.articles.models import Article, ArticleTopic
from tests.conftest import Studio

FUTURE = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")


def slugs(client: TestClient, path: str = "/v1/articles", **params: Any) -> list[str]:
    reply = client.get(path, params=params)
    assert reply.status_code == 200, reply.text
    return [item["slug"] for item in reply.json()["items"]]


def pages(client: TestClient, **params: Any) -> Iterator[dict[str, Any]]:
    while True:
        page = client.get("/v1/articles", params=params).json()
        yield page
        if page["next"] is None:
            return
        params["cursor"] = page["next"]


@pytest.fixture
def shelf(studio: Studio) -> Studio:
    """Seven public articles, three on one day, and one of each other kind."""
    for n in range(4):
        studio.write(f"article-{n}", title=f"Title {9 - n}", publish_at=f"2025-01-0{n + 1}T00:00:00Z", topics=["sleep"])
    for n in range(3):
        studio.write(f"same-day-{n}", title="Equal", publish_at="2025-02-01T00:00:00Z", topics=["friends", "habits"])
    studio.write("the-draft", status="draft", publish_at=None, topics=["sleep"])
    studio.write("the-scheduled", publish_at=FUTURE, topics=["sleep"])
    studio.write("the-unpublished", status="unpublished", topics=["sleep"])
    studio.load()
    return studio


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("sort", ["-published_on", "title"])
def test_pages_hold_every_article_once_in_order(shelf: Studio, limit: int, sort: str) -> None:
    found = list(pages(shelf.client, limit=limit, sort=sort))

    items = [item for page in found for item in page["items"]]
    assert len({item["slug"] for item in items}) == len(items) == 7
    assert {page["total"] for page in found} == {7}
    keys = [item["published_on" if sort == "-published_on" else "title"] for item in items]
    assert keys == sorted(keys, reverse=sort == "-published_on")


def test_the_link_header_says_what_next_says(shelf: Studio) -> None:
    reply = shelf.client.get("/v1/articles?limit=5&topic=sleep&topic=friends")
    address, _, relation = reply.headers["Link"].partition(">")

    assert relation == '; rel="next"'
    assert address.startswith("</v1/articles?")
    following = shelf.client.get(address.removeprefix("<")).json()
    assert (
        following
        == shelf.client.get(
            "/v1/articles", params={"limit": 5, "topic": ["sleep", "friends"], "cursor": reply.json()["next"]}
        ).json()
    )
    assert len(following["items"]) == 2


def test_the_last_page_has_no_next(shelf: Studio) -> None:
    reply = shelf.client.get("/v1/articles?limit=7")

    assert reply.json()["next"] is None
    assert "Link" not in reply.headers


def test_an_article_added_between_two_pages_shifts_nothing(shelf: Studio) -> None:
    first = shelf.client.get("/v1/articles?limit=3").json()
    shelf.write("brand-new", publish_at="2025-03-01T00:00:00Z")
    shelf.load()

    second = slugs(shelf.client, limit=3, cursor=first["next"])

    assert not {item["slug"] for item in first["items"]} & set(second)
    assert "brand-new" not in second


def test_slugs_of_one_kind_widen_and_of_different_kinds_narrow(shelf: Studio) -> None:
    shelf.write("by-ben", author="ben", category="living", topics=["sleep", "habits"])
    shelf.load()

    assert len(slugs(shelf.client, topic="sleep")) == 5
    assert len(slugs(shelf.client, topic=["sleep", "friends"])) == 8
    assert slugs(shelf.client, topic="sleep", author="ben") == ["by-ben"]
    assert slugs(shelf.client, category="living") == ["by-ben"]
    assert slugs(shelf.client, category="living", author="ada") == []


@pytest.mark.parametrize("sort", ["-published_on", "title"])
@pytest.mark.parametrize("topics", [["sleep"], ["sleep", "friends"], ["friends", "habits"], ["sleep", "sleep"]])
def test_pages_by_topics_hold_every_article_once(shelf: Studio, sort: str, topics: list[str]) -> None:
    found = list(pages(shelf.client, limit=2, sort=sort, topic=topics))

    items = [item["slug"] for page in found for item in page["items"]]
    expected = {"sleep": 4, "friends": 3, "habits": 0}
    assert len(set(items)) == len(items) == sum(expected[topic] for topic in set(topics))
    assert {page["total"] for page in found} == {len(items)}


def test_a_topic_and_its_article_are_public_from_the_same_moment(shelf: Studio) -> None:
    """The copy that topics are listed by follows every change of the article."""
    shelf.write("the-draft", topics=["sleep"])
    shelf.write("article-0", status="unpublished", topics=["sleep"])
    shelf.write("article-1", publish_at=FUTURE, topics=["habits"])
    (shelf.folder / "articles" / "article-2.md").unlink()
    shelf.load()

    both = select(col(Article.slug), col(Article.public_from), col(ArticleTopic.public_from)).join(ArticleTopic)
    with shelf.database.entities() as session:
        rows = session.execute(both).all()

    assert len(rows) > 10
    assert [row for row in rows if row[1] != row[2]] == []
    assert {row[0] for row in rows if row[1] is None} == {"article-0", "article-2", "the-unpublished"}


def test_a_title_in_any_script_can_be_paged_past(studio: Studio) -> None:
    for n, title in enumerate(["日本　語", "日本　誟", "family 👨‍👩‍👧", "ﷺ"]):
        studio.write(f"title-{n}", title=title)
    studio.load()

    found = list(pages(studio.client, limit=1, sort="title"))

    assert sorted(item["slug"] for page in found for item in page["items"]) == [f"title-{n}" for n in range(4)]


@pytest.mark.parametrize("slug", ["the-draft", "the-scheduled", "the-unpublished"])
def test_what_is_not_public_appears_nowhere(shelf: Studio, slug: str) -> None:
    client = shelf.client
    title = slug.replace("-", " ").title()

    assert client.get(f"/v1/articles/{slug}").status_code == 404
    for path in (
        "/v1/articles?limit=100",
        "/v1/articles?sort=title",
        "/v1/articles?topic=sleep",
        f"/v1/articles?q={title}",
    ):
        assert slug not in client.get(path).text
    for feed in ("articles.json", "articles.atom", "articles.rss"):
        assert slug not in client.get(f"/v1/feeds/{feed}").text
    assert slug not in client.get("/v1/sitemap.xml").text
    assert slug not in client.get("/v1/articles/article-0").text


def test_counts_are_of_public_articles_only(shelf: Studio) -> None:
    topics = {item["slug"]: item["articles"] for item in shelf.client.get("/v1/topics").json()["items"]}

    assert topics == {"sleep": 4, "friends": 3, "habits": 3}
    assert shelf.client.get("/v1/topics/sleep").json()["articles"] == 4
    assert shelf.client.get("/v1/authors/ada").json()["articles"] == 7
    authors = {item["slug"]: item["articles"] for item in shelf.client.get("/v1/authors").json()["items"]}
    assert authors == {"ada": 7, "ben": 0}
    categories = {item["slug"]: item["articles"] for item in shelf.client.get("/v1/categories").json()["items"]}
    assert categories == {"health": 7, "living": 0}


def test_a_former_slug_redirects_and_keeps_the_query(studio: Studio) -> None:
    studio.write("old-name")
    studio.load()
    (studio.folder / "articles" / "old-name.md").unlink()
    studio.write("new-name", former_slugs=["old-name"])
    studio.load()

    reply = studio.client.get("/v1/articles/old-name?format=html")

    assert (reply.status_code, reply.headers["Location"]) == (308, "/v1/articles/new-name?format=html")
    assert reply.headers["cache-control"] == "public, max-age=300"
    assert studio.client.get(reply.headers["Location"]).status_code == 200


def test_a_live_slug_wins_over_a_former_one(studio: Studio) -> None:
    studio.write("one", former_slugs=["two"])
    studio.write("two")
    studio.load()

    assert studio.client.get("/v1/articles/two").json()["slug"] == "two"


def test_a_former_slug_of_what_is_not_public_leads_nowhere(studio: Studio) -> None:
    studio.write("hidden", former_slugs=["once"], status="draft")
    studio.load()

    assert studio.client.get("/v1/articles/once").status_code == 404


def test_an_article_has_its_own_call_to_action_or_the_sites(studio: Studio) -> None:
    own = {"eyebrow": "E", "title": "T", "text": "X", "label": "L", "href": "/own"}
    studio.write("own", call_to_action=own)
    studio.write("default")
    studio.load()

    assert studio.client.get("/v1/articles/own").json()["call_to_action"] == own
    assert studio.client.get("/v1/articles/default").json()["call_to_action"]["label"] == "Begin"


def test_minutes_are_the_editors_or_computed(studio: Studio) -> None:
    studio.write("given", reading_minutes=42)
    studio.write("computed", body="word " * 500)
    studio.load()

    assert studio.client.get("/v1/articles/given").json()["reading_minutes"] == 42
    computed = studio.client.get("/v1/articles/computed").json()
    assert (computed["word_count"], computed["reading_minutes"]) == (500, 3)


def test_related_articles_come_by_shared_topics_and_text(studio: Studio) -> None:
    studio.write("garden", topics=["sleep"], body="Tomatoes grow in the garden. " * 20)
    studio.write("tomatoes", topics=["habits"], body="Tomatoes and the garden in spring. " * 20)
    studio.write("dreams", topics=["sleep"], body="Dreams come at night. " * 20)
    studio.write("engines", topics=["friends"], body="Engines turn wheels. " * 20)
    studio.load()

    related = [each["slug"] for each in studio.client.get("/v1/articles/garden").json()["related"]]

    assert set(related) == {"tomatoes", "dreams"}
