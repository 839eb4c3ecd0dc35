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
from app.core.source_files.sources import InvalidContent
from app.web.cache.releases import ContentRelease
from tests.factories.content import write_article, write_content_directory


def content_errors(content_dir: Path) -> list[str]:
    with pytest.raises(InvalidContent) as exc_info:
        read_content(content_dir)
    return [str(error) for error in exc_info.value.errors]


def line_numbers(path: Path, text: str) -> list[int]:
    return [n for n, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1) if text in line]


def line_number(path: Path, text: str) -> int:
    [line] = line_numbers(path, text)
    return line


def replace_in(path: Path, old: str, new: str) -> None:
    """Replace a text in a file. The text must occur exactly once."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new), encoding="utf-8")


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
