"""Tests for interrupted and concurrent content loads: readers see either the old or the new content."""

from collections.abc import Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import random
from signal import SIGKILL
from time import monotonic, sleep
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import Session, col

from app.articles.models import Article, ArticleBody, ArticleTopic, FormerSlug
from app.core.db.database import Database
from app.pages.models import Site
from app.web.cache.releases import ContentRelease
from tests.content.conftest import Workspace, replace_in
from tests.content.load_process import start_load_process
from tests.factories.content import write_article, write_content_directory

ARTICLES = 100
KILLS = 3
TOPICS = {"a": ["sleep"], "b": ["friends", "habits"]}

State = Sequence[Sequence[Any]]


def write_edition(content_dir: Path, edition: str) -> Path:
    """Write one of two versions of the content. They share most slugs and differ in all other values."""
    write_content_directory(content_dir)
    replace_in(content_dir / "site.yaml", "A tagline.", f"Edition {edition}.")
    for n in range(ARTICLES):
        slug = f"article-{n:03}" if n >= ARTICLES / 10 else f"only-in-{edition}-{n:03}"
        values = {"title": f"{n} {edition}", "topics": TOPICS[edition], "former_slugs": [f"old-{slug}"]}
        write_article(content_dir, slug, body=f"Edition {edition}.\n\n## Heading {edition}\n", **values)
    return content_dir


def published_content(session: Session) -> State:
    """Return the published content from all tables that a load changes."""
    is_public = col(Article.status) == "published"
    statements = (
        select(col(Site.tagline)),
        select(col(Article.slug), col(Article.title), col(ArticleBody.html)).join(ArticleBody).where(is_public),
        select(col(Article.slug), col(ArticleTopic.topic_slug)).join(ArticleTopic).where(is_public),
        select(col(Article.slug), col(FormerSlug.slug)).join(FormerSlug).where(is_public),
    )
    return [sorted(map(tuple, session.execute(statement))) for statement in statements]


def load_state(database: Database) -> State:
    with database.orm_snapshot() as session:
        return published_content(session)


def wait_for_exit(process: ForkServerProcess, *codes: int) -> None:
    process.join(timeout=60)
    assert process.exitcode in codes
    process.close()


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp("editions")
    return write_edition(root / "a", "a"), write_edition(root / "b", "b")


def test_killed_load_leaves_complete_old_or_new_content(editions: tuple[Path, Path], database: Database) -> None:
    states = {}
    for content_dir in editions:
        started = monotonic()
        wait_for_exit(start_load_process(content_dir, database.url), 0)
        seconds = monotonic() - started
        states[content_dir] = load_state(database)
    next_edition, stored_edition = editions
    assert states[next_edition] != states[stored_edition]

    for n in range(KILLS):
        process = start_load_process(next_edition, database.url)
        sleep(1.1 * seconds * (n + random()) / KILLS)
        process.kill()
        wait_for_exit(process, 0, -SIGKILL)

        state = load_state(database)
        assert state in states.values()
        if state == states[next_edition]:
            next_edition, stored_edition = stored_edition, next_edition

    wait_for_exit(start_load_process(next_edition, database.url), 0)
    assert load_state(database) == states[next_edition]


def test_concurrent_loads_run_one_after_another(editions: tuple[Path, Path], database: Database) -> None:
    with database.content_load() as blocking_session:  # both loads wait for this transaction
        blocking_session.connection()
        processes = [start_load_process(content_dir, database.url) for content_dir in editions]
        sleep(1)
        assert [process.exitcode for process in processes] == [None, None]
        [taglines, *_] = load_state(database)
        assert taglines == []
    for process in processes:
        wait_for_exit(process, 0)

    [(tagline,)], articles, topics, former = load_state(database)
    edition = tagline[-2]
    assert {title[-1] for _, title, _ in articles} == {edition}
    assert len(articles) == len(former) == ARTICLES
    assert len(topics) == ARTICLES * len(TOPICS[edition])
    with database.orm_snapshot() as session:
        assert len(session.execute(select(col(ContentRelease.id))).all()) == len(editions)


def test_load_does_not_change_snapshot_of_reader(workspace: Workspace) -> None:
    workspace.write("one", title="Old")
    workspace.load()
    with workspace.database.orm_snapshot() as session:
        before = published_content(session)
        workspace.write("one", title="New")
        workspace.edit("site.yaml", "A tagline.", "Another.")
        workspace.load()

        assert published_content(session) == before
    [taglines, [(_, title, _)], *_] = load_state(workspace.database)
    assert (taglines, title) == ([("Another.",)], "New")
