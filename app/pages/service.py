"""Load the site's data, the entries of its feeds, and the URLs of its sitemap."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from sqlalchemy import select
from sqlmodel import col

from app.articles import queries
from app.articles.models import Article, ArticleBody
from app.articles.summaries import find_topics
from app.core.db.pagination import Statement
from app.core.db.session import Session
from app.core.errors import NotFound
from app.core.markdown.rendering import with_absolute_links
from app.core.settings import Settings
from app.pages.models import Site
from app.pages.schemas import SiteRead

MAX_FEED_ENTRIES = 30
MAX_SITEMAP_URLS = 50_000  # maximum for one sitemap file (sitemaps.org)


class ContentNotLoaded(NotFound):
    code = "no_content"
    message = "No content has been loaded yet. An operator must run `twentyone content load`."


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An article in a feed. All links, including those in the text, are absolute URLs."""

    url: str
    title: str
    summary: str
    html: str
    author: str
    topics: tuple[str, ...]
    published: datetime
    updated: datetime


@cache
def _site() -> Statement:
    names = ("name", "tagline", "description", "language", "time_zone", "navigation", "footer", "call_to_action")
    return select(*(col(getattr(Site, name)) for name in names))


def find_site(session: Session, settings: Settings) -> SiteRead:
    """Return the site's data. Raise ContentNotLoaded if no content has been loaded yet."""
    row = session.execute(_site()).one_or_none()
    if row is None:
        raise ContentNotLoaded
    footer = {"tagline": row.tagline, **row.footer}
    return SiteRead.model_validate({**row._asdict(), "url": settings.site_url, "footer": footer})


def newest_feed_entries(session: Session, settings: Settings, *, now: datetime) -> list[FeedEntry]:
    """Return the newest public articles for a feed, newest first."""
    statement = (
        queries.select_summaries(queries.is_public(now))
        .join(ArticleBody)
        .add_columns(col(ArticleBody.html), col(Article.public_from))
        .order_by(col(Article.public_from).desc(), col(Article.id).desc())
        .limit(MAX_FEED_ENTRIES)
    )
    rows = session.execute(statement).all()
    topics = find_topics(session, rows)
    return [
        FeedEntry(
            url=settings.article_url(row.slug),
            title=row.title,
            summary=row.excerpt,
            html=with_absolute_links(row.html, settings.article_url(row.slug)),
            author=row.author_name,
            topics=tuple(topic.name for topic in topics[row.id]),
            published=row.public_from,
            updated=row.updated_at,
        )
        for row in rows
    ]


def sitemap_urls(session: Session, settings: Settings, *, now: datetime) -> list[tuple[str, date | None]]:
    """Return the URLs of the site's pages, followed by the articles with the date of their last change."""
    site = find_site(session, settings)
    hrefs = [link.href for link in (*site.navigation, *site.footer.links)]
    page_urls = dict.fromkeys(site.url + href for href in ("/", *hrefs) if href.startswith("/"))
    articles = session.execute(
        select(col(Article.slug), col(Article.updated_at))
        .where(queries.is_public(now))
        .order_by(col(Article.public_from).desc(), col(Article.id).desc())
        .limit(MAX_SITEMAP_URLS - len(page_urls))
    )
    article_urls = [(settings.article_url(slug), updated_at.date()) for slug, updated_at in articles]
    return [*((url, None) for url in page_urls), *article_urls]
