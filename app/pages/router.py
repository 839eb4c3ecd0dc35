from fastapi.responses import JSONResponse, Response

from app.pages import feeds, service
from app.pages.schemas import JsonFeed, SiteRead
from app.pages.service import NoContent
from app.web.dependencies import AppSettings, ContentSession, ForEveryone
from app.web.openapi.examples import text_example
from app.web.problems import refusals
from app.web.routes import api_router

router = api_router(tag="Pages", responses=refusals(NoContent), dependencies=[ForEveryone])


class FeedJson(JSONResponse):
    media_type = "application/feed+json"


class AtomXml(Response):
    media_type = "application/atom+xml"


class RssXml(Response):
    media_type = "application/rss+xml"


class SitemapXml(Response):
    media_type = "application/xml"


ATOM = text_example(AtomXml.media_type, '<feed xmlns="http://www.w3.org/2005/Atom"><title>21|Twenty One</title></feed>')
RSS = text_example(RssXml.media_type, '<rss version="2.0"><channel><title>21|Twenty One</title></channel></rss>')
SITEMAP = text_example(
    SitemapXml.media_type,
    "<urlset><url><loc>https://www.example.org/</loc><lastmod>2026-11-23</lastmod></url></urlset>",
)


@router.get("/site", summary="The site")
def read_site(session: ContentSession, settings: AppSettings) -> SiteRead:
    """Brand, navigation, footer and the call to action that stands under most articles."""
    return service.find_site(session, settings)


@router.get("/feeds/articles.json", summary="JSON Feed", response_class=FeedJson)
def read_json_feed(session: ContentSession, settings: AppSettings) -> JsonFeed:
    """The newest articles as a JSON Feed 1.1."""
    site = service.find_site(session, settings)
    return feeds.json_feed(site, service.newest_entries(session, settings, now=session.now))


@router.get("/feeds/articles.atom", summary="Atom feed", response_class=AtomXml, responses=ATOM)
def read_atom_feed(session: ContentSession, settings: AppSettings) -> str:
    """The newest articles as an Atom feed."""
    site = service.find_site(session, settings)
    return feeds.atom(site, service.newest_entries(session, settings, now=session.now))


@router.get("/feeds/articles.rss", summary="RSS feed", response_class=RssXml, responses=RSS)
def read_rss_feed(session: ContentSession, settings: AppSettings) -> str:
    """The newest articles as an RSS 2.0 feed."""
    site = service.find_site(session, settings)
    return feeds.rss(site, service.newest_entries(session, settings, now=session.now))


@router.get("/sitemap.xml", summary="Sitemap", response_class=SitemapXml, responses=SITEMAP)
def read_sitemap(session: ContentSession, settings: AppSettings) -> str:
    """The frontend's pages and articles for search engines, as sitemaps.org has it."""
    return feeds.sitemap(service.addresses(session, settings, now=session.now))
