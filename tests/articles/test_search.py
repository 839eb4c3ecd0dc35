"""Tests for full-text search of articles: matching, ranking and highlights."""

import pytest
from starlette.testclient import TestClient

from app.articles.highlights import SearchTerms
from tests.conftest import ContentEditor


@pytest.fixture
def library(editor: ContentEditor) -> ContentEditor:
    editor.write("walking", title="Walking together", body="Friends walk and talk. Nobody is lonely then.")
    editor.write(
        "loneliness", title="On loneliness", topics=["friends"], body="What it is to be lonely, and what helps."
    )
    editor.write(
        "kitchen", title="In the kitchen", author="ben", body="Cooking for one, cooking for many. A café visit."
    )
    editor.load()
    return editor


def search(client: TestClient, q: str, **params: str) -> list[str]:
    response = client.get("/v1/articles", params={"q": q, **params})
    assert response.status_code == 200, response.text
    items = response.json()["items"]
    assert response.json()["total"] == len(items)
    return [item["slug"] for item in items]


def test_search_matches_stems_typos_and_prefixes(library: ContentEditor) -> None:
    slugs = {
        "loneliness": ["loneliness"],
        "walked": ["walking"],
        "friends walk": ["walking"],
        "lonelyness": ["loneliness"],
        "kichen": ["kitchen"],
        "cafe": ["kitchen"],
        "COOKING": ["kitchen"],
        "kitch": ["kitchen"],
        "zebra": [],
        "walking zebra": [],
        "!!!": [],
        '" OR title:*': [],
    }

    assert {q: search(library.client, q) for q in slugs} == slugs


def test_search_matches_and_highlights_the_excerpt(library: ContentEditor) -> None:
    library.write("plain", excerpt="Something about marmalade.", body="Nothing of the kind.")
    library.load()

    [item] = library.client.get("/v1/articles", params={"q": "marmalade"}).json()["items"]

    [excerpt] = item["highlights"]
    assert (excerpt["field"], excerpt["ranges"]) == ("excerpt", [{"start": 16, "end": 25}])


def test_search_ranks_title_above_body(library: ContentEditor) -> None:
    library.write("aside", title="An aside", body="Long ago, a kitchen was mentioned. " + "Something else. " * 50)
    library.load()

    assert search(library.client, "kitchen") == ["kitchen", "aside"]


def test_search_with_filters_and_sort_orders(library: ContentEditor) -> None:
    assert search(library.client, "lonely", topic="friends") == ["loneliness"]
    assert search(library.client, "cooking", author="ada") == []
    assert search(library.client, "lonely", sort="title") == ["loneliness", "walking"]
    library.write("walking", title="Walking together", body="Nobody is lonely.", publish_at="2026-01-01T00:00:00Z")
    library.load()
    assert search(library.client, "lonely", sort="-published_on") == ["walking", "loneliness"]


def test_highlight_ranges_select_the_matching_words(library: ContentEditor) -> None:
    [item] = library.client.get("/v1/articles", params={"q": "café cooking"}).json()["items"]

    [body] = [highlight for highlight in item["highlights"] if highlight["field"] == "body"]
    matches = [body["text"][span["start"] : span["end"]] for span in body["ranges"]]
    assert matches == ["Cooking", "cooking", "café"]


def test_highlight_ranges_count_code_points(library: ContentEditor) -> None:
    library.write("emoji", title="🙂🙂 Zebras", body="Zebras.")
    library.load()

    [item] = library.client.get("/v1/articles", params={"q": "zebra"}).json()["items"]

    [title] = [highlight for highlight in item["highlights"] if highlight["field"] == "title"]
    assert title["ranges"] == [{"start": 3, "end": 9}]
    without_search = library.client.get("/v1/articles").json()["items"]
    assert [item["highlights"] for item in without_search] == [[], [], [], []]


def test_search_pages_contain_each_article_once(editor: ContentEditor) -> None:
    for n in range(7):
        editor.write(f"walk-{n}", body="Walking. " * (n + 1))
    editor.load()
    slugs: list[str] = []
    params = {"q": "walking", "limit": "3"}

    while params:
        page = editor.client.get("/v1/articles", params=params).json()
        slugs += [item["slug"] for item in page["items"]]
        assert page["total"] == 7
        params = params | {"cursor": page["next"]} if page["next"] else {}

    assert sorted(slugs) == [f"walk-{n}" for n in range(7)]


def test_best_passage_contains_densest_matches_and_whole_words() -> None:
    text = "far away " * 60 + "the needle and the thread" + " and more" * 60

    result = SearchTerms("needle thread").best_passage(text)

    assert result is not None
    passage, ranges = result
    assert [passage[start:end] for start, end in ranges] == ["needle", "thread"]
    assert len(passage) < 400
    assert passage.split()[0] in {"far", "away"}
