"""Tests for the article endpoints: lists, filters, pagination, redirects from former slugs, and visibility."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col
from starlette.testclient import TestClient

from app.articles.models import Article, ArticleTopic
from tests.conftest import ContentEditor

FUTURE = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")


def list_slugs(client: TestClient, path: str = "/v1/articles", **params: Any) -> list[str]:
    response = client.get(path, params=params)
    assert response.status_code == 200, response.text
    return [item["slug"] for item in response.json()["items"]]


def iter_pages(client: TestClient, **params: Any) -> Iterator[dict[str, Any]]:
    while True:
        page = client.get("/v1/articles", params=params).json()
        yield page
        if page["next"] is None:
            return
        params["cursor"] = page["next"]


@pytest.fixture
def loaded_editor(editor: ContentEditor) -> ContentEditor:
    """Load seven public articles (three with the same date), a draft, a scheduled and an unpublished article."""
    for n in range(4):
        editor.write(f"article-{n}", title=f"Title {9 - n}", publish_at=f"2025-01-0{n + 1}T00:00:00Z", topics=["sleep"])
    for n in range(3):
        editor.write(f"same-day-{n}", title="Equal", publish_at="2025-02-01T00:00:00Z", topics=["friends", "habits"])
    editor.write("the-draft", status="draft", publish_at=None, topics=["sleep"])
    editor.write("the-scheduled", publish_at=FUTURE, topics=["sleep"])
    editor.write("the-unpublished", status="unpublished", topics=["sleep"])
    editor.load()
    return editor


def test_list_articles_pages_contain_each_article_once_in_order(loaded_editor: ContentEditor) -> None:
    for sort, limit in product(("-published_on", "title"), (1, 2, 7)):
        pages = list(iter_pages(loaded_editor.client, limit=limit, sort=sort))

        items = [item for page in pages for item in page["items"]]
        assert len({item["slug"] for item in items}) == len(items) == 7
        assert {page["total"] for page in pages} == {7}
        keys = [item[sort.removeprefix("-")] for item in items]
        assert keys == sorted(keys, reverse=sort == "-published_on"), sort


def test_list_articles_link_header_matches_next_cursor(loaded_editor: ContentEditor) -> None:
    response = loaded_editor.client.get("/v1/articles?limit=5&topic=sleep&topic=friends")
    url, _, relation = response.headers["Link"].partition(">")

    assert relation == '; rel="next"'
    assert url.startswith("</v1/articles?")
    page = loaded_editor.client.get(url.removeprefix("<"))
    params = {"limit": 5, "topic": ["sleep", "friends"], "cursor": response.json()["next"]}
    assert page.json() == loaded_editor.client.get("/v1/articles", params=params).json()
    assert len(page.json()["items"]) == 2
    assert page.json()["next"] is None
    assert "Link" not in page.headers


def test_list_articles_with_article_added_between_pages_is_stable(loaded_editor: ContentEditor) -> None:
    first = loaded_editor.client.get("/v1/articles?limit=3").json()
    loaded_editor.write("brand-new", publish_at="2025-03-01T00:00:00Z")
    loaded_editor.load()

    second = list_slugs(loaded_editor.client, limit=3, cursor=first["next"])

    assert not {item["slug"] for item in first["items"]} & set(second)
    assert "brand-new" not in second


def test_filters_match_any_slug_of_a_field_and_all_fields(loaded_editor: ContentEditor) -> None:
    loaded_editor.write("by-ben", author="ben", category="living", topics=["sleep", "habits"])
    loaded_editor.load()

    assert len(list_slugs(loaded_editor.client, topic="sleep")) == 5
    assert len(list_slugs(loaded_editor.client, topic=["sleep", "friends"])) == 8
    assert list_slugs(loaded_editor.client, topic="sleep", author="ben") == ["by-ben"]
    assert list_slugs(loaded_editor.client, category="living") == ["by-ben"]
    assert list_slugs(loaded_editor.client, category="living", author="ada") == []


def test_list_articles_by_topics_returns_each_article_once(loaded_editor: ContentEditor) -> None:
    totals = {("sleep",): 4, ("sleep", "friends"): 7, ("friends", "habits"): 3, ("sleep", "sleep"): 4}
    for sort, (topics, total) in product(("-published_on", "title"), totals.items()):
        pages = list(iter_pages(loaded_editor.client, limit=2, sort=sort, topic=topics))

        items = [item["slug"] for page in pages for item in page["items"]]
        assert len(set(items)) == len(items) == total, (sort, topics)
        assert {page["total"] for page in pages} == {total}


def test_article_topics_have_public_from_of_their_article(loaded_editor: ContentEditor) -> None:
    loaded_editor.write("the-draft", topics=["sleep"])
    loaded_editor.write("article-0", status="unpublished", topics=["sleep"])
    loaded_editor.write("article-1", publish_at=FUTURE, topics=["habits"])
    (loaded_editor.directory / "articles" / "article-2.md").unlink()
    loaded_editor.load()

    statement = select(col(Article.slug), col(Article.public_from), col(ArticleTopic.public_from)).join(ArticleTopic)
    with loaded_editor.database.orm_snapshot() as session:
        rows = session.execute(statement).all()

    assert len(rows) > 10
    assert [row for row in rows if row[1] != row[2]] == []
    assert {row[0] for row in rows if row[1] is None} == {"article-0", "article-2", "the-unpublished"}


def test_list_articles_by_title_paginates_titles_in_any_script(editor: ContentEditor) -> None:
    for n, title in enumerate(["日本　語", "日本　誟", "family 👨‍👩‍👧", "ﷺ"]):
        editor.write(f"title-{n}", title=title)
    editor.load()

    pages = list(iter_pages(editor.client, limit=1, sort="title"))

    assert sorted(item["slug"] for page in pages for item in page["items"]) == [f"title-{n}" for n in range(4)]


def test_article_that_is_not_public_is_absent_from_every_response(loaded_editor: ContentEditor) -> None:
    client = loaded_editor.client
    lists = ("articles?limit=100", "articles?sort=title&limit=100", "articles?topic=sleep", "articles/article-0")
    feeds = ("feeds/articles.json", "feeds/articles.atom", "feeds/articles.rss", "sitemap.xml")
    texts = {path: client.get(f"/v1/{path}").text for path in (*lists, *feeds)}
    assert all("article-1" in text for text in texts.values())

    for slug in ("the-draft", "the-scheduled", "the-unpublished"):
        assert client.get(f"/v1/articles/{slug}").status_code == 404
        assert [path for path, text in texts.items() if slug in text] == []
        assert list_slugs(client, q=slug.replace("-", " ")) == []


def test_taxonomy_counts_include_public_articles_only(loaded_editor: ContentEditor) -> None:
    topics = {item["slug"]: item["articles"] for item in loaded_editor.client.get("/v1/topics").json()["items"]}

    assert topics == {"sleep": 4, "friends": 3, "habits": 3}
    assert loaded_editor.client.get("/v1/topics/sleep").json()["articles"] == 4
    assert loaded_editor.client.get("/v1/authors/ada").json()["articles"] == 7
    authors = {item["slug"]: item["articles"] for item in loaded_editor.client.get("/v1/authors").json()["items"]}
    assert authors == {"ada": 7, "ben": 0}
    categories = {item["slug"]: item["articles"] for item in loaded_editor.client.get("/v1/categories").json()["items"]}
    assert categories == {"health": 7, "living": 0}


def test_former_slug_redirects_with_the_query_string(editor: ContentEditor) -> None:
    editor.write("old-name")
    editor.load()
    (editor.directory / "articles" / "old-name.md").unlink()
    editor.write("new-name", former_slugs=["old-name"])
    editor.load()

    response = editor.client.get("/v1/articles/old-name?format=html")

    assert (response.status_code, response.headers["Location"]) == (308, "/v1/articles/new-name?format=html")
    assert response.headers["cache-control"] == "public, max-age=300"
    assert editor.client.get(response.headers["Location"]).status_code == 200


def test_current_slug_takes_precedence_over_former_slug(editor: ContentEditor) -> None:
    editor.write("one", former_slugs=["two"])
    editor.write("two")
    editor.load()

    assert editor.client.get("/v1/articles/two").json()["slug"] == "two"


def test_former_slug_of_draft_returns_404(editor: ContentEditor) -> None:
    editor.write("hidden", former_slugs=["former"], status="draft")
    editor.load()

    assert editor.client.get("/v1/articles/former").status_code == 404


def test_call_to_action_defaults_to_site_call_to_action(editor: ContentEditor) -> None:
    own = {"eyebrow": "E", "title": "T", "text": "X", "label": "L", "href": "/own"}
    editor.write("own", call_to_action=own)
    editor.write("default")
    editor.load()

    assert editor.client.get("/v1/articles/own").json()["call_to_action"] == own
    assert editor.client.get("/v1/articles/default").json()["call_to_action"]["label"] == "Begin"


def test_reading_minutes_are_computed_unless_given(editor: ContentEditor) -> None:
    editor.write("explicit", reading_minutes=42)
    editor.write("computed", body="word " * 500)
    editor.load()

    assert editor.client.get("/v1/articles/explicit").json()["reading_minutes"] == 42
    computed = editor.client.get("/v1/articles/computed").json()
    assert (computed["word_count"], computed["reading_minutes"]) == (500, 3)


def test_related_articles_share_topics_or_text(editor: ContentEditor) -> None:
    editor.write("garden", topics=["sleep"], body="Tomatoes grow in the garden. " * 20)
    editor.write("tomatoes", topics=["habits"], body="Tomatoes and the garden in spring. " * 20)
    editor.write("dreams", topics=["sleep"], body="Dreams come at night. " * 20)
    editor.write("engines", topics=["friends"], body="Engines turn wheels. " * 20)
    editor.load()

    related = [article["slug"] for article in editor.client.get("/v1/articles/garden").json()["related"]]

    assert set(related) == {"tomatoes", "dreams"}
