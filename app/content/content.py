"""Common form of editorial content, used to compare files with the database."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from app.accounts.models import ConsentText
from app.articles.models import Author, Category, Topic
from app.core.db.table import Table
from app.core.markdown.rendering import RENDERER_VERSION
from app.pages.models import Site
from app.support.models import SupportLine

RowKey = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of content with one database row per entry, such as authors or topics.

    `listed_column` is the column that is false for entries that were removed from the files.
    """

    name: str
    table: type[Table]
    key: tuple[str, ...]
    listed_column: str | None = "is_listed"


SITE = Kind("site", Site, ("id",), listed_column=None)
CONSENT = Kind("consent", ConsentText, ("purpose", "version"), listed_column="is_current")
AUTHOR = Kind("author", Author, ("slug",))
CATEGORY = Kind("category", Category, ("slug",))
TOPIC = Kind("topic", Topic, ("slug",))
SUPPORT = Kind("support line", SupportLine, ("id",))
KINDS = (SITE, CONSENT, AUTHOR, CATEGORY, TOPIC, SUPPORT)


@dataclass(frozen=True, slots=True)
class ArticleContent:
    """An article, from a file or the database, with all defaults filled in except `updated_at`."""

    slug: str
    title: str
    excerpt: str
    category: str
    topics: tuple[str, ...]
    author: str
    status: str
    publish_at: datetime | None
    published_on: date | None
    updated_at: datetime | None
    reading_minutes: int
    word_count: int
    former_slugs: tuple[str, ...]
    call_to_action: Mapping[str, str]
    seo: Mapping[str, str]
    references: tuple[Mapping[str, Any], ...]
    body: str

    @property
    def public_from(self) -> datetime | None:
        """The time from which the article is public, or None if its status isn't `published`."""
        return self.publish_at if self.status == "published" else None

    def digest(self) -> str:
        """Return a hash of the article, to detect changes. It ignores the slug and `updated_at`."""
        values = {name: value for name, value in asdict(self).items() if name not in {"slug", "updated_at"}}
        return sha256(json.dumps([RENDERER_VERSION, values], default=str, sort_keys=True).encode()).hexdigest()

    def changed_fields(self, other: "ArticleContent") -> list[str]:
        """Return the names of the fields in which two articles differ.

        The slug is ignored. `updated_at` is ignored if this article doesn't set it.
        """
        values, other_values = asdict(self), asdict(other)
        ignored = {"slug", "updated_at"} if self.updated_at is None else {"slug"}
        return [name for name in values if name not in ignored and values[name] != other_values[name]]


@dataclass(slots=True)
class Content:
    """The content that was read from a directory.

    `rows` contains the database rows, by kind and key, without the key columns and the listed column. `entry_lines`
    contains the line number of each entry, by kind and name, except for files that can't be read.
    """

    rows: dict[str, dict[RowKey, dict[str, Any]]] = field(default_factory=lambda: {kind.name: {} for kind in KINDS})
    articles: dict[str, ArticleContent] = field(default_factory=dict)
    assessments: dict[str, dict[str, Any]] = field(default_factory=dict)
    journeys: dict[str, dict[str, Any]] = field(default_factory=dict)
    entry_lines: dict[str, dict[str, int]] = field(default_factory=dict)
