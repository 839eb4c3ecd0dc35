"""Keyset pagination: a page starts after the last item of the previous page.

Rows that are inserted between two requests therefore cause no duplicate or missing items.
"""

import json
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from pydantic import Field
from sqlalchemy import Row, Select, tuple_

from app.core.db.session import Session
from app.core.errors import FieldError, InvalidInput
from app.core.text_fields import UNSTORABLE

MAX_LIMIT = 100
Item = TypeVar("Item")
Statement = Select[*tuple[Any, ...]]

MAX_INTEGER = 2**31 - 1
MAX_RANK = 10_000  # largest page offset in a list that is sorted by rank


class InvalidCursor(InvalidInput):
    message = "The cursor is not valid for this list."

    def __init__(self) -> None:
        detail = "Use the `next` of a response to the same list in the same order."
        super().__init__(FieldError("query", "/cursor", detail))


@dataclass(frozen=True, slots=True)
class PageRequest:
    limit: int
    cursor: str | None


@dataclass
class Page(Generic[Item]):
    items: Sequence[Item]
    total: Annotated[int, Field(examples=[2])]
    next: Annotated[str | None, Field(examples=[None])]


@dataclass(frozen=True, slots=True)
class Order:
    """The sort order of a list. All columns sort in the same direction, and the last one is unique."""

    name: str
    columns: tuple[Any, ...]
    descending: bool = False

    def cursor_values(self, cursor: str) -> list[Any]:
        """Return the sort column values in a cursor. Raise InvalidCursor if they do not fit this order."""
        values = _decode_cursor(cursor, self.name)
        if len(values) != len(self.columns):
            raise InvalidCursor
        return [
            _parse_value(column.type.python_type, value) for column, value in zip(self.columns, values, strict=True)
        ]


def fetch_page(
    session: Session, statement: Statement, request: PageRequest, order: Order, *, total: int
) -> Page[Row[Any]]:
    """Return one page of a statement's rows. `total` is the number of rows on all pages."""
    if request.cursor is not None:
        types = [column.type for column in order.columns]
        sort_key, last_key = tuple_(*order.columns), tuple_(*order.cursor_values(request.cursor), types=types)
        statement = statement.where(sort_key < last_key if order.descending else sort_key > last_key)
    statement = (
        statement.add_columns(*order.columns)
        .order_by(*(column.desc() if order.descending else column.asc() for column in order.columns))
        .limit(request.limit + 1)
    )
    rows = session.execute(statement).all()
    page = rows[: request.limit]
    has_more = len(rows) > request.limit
    return Page(page, total, _encode_cursor(order.name, page[-1][-len(order.columns) :]) if has_more else None)


def rank_from_cursor(cursor: str | None, name: str) -> int:
    """Return the page offset in the cursor of a ranked list, or 0 without a cursor.

    Raise InvalidCursor if the cursor is invalid.
    """
    if cursor is None:
        return 0
    match _decode_cursor(cursor, name):
        case [int(offset)] if offset is not True and 0 < offset <= MAX_RANK:
            return offset
    raise InvalidCursor


def rank_cursor(name: str, offset: int, total: int) -> str | None:
    return _encode_cursor(name, [offset]) if offset < min(total, MAX_RANK) else None


def _encode_cursor(name: str, values: Sequence[Any]) -> str:
    plain = [
        value.astimezone(UTC).isoformat()
        if isinstance(value, datetime)
        else str(value)
        if isinstance(value, UUID)
        else value
        for value in values
    ]
    return urlsafe_b64encode(json.dumps([name, *plain], separators=(",", ":")).encode()).rstrip(b"=").decode()


def _decode_cursor(cursor: str, name: str) -> list[Any]:
    try:
        decoded = json.loads(b64decode(cursor + "=" * (-len(cursor) % 4), altchars="-_", validate=True))
    except (ValueError, RecursionError):
        raise InvalidCursor from None
    if not isinstance(decoded, list) or not decoded or decoded[0] != name:
        raise InvalidCursor
    return decoded[1:]


def _parse_value(kind: type, value: Any) -> Any:
    try:
        if kind is datetime:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None:
                raise InvalidCursor
            return moment.astimezone(UTC)
        if kind is UUID:
            return UUID(value)
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise InvalidCursor from None
    match value:
        case str() if kind is str and not UNSTORABLE.search(value):
            return value
        case int() if kind is int and type(value) is int and abs(value) <= MAX_INTEGER:
            return value
    raise InvalidCursor
