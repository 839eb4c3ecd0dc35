"""Tests for rate limits in memory: `sweep` removes expired counts, without a timer thread."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from limits.storage import MemoryStorage

from app.core.errors import TooManyRequests
from app.web.rate_limits import RateLimits
from tests.conftest import settings_for
from tests.factories.addresses import unreachable_database_url

NETWORK = "192.0.2.1"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> MemoryStorage:
    """Return the storage that the rate limits use."""
    storage = MemoryStorage()
    storage.timer.join()
    monkeypatch.setattr("app.web.rate_limits.MemoryStorage", lambda: storage)
    return storage


@pytest.fixture
def limits(storage: MemoryStorage) -> RateLimits:
    return RateLimits(settings_for(unreachable_database_url(), sign_ins_a_minute=2))


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def timer_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]


def test_third_hit_in_a_minute_raises_too_many(limits: RateLimits, clock: time_machine.Traveller) -> None:
    for _ in range(2):
        limits.count("sign_ins", NETWORK)

    with pytest.raises(TooManyRequests):
        limits.count("sign_ins", NETWORK)

    clock.shift(timedelta(minutes=3))
    limits.count("sign_ins", NETWORK)


def test_hits_start_no_timer_thread(limits: RateLimits) -> None:
    for number in range(5):
        limits.count("requests", f"192.0.2.{number}")
        assert timer_threads() == []
        time.sleep(0.02)


def test_sweep_removes_expired_counts_only(
    limits: RateLimits, storage: MemoryStorage, clock: time_machine.Traveller
) -> None:
    limits.count("requests", "192.0.2.1")
    clock.shift(timedelta(minutes=5))
    limits.count("requests", "192.0.2.2")

    limits.sweep()

    assert len(storage.storage) == 1
    assert all("192.0.2.2" in key for key in storage.storage)
