from typing import Any

from fastapi import APIRouter, Response

from app.pages import feeds, service
from app.pages.schemas import JsonFeed, SiteRead
from app.pages.service import NoContent
from app.web.dependencies import PUBLIC, AppSettings, ContentSession, ForEveryone, Now
from app.web.problems import refusals

XML_EXAMPLE = '<?xml version="1.0" encoding="utf-8"?>\n<!-- ... -->'


def described(media_type: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {media_type: {"schema": {"type": "string"}, "example": XML_EXAMPLE}}, "description": "OK"}}


router = APIRouter(tags=["Pages"], responses=refusals(NoContent))


@router.get("/site", summary="The site", response_model=SiteRead, dependencies=[ForEveryone])
def read_site(session: ContentSession, settings: AppSettings) -> Any:
    """Brand, navigation, footer and the call to action that stands under most articles."""
    return service.read_site(session, settings)


@router.get("/feeds/articles.json", summary="JSON Feed", responses={200: {"model": JsonFeed}}, response_class=Response)
def read_json_feed(session: ContentSession, settings: AppSettings, now: Now) -> Response:
    """The newest articles as a JSON Feed 1.1."""
    site, entries = service.find_site(session), service.newest_entries(session, settings, now=now)
    feed = JsonFeed(**feeds.json_feed(site, settings.site_url, entries))
    return Response(feed.model_dump_json(), media_type="application/feed+json", headers=PUBLIC)


@router.get(
    "/feeds/articles.atom", summary="Atom feed", responses=described("application/atom+xml"), response_class=Response
)
def read_atom_feed(session: ContentSession, settings: AppSettings, now: Now) -> Response:
    """The newest articles as an Atom feed."""
    site, entries = service.find_site(session), service.newest_entries(session, settings, now=now)
    return Response(feeds.atom(site, settings.site_url, entries), media_type="application/atom+xml", headers=PUBLIC)


@router.get(
    "/feeds/articles.rss", summary="RSS feed", responses=described("application/rss+xml"), response_class=Response
)
def read_rss_feed(session: ContentSession, settings: AppSettings, now: Now) -> Response:
    """The newest articles as an RSS 2.0 feed."""
    site, entries = service.find_site(session), service.newest_entries(session, settings, now=now)
    return Response(feeds.rss(site, settings.site_url, entries), media_type="application/rss+xml", headers=PUBLIC)


@router.get("/sitemap.xml", summary="Sitemap", responses=described("application/xml"), response_class=Response)
def read_sitemap(session: ContentSession, settings: AppSettings, now: Now) -> Response:
    """The frontend's pages and articles for search engines, as sitemaps.org has it."""
    addresses = service.addresses(session, settings, now=now)
    return Response(feeds.sitemap(addresses), media_type="application/xml", headers=PUBLIC)
