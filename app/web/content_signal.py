"""Says when served content changes: a release was loaded, or something fell due."""

import threading
from collections.abc import Callable
from datetime import datetime

import structlog

from app.core import releases
from app.core.clock import utc_now
from app.core.database import Database
from app.core.releases import Release

log = structlog.get_logger("app.content")

INTERVAL = 1.0  # seconds between two looks, and until something that failed is tried again


class ContentSignal:
    """Looks at the newest release once a second, in a thread; has things rebuilt from it in another.

    `turn` is raised with every change, and again when what was rebuilt is in place; whoever keeps something made
    from content compares it. While the database is away it stands still: what was kept stays good, for nothing better
    can be had.
    """

    def __init__(
        self, database: Database, *, rebuild: Callable[[], None], clock: Callable[[], datetime] = utc_now
    ) -> None:
        self.turn = 0
        self._database = database
        self._rebuild = rebuild
        self._clock = clock
        self._release: Release | None = None
        self._due = 0
        self._outdated = threading.Event()
        self._stopping = threading.Event()
        self._looking = threading.Lock()
        self._turning = threading.Lock()
        self._rebuilding = threading.Lock()
        self._failing: set[str] = set()
        self._threads = [
            threading.Thread(target=self._watch, name="content-watch", daemon=True),
            threading.Thread(target=self._keep_up, name="content-rebuild", daemon=True),
        ]

    def now(self) -> tuple[int, int]:
        """What the content is at this moment: alike before and after means that it stayed so."""
        release = self._release
        return self.turn, release.due_by(self._clock()) if release else 0

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._outdated.set()
        for thread in self._threads:
            thread.join(timeout=5)

    def look(self) -> None:
        """One look at the newest release and the clock."""
        with self._looking:
            release = self._release
            with self._database.content.connect() as connection:
                newest = releases.latest_id(connection)
                if release is None or newest != release.id:
                    release = releases.read(connection, newest)
            due = release.due_by(self._clock())
            if release is not self._release:
                self._outdated.set()
            elif due == self._due:
                return
            self._release, self._due = release, due
            self._raise_turn()

    def catch_up(self) -> None:
        """Rebuild if a release came since the last time; the turn is raised once that is in place."""
        with self._rebuilding:
            if not self._outdated.is_set():
                return
            self._outdated.clear()
            try:
                self._rebuild()
            except BaseException:
                self._outdated.set()
                raise
            self._raise_turn()

    def _raise_turn(self) -> None:
        with self._turning:
            self.turn += 1

    def _watch(self) -> None:
        while not self._stopping.is_set():
            self._try(self.look)
            self._stopping.wait(INTERVAL)

    def _keep_up(self) -> None:
        while self._outdated.wait() and not self._stopping.is_set():
            if not self._try(self.catch_up):
                self._stopping.wait(INTERVAL)

    def _try(self, work: Callable[[], None]) -> bool:
        """Whether it worked. What fails is told once, and that it works again."""
        name = work.__name__
        try:
            work()
        except Exception as error:
            if name not in self._failing:
                log.warning("content_not_watched", work=name, error=type(error).__name__, exc_info=True)
            self._failing.add(name)
            return False
        if name in self._failing:
            log.info("content_watched_again", work=name)
        self._failing.discard(name)
        return True
