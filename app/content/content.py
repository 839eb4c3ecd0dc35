"""What a folder says, resolved to what is stored: the same values whether they come from files or from the database."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from app.accounts.models import ConsentText
from app.articles.models import Author, Category, Topic
from app.core.db.table import Table
from app.core.markdown.rendering import RENDERING
from app.pages.models import Site
from app.support.models import SupportLine

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of content that is one row each; `shown` names the column that is false once it went away."""

    name: str
    table: type[Table]
    key: tuple[str, ...]
    shown: str | None = "is_listed"


SITE = Kind("site", Site, ("id",), shown=None)
CONSENT = Kind("consent", ConsentText, ("purpose", "version"), shown="is_current")
AUTHOR = Kind("author", Author, ("slug",))
CATEGORY = Kind("category", Category, ("slug",))
TOPIC = Kind("topic", Topic, ("slug",))
SUPPORT = Kind("support line", SupportLine, ("id",))
KINDS = (SITE, CONSENT, AUTHOR, CATEGORY, TOPIC, SUPPORT)


@dataclass(frozen=True, slots=True)
class ArticleContent:
    """An article with everything that was left to a default filled in, except for `updated_at`."""

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
        """From when on everyone may read it, if it is published."""
        return self.publish_at if self.status == "published" else None

    def digest(self) -> str:
        """Alike for articles that are stored alike; neither the slug nor the day of a change belong to it."""
        values = {name: value for name, value in asdict(self).items() if name not in {"slug", "updated_at"}}
        return sha256(json.dumps([RENDERING, values], default=str, sort_keys=True).encode()).hexdigest()

    def differences(self, other: "ArticleContent") -> list[str]:
        """The names of the fields that differ; an `updated_at` that is left open differs from none."""
        ours, theirs = asdict(self), asdict(other)
        return [
            name
            for name in ours
            if ours[name] != theirs[name] and not (name == "updated_at" and self.updated_at is None) and name != "slug"
        ]


@dataclass(slots=True)
class Content:
    """A whole folder. Rows are by kind and key; their values leave out the column that says whether they are shown.

    `lines` are where each entry's name stands, by kind; a file that can't be read has none.
    """

    rows: dict[str, dict[Key, dict[str, Any]]] = field(default_factory=lambda: {kind.name: {} for kind in KINDS})
    articles: dict[str, ArticleContent] = field(default_factory=dict)
    assessments: dict[str, dict[str, Any]] = field(default_factory=dict)
    journeys: dict[str, dict[str, Any]] = field(default_factory=dict)
    lines: dict[str, dict[str, int]] = field(default_factory=dict)
