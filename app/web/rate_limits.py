"""How much one network address may ask of this process in a minute, how much hard work is done at once, and how soon
an answer comes.

Counted in memory, for each process alone: it keeps a flood out. Guesses at passwords are counted in the database
(`accounts/credentials/login_throttle.py`).
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

from app.core.errors import TooMany, Unavailable
from app.core.networks import network_of
from app.core.settings import Settings
from app.web.problems import is_away


class Busy(Unavailable):
    code = "busy"
    says = "Many people are signing in just now. Please try again in a moment."


# hook: limits MemoryStorage.timer
class Swept(Timer):
    """Passes for the timer by which a storage forgets what is over. It would start a thread of its own every hundredth
    of a second, and each time the event loop would wait for that.
    """

    def is_alive(self) -> bool:
        return True


class RateLimits:
    """The three limits of the settings: registrations, sign-ins, and requests of every kind. `sweep` forgets what is
    over; it is to be called now and then.
    """

    def __init__(self, settings: Settings) -> None:
        storage = MemoryStorage()
        self._forget = storage.timer.function
        storage.timer = Swept(0, self._forget)
        self._limiter = SlidingWindowCounterRateLimiter(storage)
        self._items = {
            "registrations": RateLimitItemPerMinute(settings.registrations_a_minute, namespace="registrations"),
            "sign_ins": RateLimitItemPerMinute(settings.sign_ins_a_minute, namespace="sign_ins"),
            "requests": RateLimitItemPerMinute(settings.requests_a_minute, namespace="requests"),
        }

    def sweep(self) -> None:
        with suppress(KeyError):  # forgotten meanwhile, by a request
            self._forget()

    def count(self, name: str, network: str) -> None:
        """Raises TooMany."""
        item = self._items[name]
        if not self._limiter.hit(item, network):
            reset = self._limiter.get_window_stats(item, network).reset_time
            raise TooMany(retry_after=round(reset - time.time()) + 1)


class PasswordCapacity:
    """So many at once; so many more may wait their turn, without holding a thread; who comes on top is told so. When
    one of them finds the database away, so would those who have waited since before: they are told at once.
    """

    def __init__(self, *, at_once: int, waiting: int) -> None:
        self._limiter = CapacityLimiter(at_once)
        self._waiting = waiting
        self._away_at = -inf

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Raises Busy, and Unavailable."""
        came_at = time.monotonic()
        statistics = self._limiter.statistics()
        if statistics.borrowed_tokens >= statistics.total_tokens and statistics.tasks_waiting >= self._waiting:
            raise Busy
        async with self._limiter:
            if came_at < self._away_at:
                raise Unavailable
            try:
                yield
            except Exception as error:
                if isinstance(error, Unavailable) or is_away(error):
                    self._away_at = time.monotonic()
                raise


def limited(name: str) -> Callable[[Request], Coroutine[Any, Any, None]]:
    """A dependency that counts a request by the limit of this name."""

    async def count(request: Request) -> None:
        limits: RateLimits = request.app.state.services.web.limits
        limits.count(name, network_of(request.client and request.client.host))

    return count


async def password_place(request: Request) -> AsyncIterator[None]:
    """A place among the requests that hash a password; it is kept until the reply is made."""
    capacity: PasswordCapacity = request.app.state.services.web.passwords
    async with capacity.place():
        yield


async def uniform_time(request: Request) -> AsyncIterator[None]:
    """Lets the answer come when a while is over, or a second one, and so on: its time doesn't tell what was done.

    To be named before what is not to be held meanwhile.
    """
    settings: Settings = request.app.state.services.web.settings
    while_ = settings.min_answer_milliseconds / 1000
    begun = time.monotonic()
    try:
        yield
    finally:
        await sleep(while_ - (time.monotonic() - begun) % while_ if while_ else 0)
