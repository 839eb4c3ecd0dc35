from typing import Any

from sqlalchemy import Row, func, select
from sqlmodel import Session, col

from app.accounts.models import ConsentText
from app.core.pagination import Order, Page, PageRequest, page_of

TEXT: tuple[Any, ...] = (
    col(ConsentText.purpose),
    col(ConsentText.version),
    col(ConsentText.title),
    col(ConsentText.text),
)
BY_PURPOSE = Order("purpose", (col(ConsentText.purpose),))


def consent_texts(session: Session, page: PageRequest) -> Page[Row[Any]]:
    """The texts that are asked for now."""
    current = select(*TEXT).where(col(ConsentText.is_current))
    total = session.scalar(select(func.count()).where(col(ConsentText.is_current))) or 0
    return page_of(session, current, page, BY_PURPOSE, total=total)
