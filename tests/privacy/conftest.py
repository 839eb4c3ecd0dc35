"""Fixtures for tests of personal data: a stopped clock, and the commands for operators."""

from collections.abc import Callable, Iterator

import pytest
import time_machine
from time_machine import Traveller
from typer.testing import CliRunner, Result

from app.cli import app
from tests.conftest import TEST_KEYS
from tests.factories.runs import MORNING
from tests.factories.services import Service

Run = Callable[..., Result]


@pytest.fixture
def clock() -> Iterator[Traveller]:
    with time_machine.travel(MORNING, tick=False) as clock:
        yield clock


@pytest.fixture
def run(service: Service) -> Run:
    """Return a function that runs `twentyone accounts` on the service's database."""
    environment = {
        "TWENTYONE_DATABASE_URL": service.settings.database.render_as_string(hide_password=False),
        "TWENTYONE_KEYS": TEST_KEYS,
        "TWENTYONE_VAR_DIR": str(service.settings.var_dir),
        "COLUMNS": "200",
    }

    def invoke(*arguments: str, answer: str | None = None) -> Result:
        return CliRunner().invoke(app, ["accounts", *arguments], env=environment, input=answer)

    return invoke
