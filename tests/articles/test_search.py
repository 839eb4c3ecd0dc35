"""Search finds what people mean, ranks it, and shows where it stands."""

import pytest
from starlette.testclient import TestClient

from app.articles.highlights import Words
from tests.conftest import Studio


@pytest.fixture
def library(studio: Studio) -> Studio:
    studio.write("walking", title="Walking together", body="Friends walk and talk. Nobody is lonely then.")
    studio.write(
        "loneliness", title="On loneliness", topics=["friends"], body="What it is to be lonely, and what helps."
    )
    studio.write(
        "kitchen", title="In the kitchen", author="ben", body="Cooking for one, cooking for many. A café visit."
    )
    studio.load()
    return studio


def found(client: TestClient, q: str, **params: str) -> list[str]:
    reply = client.get("/v1/articles", params={"q": q, **params})
    assert reply.status_code == 200, reply.text
    items = reply.json()["items"]
    assert reply.json()["total"] == len(items)
    return [item["slug"] for item in items]


@pytest.mark.parametrize(
    ("q", "slugs"),
    [
        ("loneliness", ["loneliness"]),
        ("walked", ["walking"]),
        ("friends walk", ["walking"]),
        ("lonelyness", ["loneliness"]),
        ("kichen", ["kitchen"]),
        ("cafe", ["kitchen"]),
        ("COOKING", ["kitchen"]),
        ("kitch", ["kitchen"]),
        ("zebra", []),
        ("walking zebra", []),
        ("!!!", []),
        ('" OR title:*', []),
    ],
)
def test_words_are_found_by_stem_spelling_and_beginning(library: Studio, q: str, slugs: list[str]) -> None:
    assert found(library.client, q) == slugs


def test_the_excerpt_is_searched_and_marked_too(library: Studio) -> None:
    library.write("plain", excerpt="Something about marmalade.", body="Nothing of the kind.")
    library.load()

    [item] = library.client.get("/v1/articles", params={"q": "marmalade"}).json()["items"]

    [excerpt] = item["highlights"]
    assert (excerpt["field"], excerpt["ranges"]) == ("excerpt", [{"start": 16, "end": 25}])


def test_a_title_outranks_a_body(library: Studio) -> None:
    library.write("aside", title="An aside", body="Long ago, a kitchen was mentioned. " + "Something else. " * 50)
    library.load()

    assert found(library.client, "kitchen") == ["kitchen", "aside"]


def test_a_search_is_narrowed_and_sorted_like_a_list(library: Studio) -> None:
    assert found(library.client, "lonely", topic="friends") == ["loneliness"]
    assert found(library.client, "cooking", author="ada") == []
    assert found(library.client, "lonely", sort="title") == ["loneliness", "walking"]
    library.write("walking", title="Walking together", body="Nobody is lonely.", publish_at="2026-01-01T00:00:00Z")
    library.load()
    assert found(library.client, "lonely", sort="-published_on") == ["walking", "loneliness"]


def test_highlights_are_character_ranges(library: Studio) -> None:
    [item] = library.client.get("/v1/articles", params={"q": "café cooking"}).json()["items"]

    [body] = [highlight for highlight in item["highlights"] if highlight["field"] == "body"]
    marked = [body["text"][each["start"] : each["end"]] for each in body["ranges"]]
    assert marked == ["Cooking", "cooking", "café"]


def test_highlights_count_code_points(library: Studio) -> None:
    library.write("emoji", title="🙂🙂 Zebras", body="Zebras.")
    library.load()

    [item] = library.client.get("/v1/articles", params={"q": "zebra"}).json()["items"]

    [title] = [highlight for highlight in item["highlights"] if highlight["field"] == "title"]
    assert title["ranges"] == [{"start": 3, "end": 9}]


def test_a_list_has_no_highlights(library: Studio) -> None:
    items = library.client.get("/v1/articles").json()["items"]

    assert [item["highlights"] for item in items] == [[], [], []]


def test_pages_of_a_search_hold_every_article_once(studio: Studio) -> None:
    for n in range(7):
        studio.write(f"walk-{n}", body="Walking. " * (n + 1))
    studio.load()
    seen: list[str] = []
    params = {"q": "walking", "limit": "3"}

    while params:
        page = studio.client.get("/v1/articles", params=params).json()
        seen += [item["slug"] for item in page["items"]]
        assert page["total"] == 7
        params = params | {"cursor": page["next"]} if page["next"] else {}

    assert sorted(seen) == [f"walk-{n}" for n in range(7)]


def test_a_passage_is_cut_at_words_around_the_closest_matches() -> None:
    text = "far away " * 60 + "the needle and the thread" + " and more" * 60

    cut = Words("needle thread").passage(text)

    assert cut is not None
    passage, ranges = cut
    assert [passage[start:end] for start, end in ranges] == ["needle", "thread"]
    assert len(passage) < 400
    assert passage.split()[0] in {"far", "away"}
