"""Render articles as RSS 2.0, Atom (RFC 4287) and JSON Feed 1.1, and URLs as a sitemap."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from email.utils import format_datetime
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from app.pages.schemas import FeedAuthor, FeedItem, JsonFeed, SiteRead
from app.pages.service import FeedEntry

ATOM_NAMESPACE = "http://www.w3.org/2005/Atom"
CONTENT_NAMESPACE = "http://purl.org/rss/1.0/modules/content/"
DUBLIN_CORE_NAMESPACE = "http://purl.org/dc/elements/1.1/"
SITEMAP_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

for prefix, namespace in (("content", CONTENT_NAMESPACE), ("dc", DUBLIN_CORE_NAMESPACE)):
    register_namespace(prefix, namespace)


def build_json_feed(site: SiteRead, entries: Sequence[FeedEntry]) -> JsonFeed:
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


def render_atom(site: SiteRead, entries: Sequence[FeedEntry]) -> str:
    feed = Element("feed", {"xmlns": ATOM_NAMESPACE, "xml:lang": site.language})
    _add_text(feed, "id", f"{site.url}/")
    _add_text(feed, "title", site.name)
    _add_text(feed, "subtitle", site.description)
    _add_text(feed, "updated", _rfc3339(max((entry.updated for entry in entries), default=EPOCH)))
    SubElement(feed, "link", {"rel": "alternate", "href": f"{site.url}/"})
    for entry in entries:
        item = SubElement(feed, "entry")
        _add_text(item, "id", entry.url)
        _add_text(item, "title", entry.title)
        SubElement(item, "link", {"rel": "alternate", "href": entry.url})
        _add_text(item, "published", _rfc3339(entry.published))
        _add_text(item, "updated", _rfc3339(entry.updated))
        _add_text(SubElement(item, "author"), "name", entry.author)
        for topic in entry.topics:
            SubElement(item, "category", {"term": topic})
        _add_text(item, "summary", entry.summary)
        _add_text(item, "content", entry.html).set("type", "html")
    return _to_xml(feed)


def render_rss(site: SiteRead, entries: Sequence[FeedEntry]) -> str:
    root = Element("rss", {"version": "2.0"})
    channel = SubElement(root, "channel")
    _add_text(channel, "title", site.name)
    _add_text(channel, "link", f"{site.url}/")
    _add_text(channel, "description", site.description)
    _add_text(channel, "language", site.language)
    if entries:
        _add_text(channel, "lastBuildDate", format_datetime(max(entry.updated for entry in entries)))
    for entry in entries:
        item = SubElement(channel, "item")
        _add_text(item, "title", entry.title)
        _add_text(item, "link", entry.url)
        _add_text(item, "guid", entry.url).set("isPermaLink", "true")
        _add_text(item, "pubDate", format_datetime(entry.published))
        _add_text(item, f"{{{DUBLIN_CORE_NAMESPACE}}}creator", entry.author)
        for topic in entry.topics:
            _add_text(item, "category", topic)
        _add_text(item, "description", entry.summary)
        _add_text(item, f"{{{CONTENT_NAMESPACE}}}encoded", entry.html)
    return _to_xml(root)


def render_sitemap(urls: Sequence[tuple[str, date | None]]) -> str:
    urlset = Element("urlset", {"xmlns": SITEMAP_NAMESPACE})
    for url, modified_on in urls:
        element = SubElement(urlset, "url")
        _add_text(element, "loc", url)
        if modified_on:
            _add_text(element, "lastmod", modified_on.isoformat())
    return _to_xml(urlset)


def _add_text(parent: Element, name: str, text: str) -> Element:
    element = SubElement(parent, name)
    element.text = text
    return element


def _to_xml(root: Element) -> str:
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document.decode()


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
