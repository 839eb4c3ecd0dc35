from sqlalchemy import ColumnElement, func, or_, select
from sqlmodel import col

from app.core.db.pagination import Order, PageRequest, page_of
from app.core.db.session import Session
from app.support.models import SupportLine
from app.support.schemas import SupportLineRead, SupportPage

IN_PLACE = Order("place", (col(SupportLine.position), col(SupportLine.id)))


def support_lines(session: Session, page: PageRequest, *, country: str | None) -> SupportPage:
    """A country's lines, then those for everywhere, so that no list is empty."""
    wanted: list[ColumnElement[bool]] = [col(SupportLine.is_listed).is_(True)]
    if country:
        wanted.append(or_(col(SupportLine.country) == country.upper(), col(SupportLine.country).is_(None)))
    lines = select(*(col(getattr(SupportLine, name)) for name in SupportLineRead.model_fields)).where(*wanted)
    total = session.scalar(select(func.count()).select_from(SupportLine).where(*wanted)) or 0
    found = page_of(session, lines, page, IN_PLACE, total=total)
    items = [SupportLineRead.model_validate(row, from_attributes=True) for row in found.items]
    return SupportPage(items, found.total, found.next)
