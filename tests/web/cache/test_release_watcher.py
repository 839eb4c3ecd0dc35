"""Tests for the watcher that detects newly published content and rebuilds the search index."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from app.core.db.database import Database
from app.web.cache import releases
from app.web.cache.release_watcher import ReleaseWatcher
from tests.conftest import ContentEditor

START = datetime(2100, 1, 1, tzinfo=UTC)


class Clock:
    now = START

    def __call__(self) -> datetime:
        return self.now


def add_release(database: Database, *due_at: datetime) -> None:
    with database.content_load() as session:
        releases.add_release(session, due_at, now=START)


def test_search_before_first_release_returns_empty_list(editor: ContentEditor) -> None:
    editor.app.state.services.web.watcher.poll()
    editor.app.state.services.web.watcher.rebuild_if_outdated()

    response = editor.client.get("/v1/articles?q=walking")

    assert (response.status_code, response.json()["total"]) == (200, 0)


def test_version_increases_when_item_becomes_due(database: Database) -> None:
    clock = Clock()
    watcher = ReleaseWatcher(database, rebuild=lambda: None, clock=clock)
    due_at = START + timedelta(hours=1)
    add_release(database, due_at)
    watcher.poll()
    version = watcher.version

    clock.now = due_at - timedelta(microseconds=1)
    watcher.poll()
    assert watcher.state() == (version, 0)

    clock.now = due_at
    assert watcher.state() == (version, 1)
    watcher.poll()
    assert watcher.state() == (version + 1, 1)


def test_rebuild_runs_once_for_each_release(database: Database) -> None:
    rebuilt: list[int] = []
    watcher = ReleaseWatcher(database, rebuild=lambda: rebuilt.append(watcher.version))

    for _ in range(2):
        add_release(database)
        for _ in range(3):
            watcher.poll()
            watcher.rebuild_if_outdated()

    assert rebuilt == [1, 3]
    assert watcher.version == 4


def test_version_increases_when_item_becomes_due_during_rebuild(database: Database) -> None:
    clock, rebuild_started, finish_rebuild = Clock(), threading.Event(), threading.Event()

    def rebuild() -> None:
        rebuild_started.set()
        assert finish_rebuild.wait(10)

    watcher = ReleaseWatcher(database, rebuild=rebuild, clock=clock)
    add_release(database, START + timedelta(seconds=5))
    watcher.poll()
    thread = threading.Thread(target=watcher.rebuild_if_outdated)
    thread.start()
    assert rebuild_started.wait(10)
    version_before = watcher.version

    clock.now = START + timedelta(seconds=5)
    watcher.poll()
    version_during_rebuild = watcher.version
    finish_rebuild.set()
    thread.join()

    assert (version_during_rebuild, watcher.version) == (version_before + 1, version_before + 2)


def test_failed_rebuild_is_retried_without_new_version(database: Database) -> None:
    attempts: list[int] = []

    def rebuild() -> None:
        attempts.append(1)
        if len(attempts) < 3:
            raise RuntimeError("no memory left")

    watcher = ReleaseWatcher(database, rebuild=rebuild)
    add_release(database)
    watcher.poll()
    for _ in range(2):
        with pytest.raises(RuntimeError):
            watcher.rebuild_if_outdated()
    assert watcher.version == 1

    watcher.rebuild_if_outdated()
    watcher.rebuild_if_outdated()

    assert (len(attempts), watcher.version) == (3, 2)
