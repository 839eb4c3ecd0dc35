"""Fixtures for content tests: a content directory and a database, without the HTTP application."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, select

from app.articles.models import Article
from app.content.content import KINDS, ArticleContent
from app.content.loader import load
from app.content.plan import ContentChange, Plan, plan_load
from app.content.reader import read_content
from app.content.stored import article_contents, stored_articles, stored_rows
from app.core.db.database import Database
from app.core.source_files.sources import ContentError, InvalidContent
from app.web.cache.releases import ContentRelease
from tests.factories.content import write_article, write_content_directory

Edit = tuple[str, ...]  # see make_edits
Edits = tuple[Edit, ...]


def content_errors(content_dir: Path) -> list[str]:
    with pytest.raises(InvalidContent) as exc_info:
        read_content(content_dir)
    return [str(error) for error in exc_info.value.errors]


def replace_once(text: str, old: str, new: str) -> str:
    """Replace a part of a text. The part must occur exactly once."""
    assert text.count(old) == 1, old
    return text.replace(old, new)


def replace_in(path: Path, old: str, new: str) -> None:
    """Replace a text in a file. The text must occur exactly once."""
    path.write_text(replace_once(path.read_text(encoding="utf-8"), old, new), encoding="utf-8")


def line_of(text: str, part: str) -> int:
    """Return the line number of a part of a text. The part must occur exactly once."""
    assert text.count(part) == 1, part
    return text.count("\n", 0, text.index(part)) + 1


def make_edits(content_dir: Path, file: str, *edits: Edit) -> list[str]:
    """Make edits in a file. Return the errors that they cause.

    An edit is the old text and the new text, then the error, if it causes one. The error is in the last line of the new
    text, unless the edit ends with a part of another line. For an error in a line that stays the same, both texts are
    equal.
    """
    path = content_dir / file
    for old, new, *_ in edits:
        replace_in(path, old, new)
    text = path.read_text(encoding="utf-8")
    errors = []
    for _, new, *error in edits:
        if error:
            message, *place = error
            line = line_of(text, *place) if place else line_of(text, new) + new.count("\n")
            errors.append(ContentError(file, line, message))
    return [str(error) for error in sorted(errors)]


def stored_article_contents(session: Session) -> dict[str, ArticleContent]:
    ids = [article.id for article in stored_articles(session)]
    return {article.slug: article for article in article_contents(session, ids)}


@dataclass(frozen=True, slots=True)
class Workspace:
    """A content directory and a database, with helpers to edit, compare and load the content."""

    directory: Path
    database: Database

    def write(self, slug: str, **front: Any) -> Path:
        return write_article(self.directory, slug, **front)

    def remove(self, *slugs: str) -> None:
        for slug in slugs:
            (self.directory / "articles" / f"{slug}.md").unlink()

    def edit(self, file: str, old: str, new: str) -> None:
        replace_in(self.directory / file, old, new)

    def diff(self) -> list[ContentChange]:
        content = read_content(self.directory)
        with self.database.orm_snapshot() as session:
            return plan_load(session, content).changes

    def load(self, content_dir: Path | None = None, *, now: datetime | None = None) -> Plan:
        content = read_content(content_dir or self.directory)
        with self.database.content_load() as session:
            return load(session, content, now=now or datetime.now(UTC))

    def article(self, slug: str) -> Article:
        with self.database.orm_snapshot() as session:
            return session.exec(select(Article).where(col(Article.slug) == slug)).one()

    def articles(self) -> dict[str, ArticleContent]:
        with self.database.orm_snapshot() as session:
            return stored_article_contents(session)

    def rows(self) -> dict[str, dict[Any, dict[str, Any]]]:
        with self.database.orm_snapshot() as session:
            return {kind.name: stored_rows(session, kind) for kind in KINDS}

    def releases(self) -> list[ContentRelease]:
        with self.database.orm_snapshot() as session:
            return list(session.exec(select(ContentRelease).order_by(col(ContentRelease.id))))


@pytest.fixture
def content_dir(tmp_path: Path) -> Path:
    return write_content_directory(tmp_path / "content")


@pytest.fixture
def workspace(content_dir: Path, database: Database) -> Workspace:
    return Workspace(content_dir, database)
