"""Background work goes on whatever happens to it, and says so no oftener than it must."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.core import logs
from app.core.background import Repeating

PATIENCE = 5.0
LONG = 3600.0


class Counted:
    """Work that fails when it is to, and is awaited by how often it was done."""

    def __init__(self) -> None:
        self.times = 0
        self.broken = False
        self._done = threading.Condition()

    def __call__(self) -> None:
        with self._done:
            self.times += 1
            self._done.notify_all()
            if self.broken:
                raise RuntimeError("the database is away")

    def reached(self, times: int) -> bool:
        with self._done:
            return self._done.wait_for(lambda: self.times >= times, timeout=PATIENCE)

    def reached_soon(self, times: int) -> bool:
        with self._done:
            return self._done.wait_for(lambda: self.times >= times, timeout=0.1)


@contextmanager
def running(work: Counted, *, every: float) -> Iterator[Repeating]:
    repeating = Repeating("counting", work, every=every)
    repeating.start()
    try:
        yield repeating
    finally:
        repeating.stop()


def test_work_is_done_at_once_and_again_and_again() -> None:
    work = Counted()
    begun = time.monotonic()

    with running(work, every=0.05):
        assert work.reached(4)

    assert 0.15 <= time.monotonic() - begun < PATIENCE


def test_work_that_is_woken_does_not_wait_for_its_turn() -> None:
    work = Counted()

    with running(work, every=LONG) as repeating:
        for times in range(1, 5):
            assert work.reached(times)
            repeating.wake()
        assert work.reached(5)


def test_work_that_is_woken_while_it_works_is_done_again() -> None:
    begun, go_on = threading.Event(), threading.Event()
    times: list[None] = []
    twice = threading.Event()

    def work() -> None:
        times.append(None)
        begun.set()
        assert go_on.wait(PATIENCE)
        if len(times) == 2:
            twice.set()

    repeating = Repeating("counting", work, every=LONG)
    repeating.start()
    assert begun.wait(PATIENCE)
    repeating.wake()
    go_on.set()

    assert twice.wait(PATIENCE)
    repeating.stop()


def test_work_that_is_stopped_is_not_done_again_and_ends_at_once() -> None:
    work = Counted()
    with running(work, every=LONG) as repeating:
        assert work.reached(1)
        begun = time.monotonic()
        repeating.stop()
        assert time.monotonic() - begun < 1

    repeating.wake()
    assert work.times == 1
    assert "counting" not in {thread.name for thread in threading.enumerate()}


def test_work_that_does_not_end_holds_up_the_process_no_longer_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.background.STOPPING", 0.1)
    begun, go_on = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go_on.wait(PATIENCE)

    repeating = Repeating("stuck", work, every=LONG)
    repeating.start()
    assert begun.wait(PATIENCE)
    stopping = time.monotonic()

    repeating.stop()

    assert 0.1 <= time.monotonic() - stopping < 1
    go_on.set()


def test_a_failure_is_told_once_and_so_is_that_it_works_again(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")
    work = Counted()
    work.broken = True
    capsys.readouterr()
    with running(work, every=0.01):
        assert work.reached(3)
        work.broken = False
        assert work.reached(work.times + 2)
        work.broken = True
        assert work.reached(work.times + 2)

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["event"], line["work"], line.get("error")) for line in lines] == [
        ("background_failing", "counting", "RuntimeError"),
        ("background_works_again", "counting", None),
        ("background_failing", "counting", "RuntimeError"),
    ]
    assert "the database is away" in lines[0]["exception"]


def test_work_that_says_that_there_is_more_is_done_at_once_again_and_stops_in_between() -> None:
    work = Counted()

    def piecemeal() -> bool:
        work()
        return work.times < 5 or work.times > 10

    repeating = Repeating("counting", piecemeal, every=LONG)
    repeating.start()
    assert work.reached(5)
    assert not work.reached_soon(6)
    work.times = 10
    repeating.wake()
    assert work.reached(20)
    repeating.stop()
    done = work.times

    assert not work.reached_soon(done + 1)
