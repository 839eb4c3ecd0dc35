from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from app.core.db.columns import UtcDateTime
from app.core.db.table import Table


class Bookmark(Table, table=True):
    """An article that a member keeps, whatever it is called by now."""

    __tablename__ = "bookmarks"
    __table_args__ = (Index("ix_bookmarks_newest", "member_id", "saved_at", "article_id"),)

    member_id: UUID = Field(primary_key=True, foreign_key="members.id", ondelete="CASCADE")
    article_id: UUID = Field(primary_key=True, foreign_key="articles.id", ondelete="CASCADE")
    saved_at: datetime = Field(sa_type=UtcDateTime)
