"""Tests for the RSS, Atom and JSON feeds and the sitemap: valid, complete, and with frontend URLs."""

from xml.etree import ElementTree as ET

import feedparser
import pytest
from starlette.testclient import TestClient

from tests.conftest import ContentEditor

ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
SITE = "https://www.example.org"


@pytest.mark.parametrize(
    ("path", "version", "media_type"),
    [
        ("/v1/feeds/articles.atom", "atom10", "application/atom+xml"),
        ("/v1/feeds/articles.rss", "rss20", "application/rss+xml"),
    ],
)
def test_xml_feed_is_valid_and_complete(shared_client: TestClient, path: str, version: str, media_type: str) -> None:
    response = shared_client.get(path)
    feed = feedparser.parse(response.content)

    assert response.headers["content-type"].split(";")[0] == media_type
    assert (feed.bozo, feed.version) == (False, version)
    assert feed.feed.title == "21|Twenty One"
    assert len(feed.entries) == 4
    published = [entry.published_parsed for entry in feed.entries]
    assert published == sorted(published, reverse=True)
    for entry in feed.entries:
        assert entry.link.startswith(f"{SITE}/blog/")
        assert entry.id
        assert entry.author == "21Day Team"
        assert "<h2" in entry.content[0].value
        assert 'href="/' not in entry.content[0].value
        assert 'href="#' not in entry.content[0].value


def test_atom_feed_has_elements_required_by_rfc_4287(shared_client: TestClient) -> None:
    feed = ET.fromstring(shared_client.get("/v1/feeds/articles.atom").content)

    for element in (feed, *feed.iter(f"{ATOM}entry")):
        assert [len(element.findall(f"{ATOM}{name}")) for name in ("id", "updated", "title")] == [1, 1, 1]
    assert all(entry.find(f"{ATOM}author/{ATOM}name") is not None for entry in feed.iter(f"{ATOM}entry"))
    ids = [element.text for element in feed.iter(f"{ATOM}id")]
    assert len(ids) == len(set(ids))


def test_rss_feed_has_elements_required_by_rss_2(shared_client: TestClient) -> None:
    root = ET.fromstring(shared_client.get("/v1/feeds/articles.rss").content)

    assert (root.tag, root.get("version")) == ("rss", "2.0")
    [channel] = root.findall("channel")
    assert all(channel.find(name) is not None for name in ("title", "link", "description"))
    for item in channel.findall("item"):
        assert item.find("guid").get("isPermaLink") == "true"  # type: ignore[union-attr]


def test_json_feed_has_fields_required_by_version_1_1(shared_client: TestClient) -> None:
    response = shared_client.get("/v1/feeds/articles.json")
    feed = response.json()

    assert response.headers["content-type"] == "application/feed+json"
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"] == "21|Twenty One"
    for item in feed["items"]:
        assert item["id"] == item["url"]
        assert item["content_html"]
        assert item["authors"] == [{"name": "21Day Team"}]
        assert item["date_published"].endswith("Z")


def test_sitemap_lists_every_article_with_its_last_change(shared_client: TestClient) -> None:
    response = shared_client.get("/v1/sitemap.xml")
    urls = {
        url.findtext(f"{SITEMAP}loc"): url.findtext(f"{SITEMAP}lastmod")
        for url in ET.fromstring(response.content).iter(f"{SITEMAP}url")
    }

    assert response.headers["content-type"] == "application/xml"
    assert {f"{SITE}/", f"{SITE}/journey", f"{SITE}/assessment", f"{SITE}/blog"} <= set(urls)
    assert urls[f"{SITE}/blog/overcoming-loneliness-the-science-of-social-connection"] == "2026-11-23"
    assert sum("/blog/" in (url or "") for url in urls) == 4


def test_pages_before_content_is_loaded_return_404(editor: ContentEditor) -> None:
    for path in ("/v1/site", "/v1/feeds/articles.atom", "/v1/sitemap.xml"):
        response = editor.client.get(path)
        assert (response.status_code, response.json()["code"]) == (404, "no_content")
