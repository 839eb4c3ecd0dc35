"""Lists in pages by keyset: a page starts where the one before ended, however much was added meanwhile."""

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
from app.core.errors import BadInput, FieldError
from app.core.text_fields import UNSTORABLE

MAX_LIMIT = 100
Item = TypeVar("Item")
Statement = Select[*tuple[Any, ...]]

LARGEST = 2**31 - 1
FARTHEST = 10_000  # the last item that a list by rank reaches


class BadCursor(BadInput):
    says = "The cursor can't be used here."

    def __init__(self) -> None:
        how = "Use the `next` of a reply to the same list in the same order."
        super().__init__(FieldError("query", "/cursor", how))


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
    """How a list is sorted: by columns of which the last is unique, all in one direction."""

    name: str
    columns: tuple[Any, ...]
    descending: bool = False

    def keys(self, cursor: str) -> list[Any]:
        """The values that the cursor's page ended with."""
        values = _decoded(cursor, self.name)
        if len(values) != len(self.columns):
            raise BadCursor
        return [_value(column.type.python_type, value) for column, value in zip(self.columns, values, strict=True)]


def page_of(
    session: Session, statement: Statement, request: PageRequest, order: Order, *, total: int
) -> Page[Row[Any]]:
    """One page of a statement's rows; `total` is counted by who knows the cheapest way."""
    if request.cursor is not None:
        types = [column.type for column in order.columns]
        reached, here = tuple_(*order.columns), tuple_(*order.keys(request.cursor), types=types)
        statement = statement.where(reached < here if order.descending else reached > here)
    statement = (
        statement.add_columns(*order.columns)
        .order_by(*(column.desc() if order.descending else column.asc() for column in order.columns))
        .limit(request.limit + 1)
    )
    rows = session.execute(statement).all()
    page = rows[: request.limit]
    more = len(rows) > request.limit
    return Page(page, total, _encoded(order.name, page[-1][-len(order.columns) :]) if more else None)


def rank_of(cursor: str | None, name: str) -> int:
    """Where a page of a list by rank starts."""
    if cursor is None:
        return 0
    match _decoded(cursor, name):
        case [int(offset)] if offset is not True and 0 < offset <= FARTHEST:
            return offset
    raise BadCursor


def rank_cursor(name: str, offset: int, total: int) -> str | None:
    return _encoded(name, [offset]) if offset < min(total, FARTHEST) else None


def _encoded(name: str, values: Sequence[Any]) -> str:
    plain = [
        value.astimezone(UTC).isoformat()
        if isinstance(value, datetime)
        else str(value)
        if isinstance(value, UUID)
        else value
        for value in values
    ]
    return urlsafe_b64encode(json.dumps([name, *plain], separators=(",", ":")).encode()).rstrip(b"=").decode()


def _decoded(cursor: str, name: str) -> list[Any]:
    try:
        found = json.loads(b64decode(cursor + "=" * (-len(cursor) % 4), altchars="-_", validate=True))
    except (ValueError, RecursionError):
        raise BadCursor from None
    if not isinstance(found, list) or not found or found[0] != name:
        raise BadCursor
    return found[1:]


def _value(kind: type, value: Any) -> Any:
    try:
        if kind is datetime:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None:
                raise BadCursor
            return moment.astimezone(UTC)
        if kind is UUID:
            return UUID(value)
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise BadCursor from None
    match value:
        case str() if kind is str and not UNSTORABLE.search(value):
            return value
        case int() if kind is int and type(value) is int and abs(value) <= LARGEST:
            return value
    raise BadCursor
