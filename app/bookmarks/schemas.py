from dataclasses import dataclass
from datetime import datetime

from app.articles.schemas import ArticleSummary
from app.core.db.pagination import Page


@dataclass(kw_only=True)
class BookmarkRead:
    article: ArticleSummary
    saved_at: datetime


@dataclass
class BookmarkPage(Page[BookmarkRead]):
    items: list[BookmarkRead]
