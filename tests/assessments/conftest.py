"""Services that a whole file of tests shares."""

from collections.abc import Iterator

import pytest
from sqlalchemy import URL

from tests.conftest import Backend
from tests.factories.results import Desk, serving, serving_shipped
from tests.factories.services import Service


@pytest.fixture(scope="module")
def site(backend: Backend, empty: URL) -> Iterator[Service]:
    """With the content that is shipped."""
    with serving_shipped(backend, empty) as service:
        yield service


@pytest.fixture(scope="module")
def desk(backend: Backend, furnished: URL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """With questionnaires that a test publishes."""
    with serving(backend, furnished) as service:
        yield Desk.of(service, tmp_path_factory.mktemp("desk"))
