"""Fixtures for journey tests: a stopped clock, a shared service, and members who have started a 21-day journey."""

from collections.abc import Iterator

import pytest
import time_machine
from sqlalchemy import URL
from time_machine import Traveller

from tests.conftest import Backend
from tests.factories.results import running_service
from tests.factories.runs import MORNING, RunClient
from tests.factories.services import Service


@pytest.fixture(scope="module")
def site(backend: Backend, sample_template: URL) -> Iterator[Service]:
    with running_service(backend, sample_template) as service:
        yield service


@pytest.fixture
def clock() -> Iterator[Traveller]:
    with time_machine.travel(MORNING, tick=False) as clock:
        yield clock


@pytest.fixture
def client(site: Service, clock: Traveller) -> RunClient:
    """Return a client of a member who consented to storing notes and starts a journey today."""
    return RunClient.create(site, clock)


@pytest.fixture(scope="module")
def readonly_client(site: Service) -> RunClient:
    """Return a client shared by tests that change neither the journey nor the clock."""
    with time_machine.travel(MORNING, tick=False) as clock:
        return RunClient.create(site, clock)


@pytest.fixture
def reminder_client(site: Service, clock: Traveller) -> RunClient:
    """Return a client of a member who starts a journey today, with a reminder at 19:30."""
    client = RunClient.create(site, clock, consents=False)
    client.update_run(reminder_time="19:30")
    return client
