"""Detection of changes to public content, so that cached responses can be discarded."""

import threading
from collections.abc import Callable
from datetime import datetime

from app.core.background import PeriodicTask
from app.core.db.database import Database
from app.core.timestamps import utc_now
from app.web.cache import releases
from app.web.cache.releases import Release

INTERVAL_SECONDS = 1.0  # between polls, and before a retry after a failure


class ReleaseWatcher:
    """Polls for changes of public content, and rebuilds the search index in another thread.

    Content changes when a new release is loaded, or when an item reaches its publication time. `version` increases with
    every change and rebuild, so that caches can detect stale entries. It does not change while the database is
    unavailable, so cached content is still served.
    """

    def __init__(
        self, database: Database, *, rebuild: Callable[[], None], clock: Callable[[], datetime] = utc_now
    ) -> None:
        self.version = 0
        self._database = database
        self._rebuild = rebuild
        self._clock = clock
        self._release: Release | None = None
        self._due_count = 0
        self._outdated = threading.Event()
        self._poll_lock = threading.Lock()
        self._version_lock = threading.Lock()
        self._rebuild_lock = threading.Lock()
        self._poll_task = PeriodicTask("content-watch", self.poll, interval=INTERVAL_SECONDS)
        self._rebuild_task = PeriodicTask("content-rebuild", self.rebuild_if_outdated, interval=INTERVAL_SECONDS)

    def state(self) -> tuple[int, int]:
        """Return the version and the number of publication times that have passed.

        If two states are equal, the content has not changed between them.
        """
        release = self._release
        return self.version, release.count_due(self._clock()) if release else 0

    def start(self) -> None:
        self._poll_task.start()
        self._rebuild_task.start()

    def stop(self) -> None:
        self._poll_task.stop()
        self._rebuild_task.stop()

    def poll(self) -> None:
        """Check whether new content was loaded or a publication time has passed."""
        with self._poll_lock:
            release = self._release
            with self._database.autocommit() as session:
                newest_id = releases.newest_release_id(session)
                if release is None or newest_id != release.id:
                    release = releases.load_release(session, newest_id)
            due_count = release.count_due(self._clock())
            if release is not self._release:
                self._outdated.set()
                self._rebuild_task.wake()
            elif due_count == self._due_count:
                return
            self._release, self._due_count = release, due_count
            self._increment_version()

    def rebuild_if_outdated(self) -> None:
        """Rebuild the search index if new content was loaded, and increase `version`."""
        with self._rebuild_lock:
            if not self._outdated.is_set():
                return
            self._outdated.clear()
            try:
                self._rebuild()
            except BaseException:
                self._outdated.set()
                raise
            self._increment_version()

    def _increment_version(self) -> None:
        with self._version_lock:
            self.version += 1
