"""Tests for periodic background tasks: they continue after a failure, and log the first failure and the recovery."""

import json
import threading
import time
from collections.abc import Iterator
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

    def wait_for_runs(self, count: int) -> bool:
        with self._done:
            return self._done.wait_for(lambda: self.run_count >= count, timeout=TIMEOUT_SECONDS)

    def has_runs_soon(self, count: int) -> bool:
        with self._done:
            return self._done.wait_for(lambda: self.run_count >= count, timeout=0.1)


@contextmanager
def running(work: CountingWork, *, interval: float) -> Iterator[PeriodicTask]:
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

    with running(work, interval=LONG_INTERVAL) as task:
        for count in range(1, 5):
            assert work.wait_for_runs(count)
            task.wake()
        assert work.wait_for_runs(5)


def test_wake_during_a_run_starts_another_run() -> None:
    started, proceed = threading.Event(), threading.Event()
    runs: list[None] = []
    ran_twice = threading.Event()

    def work() -> None:
        runs.append(None)
        started.set()
        assert proceed.wait(TIMEOUT_SECONDS)
        if len(runs) == 2:
            ran_twice.set()

    task = PeriodicTask("counting", work, interval=LONG_INTERVAL)
    task.start()
    assert started.wait(TIMEOUT_SECONDS)
    task.wake()
    proceed.set()

    assert ran_twice.wait(TIMEOUT_SECONDS)
    task.stop()


def test_stop_ends_the_thread_immediately() -> None:
    work = CountingWork()
    with running(work, interval=LONG_INTERVAL) as task:
        assert work.wait_for_runs(1)
        started = time.monotonic()
        task.stop()
        assert time.monotonic() - started < 1

    task.wake()
    assert work.run_count == 1
    assert "counting" not in {thread.name for thread in threading.enumerate()}


def test_stop_waits_for_a_stuck_run_until_the_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.core.background.STOP_TIMEOUT_SECONDS", 0.1)
    started, proceed = threading.Event(), threading.Event()

    def work() -> None:
        started.set()
        proceed.wait(TIMEOUT_SECONDS)

    task = PeriodicTask("stuck", work, interval=LONG_INTERVAL)
    task.start()
    assert started.wait(TIMEOUT_SECONDS)
    stop_started = time.monotonic()

    task.stop()

    assert 0.1 <= time.monotonic() - stop_started < 1
    proceed.set()


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

    task = PeriodicTask("counting", work_in_parts, interval=LONG_INTERVAL)
    task.start()
    assert work.wait_for_runs(5)
    assert not work.has_runs_soon(6)
    work.run_count = 10
    task.wake()
    assert work.wait_for_runs(20)
    task.stop()
    final_count = work.run_count

    assert not work.has_runs_soon(final_count + 1)
