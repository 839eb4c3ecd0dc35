"""How long the database is waited for: as long as whoever opened it said, and in a request no longer than that has left
(docs/decisions/frozen.md).
"""

import math
import time
from contextvars import Context, ContextVar

OF_REQUESTS = 2.2  # seconds for everything that one of them waits for, one after the other

# It goes along into the threads that do a request's work.
_until: ContextVar[float] = ContextVar("until", default=math.inf)


def begin_request() -> None:
    """From now on."""
    _until.set(time.monotonic() + OF_REQUESTS)


def begin_work_for(context: Context) -> None:
    """Wait no longer than the request could whose context it is."""
    _until.set(context.get(_until, math.inf))


def left(patience: float) -> float:
    """Seconds to wait for what is needed next."""
    return max(0.0, min(patience, _until.get() - time.monotonic()))
