"""Tests for the article that ships with the app: it has every element of the original web page."""

import re
from html import unescape
from typing import Any

import pytest
from starlette.testclient import TestClient

SLUG = "overcoming-loneliness-the-science-of-social-connection"
HEADINGS = [
    (2, "Understanding Loneliness as a Signal"),
    (3, "Your Brain's Social Thermostat"),
    (3, "The Loneliness Paradox"),
    (2, "Understanding Your Social Setpoint"),
    (3, "Finding Your Balance"),
    (2, "The Power of Physiological Synchronization"),
    (3, "Practical Implications"),
    (4, "Passive Connection Counts"),
    (4, "Story and Ritual Matter"),
    (4, "Physical Presence Has Power"),
    (2, "Building Connection When It's Hard"),
    (3, "1. Start Small"),
    (3, "2. Leverage Shared Experience"),
    (3, "3. Combine Autonomic and Cognitive Engagement"),
    (3, "4. Recognize the Adaptation Period"),
    (2, "Quality Over Quantity"),
    (2, "The Role of Professional Support"),
    (2, "Moving Forward"),
]


@pytest.fixture(scope="module")
def article(shared_client: TestClient) -> dict[str, Any]:
    response = shared_client.get(f"/v1/articles/{SLUG}")
    assert response.status_code == 200
    body: dict[str, Any] = response.json()
    return body


def test_seed_article_metadata(article: dict[str, Any]) -> None:
    assert article["title"] == "Overcoming Loneliness: The Science of Social Connection"
    assert article["category"] == {"slug": "mental-health", "name": "Mental Health"}
    assert (article["published_on"], article["reading_minutes"]) == ("2024-12-05", 11)
    author = article["author"]
    assert (author["name"], author["role"]) == ("21Day Team", "Relationship Science Writer")
    assert author["avatar"] == {"initial": "2", "url": None}
    assert [topic["name"] for topic in article["topics"]] == [
        "loneliness",
        "social connection",
        "mental health",
        "relationships",
        "neuroscience",
    ]
    action = article["call_to_action"]
    assert action["eyebrow"] == "Transform Your Life"
    assert (action["title"], action["label"]) == ("Ready to Build Better Relationships?", "Start Your Journey")


def test_seed_article_headings_have_order_levels_and_anchors(article: dict[str, Any]) -> None:
    assert [(entry["level"], entry["title"]) for entry in article["contents"]] == HEADINGS
    anchors = [entry["id"] for entry in article["contents"]]
    assert len(set(anchors)) == 18
    assert anchors[11] == "1-start-small"
    blocks = [block for block in article["body"]["blocks"] if block["type"] == "heading"]
    assert [block["id"] for block in blocks] == anchors


def test_seed_article_lists_are_list_blocks(article: dict[str, Any]) -> None:
    lists = [block for block in article["body"]["blocks"] if block["type"] == "list"]

    assert [len(block["items"]) for block in lists] == [3, 3, 3, 3, 4, 3, 4, 5]
    assert not any(block["ordered"] for block in lists)


def test_seed_article_citations_match_references(article: dict[str, Any]) -> None:
    references = {reference["id"] for reference in article["references"]}
    parts = [part for block in article["body"]["blocks"] for part in (block, *block.get("items", []))]
    cited = {
        span["href"].removeprefix("#ref-")
        for part in parts
        for span in part.get("spans", [])
        if (span["href"] or "").startswith("#ref-")
    }
    assert len(references) >= 10
    assert cited == references


def test_seed_site_navigation_and_footer(shared_client: TestClient) -> None:
    site = shared_client.get("/v1/site").json()

    assert site["name"] == "21|Twenty One"
    assert [entry["label"] for entry in site["navigation"]] == ["Journey", "Assessment", "Blog", "Start Healing"]
    assert site["footer"]["copyright"] == "© 2025 21|Twenty One. All rights reserved."
    assert site["call_to_action"]["label"] == "Start Your Journey"
    assert not re.search(r"heal|cure|freedom", site["footer"]["tagline"], re.IGNORECASE)


def test_seed_article_seo_metadata(article: dict[str, Any]) -> None:
    url = f"https://www.example.org/blog/{SLUG}"
    assert article["seo"]["canonical_url"] == url
    json_ld = article["seo"]["json_ld"]
    assert (json_ld["@type"], json_ld["mainEntityOfPage"], json_ld["datePublished"]) == ("Article", url, "2024-12-05")
    assert json_ld["author"] == {"@type": "Organization", "name": "21Day Team"}


def test_related_articles_exclude_the_article_itself(article: dict[str, Any]) -> None:
    related = [summary["slug"] for summary in article["related"]]

    assert 1 <= len(related) <= 3
    assert SLUG not in related


def test_body_formats_contain_every_heading(shared_client: TestClient, article: dict[str, Any]) -> None:
    contents = {}
    for body_format in ("html", "markdown", "text"):
        body = shared_client.get(f"/v1/articles/{SLUG}", params={"format": body_format}).json()["body"]
        assert body["format"] == body_format
        contents[body_format] = body["content"]

    missing = [title for _, title in HEADINGS for text in contents.values() if title not in unescape(text)]
    assert missing == []
    anchors = [entry["id"] for entry in article["contents"]]
    assert re.findall(r'<h[2-4] id="([^"]+)">', contents["html"]) == anchors
