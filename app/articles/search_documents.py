"""What the search index is made from."""

from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from app.articles.models import Article, ArticleBody, ArticleTopic
from app.articles.search import Indexed
from app.core.db.database import Database
from app.core.db.session import Session

AT_ONCE = 500  # rows in memory


def indexed_articles(database: Database) -> Iterator[Indexed]:
    """Every published article, the scheduled ones too. The snapshot ends with the last, before the index is merged."""
    with database.snapshot() as session:
        yield from _articles(session)


def _articles(session: Session) -> Iterator[Indexed]:
    topics: dict[UUID, list[str]] = defaultdict(list)
    for article_id, slug in session.execute(select(col(ArticleTopic.article_id), col(ArticleTopic.topic_slug))):
        topics[article_id].append(slug)
    statement = (
        select(
            col(Article.id),
            col(Article.title),
            col(Article.sort_title),
            col(Article.excerpt),
            col(ArticleBody.text),
            col(Article.category_slug),
            col(Article.author_slug),
            col(Article.public_from),
        )
        .join(ArticleBody)
        .where(col(Article.public_from).is_not(None))
        .order_by(col(Article.public_from), col(Article.id))
        .execution_options(yield_per=AT_ONCE)
    )
    for row in session.execute(statement):
        yield Indexed(
            id=row.id,
            title=row.title,
            sort_title=row.sort_title,
            text=f"{row.excerpt}\n\n{row.text}",
            topics=topics[row.id],
            category=row.category_slug,
            author=row.author_slug,
            public_from=row.public_from,
        )
