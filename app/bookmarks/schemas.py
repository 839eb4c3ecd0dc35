from datetime import datetime

from pydantic import BaseModel, Field

from app.articles.schemas import ArticleSummary


class BookmarkRead(BaseModel):
    article: ArticleSummary
    saved_at: datetime


class BookmarkPage(BaseModel):
    items: list[BookmarkRead]
    total: int = Field(examples=[1])
    next: str | None = Field(examples=[None])
