"""Readers and restarts meet the old content whole or the new content whole, whatever happens to a load."""

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
from tests.content.conftest import Desk, replace_in
from tests.content.loading import start_loading
from tests.factories.content import write_article, write_folder

ARTICLES = 300
KILLS = 5
TOPICS = {"a": ["sleep"], "b": ["friends", "habits"]}

State = Sequence[Sequence[Any]]


def write_edition(folder: Path, edition: str) -> Path:
    """Two editions share most slugs and differ in everything else."""
    write_folder(folder)
    replace_in(folder / "site.yaml", "A tagline.", f"Edition {edition}.")
    for n in range(ARTICLES):
        slug = f"article-{n:03}" if n >= ARTICLES / 10 else f"only-in-{edition}-{n:03}"
        body = f"Edition {edition}.\n\n## Heading {edition}\n\n" + "A sentence of some words. " * 20
        write_article(
            folder, slug, title=f"{n} {edition}", topics=TOPICS[edition], former_slugs=[f"old-{slug}"], body=body
        )
    return folder


def published(session: Session) -> State:
    """Everything of an edition, from all tables that a load writes."""
    is_public = col(Article.status) == "published"
    statements = (
        select(col(Site.tagline)),
        select(col(Article.slug), col(Article.title), col(ArticleBody.html)).join(ArticleBody).where(is_public),
        select(col(Article.slug), col(ArticleTopic.topic_slug)).join(ArticleTopic).where(is_public),
        select(col(Article.slug), col(FormerSlug.slug)).join(FormerSlug).where(is_public),
    )
    return [sorted(map(tuple, session.execute(statement))) for statement in statements]


def state_of(database: Database) -> State:
    with database.entities() as session:
        return published(session)


def finish(process: ForkServerProcess, *codes: int) -> None:
    process.join(timeout=60)
    assert process.exitcode in codes
    process.close()


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    root = tmp_path_factory.mktemp("editions")
    return write_edition(root / "a", "a"), write_edition(root / "b", "b")


def test_a_killed_load_leaves_the_old_or_the_new_content_whole(editions: tuple[Path, Path], database: Database) -> None:
    states = {}
    for folder in editions:
        began = monotonic()
        finish(start_loading(folder, database.url), 0)
        seconds = monotonic() - began
        states[folder] = state_of(database)
    coming, there = editions
    assert states[coming] != states[there]

    for n in range(KILLS):
        process = start_loading(coming, database.url)
        sleep(1.1 * seconds * (n + random()) / KILLS)
        process.kill()
        finish(process, 0, -SIGKILL)

        state = state_of(database)
        assert state in states.values()
        if state == states[coming]:
            coming, there = there, coming

    finish(start_loading(coming, database.url), 0)
    assert state_of(database) == states[coming]


def test_two_loads_at_once_wait_for_each_other(editions: tuple[Path, Path], database: Database) -> None:
    with database.loading() as third:  # so that both have to wait
        third.connection()
        processes = [start_loading(folder, database.url) for folder in editions]
        sleep(1.5)
        assert [process.exitcode for process in processes] == [None, None]
        [taglines, *_] = state_of(database)
        assert taglines == []
    for process in processes:
        finish(process, 0)

    [(tagline,)], articles, topics, former = state_of(database)
    edition = tagline[-2]
    assert {title[-1] for _, title, _ in articles} == {edition}
    assert len(articles) == len(former) == ARTICLES
    assert len(topics) == ARTICLES * len(TOPICS[edition])
    with database.entities() as session:
        assert len(session.execute(select(col(ContentRelease.id))).all()) == len(editions)


def test_a_reader_keeps_its_snapshot_while_content_is_loaded(desk: Desk) -> None:
    desk.write("one", title="Old")
    desk.load()
    with desk.database.entities() as session:
        before = published(session)
        desk.write("one", title="New")
        desk.write("two")
        desk.edit("site.yaml", "A tagline.", "Another.")
        desk.load()

        assert published(session) == before
    assert state_of(desk.database)[0] == [("Another.",)]
    assert [title for _, title, _ in state_of(desk.database)[1]] == ["New", "Two"]
