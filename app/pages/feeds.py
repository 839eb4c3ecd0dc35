"""RSS 2.0, Atom (RFC 4287), JSON Feed 1.1 and the sitemap, from the same entries."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from email.utils import format_datetime
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from app.pages.schemas import FeedAuthor, FeedItem, JsonFeed, SiteRead
from app.pages.service import Entry

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
CREATOR = "http://purl.org/dc/elements/1.1/"
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

for prefix, namespace in (("content", CONTENT), ("dc", CREATOR)):
    register_namespace(prefix, namespace)


def json_feed(site: SiteRead, entries: Sequence[Entry]) -> JsonFeed:
    return JsonFeed(
        version="https://jsonfeed.org/version/1.1",
        title=site.name,
        home_page_url=site.url,
        description=site.description,
        language=site.language,
        items=[
            FeedItem(
                id=entry.url,
                url=entry.url,
                title=entry.title,
                summary=entry.summary,
                content_html=entry.html,
                date_published=_rfc3339(entry.published),
                date_modified=_rfc3339(entry.updated),
                authors=[FeedAuthor(name=entry.author)],
                tags=list(entry.topics),
            )
            for entry in entries
        ],
    )


def atom(site: SiteRead, entries: Sequence[Entry]) -> str:
    feed = Element("feed", {"xmlns": ATOM, "xml:lang": site.language})
    _text(feed, "id", f"{site.url}/")
    _text(feed, "title", site.name)
    _text(feed, "subtitle", site.description)
    _text(feed, "updated", _rfc3339(max((entry.updated for entry in entries), default=EPOCH)))
    SubElement(feed, "link", {"rel": "alternate", "href": f"{site.url}/"})
    for entry in entries:
        item = SubElement(feed, "entry")
        _text(item, "id", entry.url)
        _text(item, "title", entry.title)
        SubElement(item, "link", {"rel": "alternate", "href": entry.url})
        _text(item, "published", _rfc3339(entry.published))
        _text(item, "updated", _rfc3339(entry.updated))
        _text(SubElement(item, "author"), "name", entry.author)
        for topic in entry.topics:
            SubElement(item, "category", {"term": topic})
        _text(item, "summary", entry.summary)
        _text(item, "content", entry.html).set("type", "html")
    return _xml(feed)


def rss(site: SiteRead, entries: Sequence[Entry]) -> str:
    root = Element("rss", {"version": "2.0"})
    channel = SubElement(root, "channel")
    _text(channel, "title", site.name)
    _text(channel, "link", f"{site.url}/")
    _text(channel, "description", site.description)
    _text(channel, "language", site.language)
    if entries:
        _text(channel, "lastBuildDate", format_datetime(max(entry.updated for entry in entries)))
    for entry in entries:
        item = SubElement(channel, "item")
        _text(item, "title", entry.title)
        _text(item, "link", entry.url)
        _text(item, "guid", entry.url).set("isPermaLink", "true")
        _text(item, "pubDate", format_datetime(entry.published))
        _text(item, f"{{{CREATOR}}}creator", entry.author)
        for topic in entry.topics:
            _text(item, "category", topic)
        _text(item, "description", entry.summary)
        _text(item, f"{{{CONTENT}}}encoded", entry.html)
    return _xml(root)


def sitemap(addresses: Sequence[tuple[str, date | None]]) -> str:
    urls = Element("urlset", {"xmlns": SITEMAP})
    for address, changed in addresses:
        url = SubElement(urls, "url")
        _text(url, "loc", address)
        if changed:
            _text(url, "lastmod", changed.isoformat())
    return _xml(urls)


def _text(parent: Element, name: str, text: str) -> Element:
    element = SubElement(parent, name)
    element.text = text
    return element


def _xml(root: Element) -> str:
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document.decode()


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
