"""Tests for periodic background tasks: they continue after a failure, and log the first failure and the recovery."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from app.core import logs
from app.core.background import PeriodicTask

TIMEOUT_SECONDS = 5.0
LONG_INTERVAL = 3600.0


class CountingWork:
    """Work that counts its runs, and raises an error while `broken` is set."""

    def __init__(self) -> None:
        self.run_count = 0
        self.broken = False
        self._done = threading.Condition()

    def __call__(self) -> None:
        with self._done:
            self.run_count += 1
            self._done.notify_all()
            if self.broken:
                raise RuntimeError("the database is unavailable")

    def wait_for_runs(self, count: int, *, timeout: float = TIMEOUT_SECONDS) -> bool:
        with self._done:
            return self._done.wait_for(lambda: self.run_count >= count, timeout=timeout)


class BlockingWork:
    """Work whose runs wait for the event `proceed`."""

    def __init__(self) -> None:
        self.started, self.proceed = threading.Semaphore(0), threading.Event()

    def __call__(self) -> None:
        self.started.release()
        self.proceed.wait(TIMEOUT_SECONDS)

    def wait_for_start(self) -> bool:
        return self.started.acquire(timeout=TIMEOUT_SECONDS)


@contextmanager
def running(work: Callable[[], object], *, interval: float = LONG_INTERVAL) -> Iterator[PeriodicTask]:
    task = PeriodicTask("counting", work, interval=interval)
    task.start()
    try:
        yield task
    finally:
        task.stop()


def test_task_runs_immediately_and_then_at_each_interval() -> None:
    work = CountingWork()
    started = time.monotonic()

    with running(work, interval=0.05):
        assert work.wait_for_runs(4)

    assert 0.15 <= time.monotonic() - started < TIMEOUT_SECONDS


def test_wake_starts_the_next_run_immediately() -> None:
    work = CountingWork()

    with running(work) as task:
        for count in range(1, 4):
            assert work.wait_for_runs(count)
            task.wake()
        assert work.wait_for_runs(4)


def test_wake_during_a_run_starts_another_run() -> None:
    work = BlockingWork()

    with running(work) as task:
        assert work.wait_for_start()
        task.wake()
        work.proceed.set()

        assert work.wait_for_start()


def test_stop_ends_the_thread_immediately() -> None:
    work = CountingWork()
    with running(work) as task:
        assert work.wait_for_runs(1)
        started = time.monotonic()
        task.stop()
        assert time.monotonic() - started < 1

    task.wake()
    assert work.run_count == 1
    assert "counting" not in {thread.name for thread in threading.enumerate()}


def test_stop_waits_for_a_stuck_run_until_the_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.background.STOP_TIMEOUT_SECONDS", 0.1)
    work = BlockingWork()
    with running(work) as task:
        assert work.wait_for_start()
        stop_started = time.monotonic()

        task.stop()

        assert 0.1 <= time.monotonic() - stop_started < 1
        work.proceed.set()


def test_first_failure_and_first_success_after_it_are_logged(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info")
    work = CountingWork()
    work.broken = True
    capsys.readouterr()
    with running(work, interval=0.01):
        assert work.wait_for_runs(3)
        work.broken = False
        assert work.wait_for_runs(work.run_count + 2)
        work.broken = True
        assert work.wait_for_runs(work.run_count + 2)

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["event"], line["task"], line.get("error")) for line in lines] == [
        ("background_task_failed", "counting", "RuntimeError"),
        ("background_task_recovered", "counting", None),
        ("background_task_failed", "counting", "RuntimeError"),
    ]
    assert "the database is unavailable" in lines[0]["exception"]


def test_run_that_returns_true_is_followed_immediately_by_another() -> None:
    work = CountingWork()

    def work_in_parts() -> bool:
        work()
        return work.run_count < 5 or work.run_count > 10

    with running(work_in_parts) as task:
        assert work.wait_for_runs(5)
        assert not work.wait_for_runs(6, timeout=0.1)
        work.run_count = 10
        task.wake()
        assert work.wait_for_runs(20)

    assert not work.wait_for_runs(work.run_count + 1, timeout=0.1)
