"""Column types that mean the same on every database."""

from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, String
from sqlalchemy.types import TypeDecorator, TypeEngine
from typing_extensions import override


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, always with a time zone: SQLite drops it, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    @override
    def python_type(self) -> type[datetime]:
        return datetime

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("Naive datetimes are not stored.")
        return value.astimezone(UTC) if value else None

    @override
    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class SortedText(TypeDecorator[str]):
    """A text that both databases order by code point, so that pages and cursors are the same on both."""

    impl = String
    cache_ok = True

    @property
    @override
    def python_type(self) -> type[str]:
        return str

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        return dialect.type_descriptor(String(collation="C" if dialect.name == "postgresql" else None))
