"""A clock that stands still until a test moves it, and a service that a whole file of tests shares."""

from collections.abc import Iterator

import pytest
import time_machine
from sqlalchemy import URL
from time_machine import Traveller

from tests.conftest import Backend
from tests.factories.results import serving
from tests.factories.runs import MORNING, Walker
from tests.factories.services import Service


@pytest.fixture(scope="module")
def site(backend: Backend, furnished: URL) -> Iterator[Service]:
    with serving(backend, furnished) as service:
        yield service


@pytest.fixture
def clock() -> Iterator[Traveller]:
    with time_machine.travel(MORNING, tick=False) as clock:
        yield clock


@pytest.fixture
def walker(site: Service, clock: Traveller) -> Walker:
    """Somebody who agreed to notes being kept, and begins a daily run today."""
    return Walker.of(site, clock)


@pytest.fixture(scope="module")
def resident(site: Service) -> Walker:
    """Likewise, for tests that leave nothing behind, and don't move the clock."""
    with time_machine.travel(MORNING, tick=False) as clock:
        return Walker.of(site, clock)


@pytest.fixture
def reminded(site: Service, clock: Traveller) -> Walker:
    """Somebody with a daily run from today, who is reminded at half past seven in the evening."""
    walker = Walker.of(site, clock, agrees=False)
    walker.modify(reminder_time="19:30")
    return walker
