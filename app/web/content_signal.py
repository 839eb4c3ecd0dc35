"""Says when served content changes: a release was loaded, or something fell due."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from app.core import releases
from app.core.database import Database

log = structlog.get_logger("app.content")

INTERVAL = 1.0  # seconds between two looks


def utc_now() -> datetime:
    return datetime.now(UTC)


class ContentSignal:
    """Looks at the newest release once a second, in a thread of its own.

    `turn` is raised with every change; whoever keeps something made from content compares it. While the
    database is away it stands still: what was kept stays good, for nothing better can be had.
    """

    def __init__(self, database: Database, *, clock: Callable[[], datetime] = utc_now) -> None:
        self.turn = 0
        self._database = database
        self._clock = clock
        self._release = releases.NOTHING
        self._due = 0
        self._failing = False
        self._rebuilds: list[Callable[[], None]] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="content-signal", daemon=True)

    def on_release(self, rebuild: Callable[[], None]) -> None:
        """Have something rebuilt from each new release, on the watching thread."""
        self._rebuilds.append(rebuild)

    def now(self) -> tuple[int, int]:
        """What the content is at this moment: alike before and after means that it stayed so."""
        return self.turn, self._release.due_by(self._clock())

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def look(self) -> None:
        """One look. The turn is raised before a rebuild too: what is made meanwhile is made again after it."""
        release = self._release
        with self._database.content.connect() as connection:
            newest = releases.latest_id(connection)
            if newest != release.id:
                release = releases.read(connection, newest)
        due = release.due_by(self._clock())
        if release is not self._release:
            self.turn += 1
            for rebuild in self._rebuilds:
                rebuild()
        elif due == self._due:
            return
        self._release = release
        self._due = due
        self.turn += 1

    def _watch(self) -> None:
        while not self._stopping.is_set():
            try:
                self.look()
                if self._failing:
                    log.info("content_watched_again")
                self._failing = False
            except Exception as error:  # noqa: BLE001 - whatever it is, the next look may succeed
                if not self._failing:
                    log.warning("content_not_watched", error=type(error).__name__)
                self._failing = True
            self._stopping.wait(INTERVAL)
