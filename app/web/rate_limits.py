"""Limits on requests and concurrent password hashing, and delays against timing attacks.

Requests are counted per client network in the memory of each process, as protection against floods. Failed sign-ins are
counted in the database (`accounts/credentials/login_throttle.py`).
"""

import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from math import inf
from threading import Timer
from typing import Any

from anyio import CapacityLimiter, sleep
from fastapi import Request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from app.core.errors import TooManyRequests, Unavailable
from app.core.networks import network_of
from app.core.settings import Settings
from app.web.problems import is_database_unavailable


class Busy(Unavailable):
    code = "busy"
    message = "Too many people are signing in at the moment. Please try again shortly."


# hook: limits MemoryStorage.timer
class ManualSweepTimer(Timer):
    """Disables the timer of the in-memory storage, which would start a thread every 10 milliseconds."""

    def is_alive(self) -> bool:
        return True


class RateLimits:
    """Limits requests per minute and client network: `registrations`, `sign_ins`, and all `requests`.

    Call `sweep` periodically to remove expired counts.
    """

    def __init__(self, settings: Settings) -> None:
        storage = MemoryStorage()
        self._remove_expired = storage.timer.function
        storage.timer = ManualSweepTimer(0, self._remove_expired)
        self._limiter = SlidingWindowCounterRateLimiter(storage)
        self._items = {
            "registrations": RateLimitItemPerMinute(settings.registrations_a_minute, namespace="registrations"),
            "sign_ins": RateLimitItemPerMinute(settings.sign_ins_a_minute, namespace="sign_ins"),
            "requests": RateLimitItemPerMinute(settings.requests_a_minute, namespace="requests"),
        }

    def sweep(self) -> None:
        """Remove expired counts from memory."""
        with suppress(KeyError):  # a concurrent request may have removed the entry
            self._remove_expired()

    def count(self, name: str, network: str) -> None:
        """Count a request from a network towards a limit. Raise TooManyRequests if the limit is exceeded."""
        item = self._items[name]
        if not self._limiter.hit(item, network):
            reset = self._limiter.get_window_stats(item, network).reset_time
            raise TooManyRequests(retry_after=round(reset - time.time()) + 1)


class PasswordCapacity:
    """Limits how many passwords are hashed at the same time. Waiting requests use no thread.

    If a request finds that the database is unavailable, all requests that were already waiting fail immediately.
    """

    def __init__(self, *, max_concurrent: int, max_waiting: int) -> None:
        self._limiter = CapacityLimiter(max_concurrent)
        self._max_waiting = max_waiting
        self._unavailable_at = -inf

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Wait for a free slot for hashing a password.

        Raise Busy if too many requests are waiting, or Unavailable if the database became unavailable during the wait.
        """
        arrived_at = time.monotonic()
        statistics = self._limiter.statistics()
        if statistics.borrowed_tokens >= statistics.total_tokens and statistics.tasks_waiting >= self._max_waiting:
            raise Busy
        async with self._limiter:
            if arrived_at < self._unavailable_at:
                raise Unavailable
            try:
                yield
            except Exception as error:
                if isinstance(error, Unavailable) or is_database_unavailable(error):
                    self._unavailable_at = time.monotonic()
                raise


def rate_limit(name: str) -> Callable[[Request], Coroutine[Any, Any, None]]:
    """Return a FastAPI dependency that counts each request towards the limit called `name`."""

    async def count(request: Request) -> None:
        limits: RateLimits = request.app.state.services.web.limits
        limits.count(name, network_of(request.client and request.client.host))

    return count


async def password_slot(request: Request) -> AsyncIterator[None]:
    """Reserve a slot for password hashing until the response is ready."""
    capacity: PasswordCapacity = request.app.state.services.web.passwords
    async with capacity.slot():
        yield


async def pad_response_time(request: Request) -> AsyncIterator[None]:
    """Delay the response to a multiple of a fixed interval, against timing attacks.

    The interval is the setting `min_answer_milliseconds`. Dependencies that are declared after this one are released
    before the delay.
    """
    settings: Settings = request.app.state.services.web.settings
    interval = settings.min_answer_milliseconds / 1000
    started_at = time.monotonic()
    try:
        yield
    finally:
        await sleep(interval - (time.monotonic() - started_at) % interval if interval else 0)
