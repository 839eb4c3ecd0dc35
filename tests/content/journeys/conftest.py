"""The folder of a good journey."""

from pathlib import Path

import pytest

from tests.factories.journeys import write_journey


@pytest.fixture
def path(folder: Path) -> Path:
    """The folder of a good journey."""
    return write_journey(folder)
