from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from app.core.db.columns import UtcDateTime
from app.core.db.table import Table


class Bookmark(Table, table=True):
    """An article saved by a member. References the article's id, so that the bookmark survives a change of slug."""

    __tablename__ = "bookmarks"
    __table_args__ = (Index("ix_bookmarks_newest", "member_id", "saved_at", "article_id"),)

    member_id: UUID = Field(primary_key=True, foreign_key="members.id", ondelete="CASCADE")
    article_id: UUID = Field(primary_key=True, foreign_key="articles.id", ondelete="CASCADE")
    saved_at: datetime = Field(sa_type=UtcDateTime)
