"""Fixture for journey content tests: a directory with a valid journey."""

from pathlib import Path

import pytest

from tests.factories.journeys import write_journey


@pytest.fixture
def path(content_dir: Path) -> Path:
    """Create a valid journey and return its directory."""
    return write_journey(content_dir)
