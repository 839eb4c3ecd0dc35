from datetime import date
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field

from app.core.db.columns import SortedText
from app.core.db.table import Table


class SupportLine(Table, table=True):
    """A crisis line or help line. If `country` is NULL, it is available in every country."""

    __tablename__ = "support_lines"

    id: str = Field(primary_key=True, sa_type=SortedText)
    position: int = Field(index=True)
    country: str | None = Field(default=None, index=True)
    kind: str
    name: str
    description: str
    channels: list[dict[str, Any]] = Field(sa_type=JSON)
    hours: str | None = None
    languages: list[str] = Field(sa_type=JSON)
    source_url: str
    verified_on: date
    is_listed: bool
