from sqlmodel import Field

from app.core.columns import SortedText
from app.core.database import Table


class ConsentText(Table, table=True):
    """What people are asked to agree to. A version never changes; an older one stays, for those who agreed to it."""

    __tablename__ = "consent_texts"

    purpose: str = Field(primary_key=True, sa_type=SortedText)
    version: str = Field(primary_key=True)
    title: str
    text: str
    is_current: bool
