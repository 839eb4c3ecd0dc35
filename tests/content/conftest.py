"""An editor's folder beside a database, without the app that serves it."""

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
from app.core.source_files.sources import ContentFaults
from app.web.cache.releases import ContentRelease
from tests.factories.content import write_article, write_folder


def faults_of(folder: Path) -> list[str]:
    with pytest.raises(ContentFaults) as refused:
        read_content(folder)
    return [str(fault) for fault in refused.value.faults]


def lines_of(path: Path, text: str) -> list[int]:
    return [n for n, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1) if text in line]


def line_of(path: Path, text: str) -> int:
    [line] = lines_of(path, text)
    return line


def replace_in(path: Path, old: str, new: str) -> None:
    """Edit a file that has the old text exactly once."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new), encoding="utf-8")


def articles_of(session: Session) -> dict[str, ArticleContent]:
    ids = [article.id for article in stored_articles(session)]
    return {article.slug: article for article in article_contents(session, ids)}


@dataclass(frozen=True, slots=True)
class Desk:
    """What an editor does: write and remove files, ask what would change, load."""

    folder: Path
    database: Database

    def write(self, slug: str, **front: Any) -> Path:
        return write_article(self.folder, slug, **front)

    def remove(self, *slugs: str) -> None:
        for slug in slugs:
            (self.folder / "articles" / f"{slug}.md").unlink()

    def edit(self, file: str, old: str, new: str) -> None:
        replace_in(self.folder / file, old, new)

    def diff(self) -> list[ContentChange]:
        content = read_content(self.folder)
        with self.database.entities() as session:
            return plan_load(session, content).changes

    def load(self, folder: Path | None = None, *, now: datetime | None = None) -> Plan:
        content = read_content(folder or self.folder)
        with self.database.loading() as session:
            return load(session, content, now=now or datetime.now(UTC))

    def article(self, slug: str) -> Article:
        with self.database.entities() as session:
            return session.exec(select(Article).where(col(Article.slug) == slug)).one()

    def articles(self) -> dict[str, ArticleContent]:
        with self.database.entities() as session:
            return articles_of(session)

    def rows(self) -> dict[str, dict[Any, dict[str, Any]]]:
        with self.database.entities() as session:
            return {kind.name: stored_rows(session, kind) for kind in KINDS}

    def releases(self) -> list[ContentRelease]:
        with self.database.entities() as session:
            return list(session.exec(select(ContentRelease).order_by(col(ContentRelease.id))))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "content")


@pytest.fixture
def desk(folder: Path, database: Database) -> Desk:
    return Desk(folder, database)
