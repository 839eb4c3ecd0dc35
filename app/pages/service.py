"""The site, and what machines read of its articles."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from sqlalchemy import select
from sqlmodel import col

from app.articles import queries
from app.articles.models import Article, ArticleBody
from app.articles.summaries import topics_of
from app.core.db.pagination import Statement
from app.core.db.session import Session
from app.core.errors import NotFound
from app.core.markdown.rendering import with_whole_links
from app.core.settings import Settings
from app.pages.models import Site
from app.pages.schemas import SiteRead

NEWEST_ITEMS = 30
MOST_ADDRESSES = 50_000  # sitemaps.org: in one file


class NoContent(NotFound):
    code = "no_content"
    says = "No content has been loaded yet: `twentyone content load`."


@dataclass(frozen=True, slots=True)
class Entry:
    """An article as a feed shows it, with whole addresses."""

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
    shown = ("name", "tagline", "description", "language", "time_zone", "navigation", "footer", "call_to_action")
    return select(*(col(getattr(Site, name)) for name in shown))


def find_site(session: Session, settings: Settings) -> SiteRead:
    """Raises NoContent."""
    row = session.execute(_site()).one_or_none()
    if row is None:
        raise NoContent
    footer = {"tagline": row.tagline, **row.footer}
    return SiteRead.model_validate({**row._asdict(), "url": settings.site_url, "footer": footer})


def newest_entries(session: Session, settings: Settings, *, now: datetime) -> list[Entry]:
    """The newest articles, newest first."""
    statement = (
        queries.summaries(queries.is_public(now))
        .join(ArticleBody)
        .add_columns(col(ArticleBody.html), col(Article.public_from))
        .order_by(col(Article.public_from).desc(), col(Article.id).desc())
        .limit(NEWEST_ITEMS)
    )
    rows = session.execute(statement).all()
    topics = topics_of(session, rows)
    return [
        Entry(
            url=settings.article_url(row.slug),
            title=row.title,
            summary=row.excerpt,
            html=with_whole_links(row.html, settings.article_url(row.slug)),
            author=row.author_name,
            topics=tuple(topic.name for topic in topics[row.id]),
            published=row.public_from,
            updated=row.updated_at,
        )
        for row in rows
    ]


def addresses(session: Session, settings: Settings, *, now: datetime) -> list[tuple[str, date | None]]:
    """Every page that should be found: those of the navigation, then the articles with the day they changed."""
    site = find_site(session, settings)
    pages = [link.href for link in (*site.navigation, *site.footer.links)]
    own = dict.fromkeys(site.url + href for href in ("/", *pages) if href.startswith("/"))
    articles = session.execute(
        select(col(Article.slug), col(Article.updated_at))
        .where(queries.is_public(now))
        .order_by(col(Article.public_from).desc(), col(Article.id).desc())
        .limit(MOST_ADDRESSES - len(own))
    )
    return [(url, None) for url in own] + [(settings.article_url(slug), changed.date()) for slug, changed in articles]
