"""Work that a process does beside answering: again and again, in a thread of its own."""

import threading
from collections.abc import Callable
from typing import Any

import structlog

log = structlog.get_logger("app.background")

STOPPING = 5.0  # seconds that a piece of work may take to end when the process does


class Repeating:
    """Runs work every so many seconds, at once when woken, and at once again while it says that there is more (True).

    What fails is told once, and that it works again.
    """

    def __init__(self, name: str, work: Callable[[], Any], *, every: float) -> None:
        self._name = name
        self._work = work
        self._every = every
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
        self._thread.join(timeout=STOPPING)

    def _run(self) -> None:
        while not self._stopping:
            self._woken.clear()
            if self._try() is not True and not self._stopping:
                self._woken.wait(self._every)

    def _try(self) -> object:
        """What the work said, if it said anything."""
        try:
            said = self._work()
        except Exception as error:
            if not self._failing:
                log.warning("background_failing", work=self._name, error=type(error).__name__, exc_info=True)
            self._failing = True
            return None
        if self._failing:
            log.info("background_works_again", work=self._name)
        self._failing = False
        return said
