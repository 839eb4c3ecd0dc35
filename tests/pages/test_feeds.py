"""Feeds and sitemap are valid, whole, and in the frontend's addresses."""

from xml.etree import ElementTree as ET

import feedparser
import pytest
from starlette.testclient import TestClient

from tests.conftest import Studio

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
def test_xml_feeds_are_well_formed_and_complete(reader: TestClient, path: str, version: str, media_type: str) -> None:
    reply = reader.get(path)
    feed = feedparser.parse(reply.content)

    assert reply.headers["content-type"].split(";")[0] == media_type
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


def test_the_atom_feed_has_what_rfc_4287_asks_for(reader: TestClient) -> None:
    feed = ET.fromstring(reader.get("/v1/feeds/articles.atom").content)

    for part in (feed, *feed.iter(f"{ATOM}entry")):
        assert (
            len(part.findall(f"{ATOM}id"))
            == len(part.findall(f"{ATOM}updated"))
            == len(part.findall(f"{ATOM}title"))
            == 1
        )
    assert all(entry.find(f"{ATOM}author/{ATOM}name") is not None for entry in feed.iter(f"{ATOM}entry"))
    ids = [element.text for element in feed.iter(f"{ATOM}id")]
    assert len(ids) == len(set(ids))


def test_the_rss_feed_has_what_rss_2_asks_for(reader: TestClient) -> None:
    root = ET.fromstring(reader.get("/v1/feeds/articles.rss").content)

    assert (root.tag, root.get("version")) == ("rss", "2.0")
    [channel] = root.findall("channel")
    assert all(channel.find(name) is not None for name in ("title", "link", "description"))
    for item in channel.findall("item"):
        assert item.find("guid").get("isPermaLink") == "true"  # type: ignore[union-attr]


def test_the_json_feed_is_version_1_1(reader: TestClient) -> None:
    reply = reader.get("/v1/feeds/articles.json")
    feed = reply.json()

    assert reply.headers["content-type"] == "application/feed+json"
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"] == "21|Twenty One"
    for item in feed["items"]:
        assert item["id"] == item["url"]
        assert item["content_html"]
        assert item["authors"] == [{"name": "21Day Team"}]
        assert item["date_published"].endswith("Z")


def test_the_sitemap_has_every_article_with_the_day_it_changed(reader: TestClient) -> None:
    reply = reader.get("/v1/sitemap.xml")
    urls = {
        url.findtext(f"{SITEMAP}loc"): url.findtext(f"{SITEMAP}lastmod")
        for url in ET.fromstring(reply.content).iter(f"{SITEMAP}url")
    }

    assert reply.headers["content-type"] == "application/xml"
    assert {f"{SITE}/", f"{SITE}/journey", f"{SITE}/assessment", f"{SITE}/blog"} <= set(urls)
    assert urls[f"{SITE}/blog/overcoming-loneliness-the-science-of-social-connection"] == "2026-11-23"
    assert sum("/blog/" in (address or "") for address in urls) == 4


@pytest.mark.parametrize("path", ["/v1/site", "/v1/feeds/articles.atom", "/v1/sitemap.xml"])
def test_before_the_first_load_there_is_no_site(path: str, studio: Studio) -> None:
    reply = studio.client.get(path)

    assert (reply.status_code, reply.json()["code"]) == (404, "no_content")
