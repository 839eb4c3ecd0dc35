"""The site, and what machines read of its articles."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from app.articles import queries
from app.articles.models import Article, ArticleBody
from app.articles.service import with_topics
from app.core.errors import NotFound
from app.core.markdown import with_whole_links
from app.core.settings import Settings
from app.pages.models import Site

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


def read_site(session: Session, settings: Settings) -> dict[str, Any]:
    site = find_site(session)
    return {
        **site.model_dump(exclude={"id"}),
        "url": settings.site_url,
        "footer": {"tagline": site.tagline, **site.footer},
    }


def find_site(session: Session) -> Site:
    site = session.get(Site, 1)
    if site is None:
        raise NoContent
    return site


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
    return [
        Entry(
            url=settings.article_url(row.slug),
            title=row.title,
            summary=row.excerpt,
            html=with_whole_links(row.html, settings.article_url(row.slug)),
            author=row.author_name,
            topics=tuple(topic["name"] for topic in summary["topics"]),
            published=row.public_from,
            updated=row.updated_at,
        )
        for row, summary in zip(rows, with_topics(session, rows), strict=True)
    ]


def addresses(session: Session, settings: Settings, *, now: datetime) -> list[tuple[str, date | None]]:
    """Every page that should be found: those of the navigation, then the articles with the day they changed."""
    site = find_site(session)
    pages = [link["href"] for link in (*site.navigation, *site.footer["links"])]
    own = dict.fromkeys(settings.site_url + href for href in ("/", *pages) if href.startswith("/"))
    articles = session.execute(
        select(col(Article.slug), col(Article.updated_at))
        .where(queries.is_public(now))
        .order_by(col(Article.public_from).desc(), col(Article.id).desc())
        .limit(MOST_ADDRESSES - len(own))
    )
    return [(url, None) for url in own] + [(settings.article_url(slug), changed.date()) for slug, changed in articles]
