"""Says when served content changes: a release was loaded, or something fell due."""

import threading
from collections.abc import Callable
from datetime import datetime

from app.core.background import Repeating
from app.core.db.database import Database
from app.core.timestamps import utc_now
from app.web.cache import releases
from app.web.cache.releases import Release

INTERVAL = 1.0  # seconds between two looks, and until something that failed is tried again


class ReleaseWatcher:
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
        self._looking = threading.Lock()
        self._turning = threading.Lock()
        self._rebuilding = threading.Lock()
        self._watching = Repeating("content-watch", self.look, every=INTERVAL)
        self._keeping_up = Repeating("content-rebuild", self.catch_up, every=INTERVAL)

    def now(self) -> tuple[int, int]:
        """What the content is at this moment: alike before and after means that it stayed so."""
        release = self._release
        return self.turn, release.due_by(self._clock()) if release else 0

    def start(self) -> None:
        self._watching.start()
        self._keeping_up.start()

    def stop(self) -> None:
        self._watching.stop()
        self._keeping_up.stop()

    def look(self) -> None:
        """One look at the newest release and the clock."""
        with self._looking:
            release = self._release
            with self._database.reading() as session:
                newest = releases.latest_id(session)
                if release is None or newest != release.id:
                    release = releases.read(session, newest)
            due = release.due_by(self._clock())
            if release is not self._release:
                self._outdated.set()
                self._keeping_up.wake()
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
