"""Fixtures for tests of personal data: a stopped clock."""

from collections.abc import Iterator

import pytest
import time_machine
from time_machine import Traveller

from tests.factories.runs import MORNING


@pytest.fixture
def clock() -> Iterator[Traveller]:
    with time_machine.travel(MORNING, tick=False) as clock:
        yield clock
