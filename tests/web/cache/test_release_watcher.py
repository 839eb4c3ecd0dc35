"""The signal says when content changed, whatever happens to what is rebuilt from it."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from app.core.db.database import Database
from app.web.cache import releases
from app.web.cache.release_watcher import ReleaseWatcher
from tests.conftest import Studio

START = datetime(2100, 1, 1, tzinfo=UTC)


class Clock:
    now = START

    def __call__(self) -> datetime:
        return self.now


def announce(database: Database, *due: datetime) -> None:
    with database.loading() as session:
        releases.announce(session, due, now=START)


def test_before_the_first_release_a_search_finds_nothing(studio: Studio) -> None:
    studio.app.state.services.web.watcher.look()
    studio.app.state.services.web.watcher.catch_up()

    reply = studio.client.get("/v1/articles?q=walking")

    assert (reply.status_code, reply.json()["total"]) == (200, 0)


def test_the_turn_is_raised_when_something_falls_due_and_not_before(database: Database) -> None:
    clock = Clock()
    signal = ReleaseWatcher(database, rebuild=lambda: None, clock=clock)
    due = START + timedelta(hours=1)
    announce(database, due)
    signal.look()
    turn = signal.turn

    clock.now = due - timedelta(microseconds=1)
    signal.look()
    assert signal.now() == (turn, 0)

    clock.now = due
    assert signal.now() == (turn, 1)
    signal.look()
    assert signal.now() == (turn + 1, 1)


def test_each_release_is_rebuilt_from_once(database: Database) -> None:
    rebuilt: list[int] = []
    signal = ReleaseWatcher(database, rebuild=lambda: rebuilt.append(signal.turn))

    for _ in range(2):
        announce(database)
        for _ in range(3):
            signal.look()
            signal.catch_up()

    assert rebuilt == [1, 3]
    assert signal.turn == 4


def test_something_falls_due_while_a_rebuild_goes_on(database: Database) -> None:
    clock, going_on, let_go = Clock(), threading.Event(), threading.Event()

    def rebuild() -> None:
        going_on.set()
        assert let_go.wait(10)

    signal = ReleaseWatcher(database, rebuild=rebuild, clock=clock)
    announce(database, START + timedelta(seconds=5))
    signal.look()
    thread = threading.Thread(target=signal.catch_up)
    thread.start()
    assert going_on.wait(10)
    before = signal.turn

    clock.now = START + timedelta(seconds=5)
    signal.look()
    meanwhile = signal.turn
    let_go.set()
    thread.join()

    assert (meanwhile, signal.turn) == (before + 1, before + 2)


def test_a_rebuild_that_fails_is_tried_again_and_leaves_the_turn(database: Database) -> None:
    attempts: list[int] = []

    def rebuild() -> None:
        attempts.append(1)
        if len(attempts) < 3:
            raise RuntimeError("no memory left")

    signal = ReleaseWatcher(database, rebuild=rebuild)
    announce(database)
    signal.look()
    for _ in range(2):
        with pytest.raises(RuntimeError):
            signal.catch_up()
    assert signal.turn == 1

    signal.catch_up()
    signal.catch_up()

    assert (len(attempts), signal.turn) == (3, 2)
