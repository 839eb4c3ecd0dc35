from sqlalchemy import ColumnElement, func, or_, select
from sqlmodel import col

from app.core.db.pagination import Order, PageRequest, fetch_page
from app.core.db.session import Session
from app.support.models import SupportLine
from app.support.schemas import SupportLineRead, SupportPage

BY_POSITION = Order("place", (col(SupportLine.position), col(SupportLine.id)))


def list_support_lines(session: Session, page: PageRequest, *, country: str | None) -> SupportPage:
    """Return the lines for a country and the international lines, or all lines if no country is given."""
    conditions: list[ColumnElement[bool]] = [col(SupportLine.is_listed).is_(True)]
    if country:
        conditions.append(or_(col(SupportLine.country) == country.upper(), col(SupportLine.country).is_(None)))
    lines = select(*(col(getattr(SupportLine, name)) for name in SupportLineRead.model_fields)).where(*conditions)
    total = session.scalar(select(func.count()).select_from(SupportLine).where(*conditions)) or 0
    rows = fetch_page(session, lines, page, BY_POSITION, total=total)
    items = [SupportLineRead.model_validate(row, from_attributes=True) for row in rows.items]
    return SupportPage(items, rows.total, rows.next)
