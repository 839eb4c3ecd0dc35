"""How long the database is waited for: as long as whoever opened it said, and in a request no longer than that has left
(docs/decisions/frozen.md).
"""

import math
import time
from contextvars import Context, ContextVar

OF_ONE = 0.9  # of a request's seconds, for a statement: a server that is well acts first, and the connection stays

# It goes along into the threads that do a request's work.
_until: ContextVar[float] = ContextVar("until", default=math.inf)


def begin_request(seconds: float) -> None:
    """From now on it may wait for so long: for everything that it waits for, one after the other."""
    _until.set(time.monotonic() + seconds)


def begin_work_for(context: Context) -> None:
    """Wait no longer than the request could whose context it is."""
    _until.set(context.get(_until, math.inf))


def left(patience: float) -> float:
    """Seconds to wait for what is needed next."""
    return max(0.0, min(patience, _until.get() - time.monotonic()))
