from typing import Any

from sqlalchemy import ColumnElement, Row, func, or_, select
from sqlmodel import Session, col

from app.core.db.pagination import Order, Page, PageRequest, page_of
from app.support.models import SupportLine
from app.support.schemas import SupportLineRead

IN_PLACE = Order("place", (col(SupportLine.position), col(SupportLine.id)))


def support_lines(session: Session, page: PageRequest, *, country: str | None) -> Page[Row[Any]]:
    """A country's lines and then those for everywhere, so that nobody leaves with nothing."""
    wanted: list[ColumnElement[bool]] = [col(SupportLine.is_listed).is_(True)]
    if country:
        wanted.append(or_(col(SupportLine.country) == country.upper(), col(SupportLine.country).is_(None)))
    lines = select(*(getattr(SupportLine, name) for name in SupportLineRead.model_fields))
    total = session.scalar(select(func.count()).select_from(SupportLine).where(*wanted)) or 0
    return page_of(session, lines.where(*wanted), page, IN_PLACE, total=total)
