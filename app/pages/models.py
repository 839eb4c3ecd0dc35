from typing import Any

from sqlalchemy import JSON, CheckConstraint
from sqlmodel import Field

from app.core.db.table import Table


class Site(Table, table=True):
    """The name, navigation and footer of the website. The table has only one row."""

    __tablename__ = "sites"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: int = Field(default=1, primary_key=True)
    name: str
    tagline: str
    description: str
    language: str
    time_zone: str
    navigation: list[dict[str, Any]] = Field(sa_type=JSON)
    footer: dict[str, Any] = Field(sa_type=JSON)
    call_to_action: dict[str, str] = Field(sa_type=JSON)
