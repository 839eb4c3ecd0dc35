"""Periodic background tasks, each in its own thread."""

import threading
from collections.abc import Callable
from typing import Any

import structlog

log = structlog.get_logger("app.background")

STOP_TIMEOUT_SECONDS = 5.0  # maximum wait at shutdown for a task that is running


class PeriodicTask:
    """Run `work` in a thread every `interval` seconds, or earlier after `wake()`.

    If `work` returns True, it runs again immediately. Of several consecutive failures, only the first is logged. The
    next success is logged as a recovery.
    """

    def __init__(self, name: str, work: Callable[[], Any], *, interval: float) -> None:
        self._name = name
        self._work = work
        self._interval = interval
        self._woken = threading.Event()
        self._stopping = False
        self._failing = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._woken.set()

    def stop(self) -> None:
        self._stopping = True
        self._woken.set()
        self._thread.join(timeout=STOP_TIMEOUT_SECONDS)

    def _run(self) -> None:
        while not self._stopping:
            self._woken.clear()
            if self._run_once() is not True and not self._stopping:
                self._woken.wait(self._interval)

    def _run_once(self) -> object:
        """Run the work once. Return its result, or None if it raised an exception."""
        try:
            result = self._work()
        except Exception as error:
            if not self._failing:
                log.warning("background_task_failed", task=self._name, error=type(error).__name__, exc_info=True)
            self._failing = True
            return None
        if self._failing:
            log.info("background_task_recovered", task=self._name)
        self._failing = False
        return result
