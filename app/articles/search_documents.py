"""Read the articles for the search index from the database."""

from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from app.articles.models import Article, ArticleBody, ArticleTopic
from app.articles.search import IndexedArticle
from app.core.db.database import Database
from app.core.db.session import Session

FETCH_SIZE = 500  # rows fetched from the database at a time


def iter_indexed_articles(database: Database) -> Iterator[IndexedArticle]:
    """Yield all articles that are published or scheduled for publication.

    The database snapshot is closed after the last article. It isn't held open while the search index is completed.
    """
    with database.snapshot() as session:
        yield from _iter_articles(session)


def _iter_articles(session: Session) -> Iterator[IndexedArticle]:
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
        .execution_options(yield_per=FETCH_SIZE)
    )
    for row in session.execute(statement):
        yield IndexedArticle(
            id=row.id,
            title=row.title,
            sort_title=row.sort_title,
            text=f"{row.excerpt}\n\n{row.text}",
            topics=topics[row.id],
            category=row.category_slug,
            author=row.author_slug,
            public_from=row.public_from,
        )
