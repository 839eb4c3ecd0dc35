"""The services that all parts of the `web` package share."""

from dataclasses import dataclass

from app.core.db.database import Database
from app.core.settings import Settings
from app.web.cache.release_watcher import ReleaseWatcher
from app.web.health import Readiness
from app.web.metrics import Metrics
from app.web.rate_limits import PasswordCapacity, RateLimits
from app.web.shutdown import Shutdown


@dataclass(frozen=True, slots=True)
class WebServices:
    settings: Settings
    database: Database
    watcher: ReleaseWatcher
    metrics: Metrics
    limits: RateLimits
    passwords: PasswordCapacity
    readiness: Readiness
    shutdown: Shutdown
