from fastapi.responses import JSONResponse, Response

from app.pages import feeds, service
from app.pages.schemas import JsonFeed, SiteRead
from app.pages.service import ContentNotLoaded
from app.web.dependencies import AppSettings, ContentSession, PublicResponse
from app.web.openapi.examples import text_example_response
from app.web.problems import responses
from app.web.routes import api_router

router = api_router(tag="Pages", responses=responses(ContentNotLoaded), dependencies=[PublicResponse])


class JsonFeedResponse(JSONResponse):
    media_type = "application/feed+json"


class AtomResponse(Response):
    media_type = "application/atom+xml"


class RssResponse(Response):
    media_type = "application/rss+xml"


class SitemapResponse(Response):
    media_type = "application/xml"


ATOM_EXAMPLE = text_example_response(
    AtomResponse.media_type, '<feed xmlns="http://www.w3.org/2005/Atom"><title>21|Twenty One</title></feed>'
)
RSS_EXAMPLE = text_example_response(
    RssResponse.media_type, '<rss version="2.0"><channel><title>21|Twenty One</title></channel></rss>'
)
SITEMAP_EXAMPLE = text_example_response(
    SitemapResponse.media_type,
    "<urlset><url><loc>https://www.example.org/</loc><lastmod>2026-11-23</lastmod></url></urlset>",
)


@router.get("/site", summary="Get the site")
def read_site(session: ContentSession, settings: AppSettings) -> SiteRead:
    """Return the site's name, navigation and footer, and the default call to action for articles."""
    return service.find_site(session, settings)


@router.get("/feeds/articles.json", summary="Get the JSON Feed", response_class=JsonFeedResponse)
def read_json_feed(session: ContentSession, settings: AppSettings) -> JsonFeed:
    """Return the newest articles as a JSON Feed 1.1."""
    site = service.find_site(session, settings)
    return feeds.build_json_feed(site, service.newest_feed_entries(session, settings, now=session.now))


@router.get("/feeds/articles.atom", summary="Get the Atom feed", response_class=AtomResponse, responses=ATOM_EXAMPLE)
def read_atom_feed(session: ContentSession, settings: AppSettings) -> str:
    """Return the newest articles as an Atom feed (RFC 4287)."""
    site = service.find_site(session, settings)
    return feeds.render_atom(site, service.newest_feed_entries(session, settings, now=session.now))


@router.get("/feeds/articles.rss", summary="Get the RSS feed", response_class=RssResponse, responses=RSS_EXAMPLE)
def read_rss_feed(session: ContentSession, settings: AppSettings) -> str:
    """Return the newest articles as an RSS 2.0 feed."""
    site = service.find_site(session, settings)
    return feeds.render_rss(site, service.newest_feed_entries(session, settings, now=session.now))


@router.get("/sitemap.xml", summary="Get the sitemap", response_class=SitemapResponse, responses=SITEMAP_EXAMPLE)
def read_sitemap(session: ContentSession, settings: AppSettings) -> str:
    """Return the URLs of the site's pages and articles as a sitemap (sitemaps.org) for search engines."""
    return feeds.render_sitemap(service.sitemap_urls(session, settings, now=session.now))
