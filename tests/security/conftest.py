from collections.abc import Iterator

import pytest
from sqlalchemy import URL

from tests.conftest import Backend, settings_for
from tests.factories.services import Service

PLENTY = 1_000_000
ROOMY = {
    "registrations_a_minute": PLENTY,
    "sign_ins_a_minute": PLENTY,
    "requests_a_minute": PLENTY,
    "guesses_free": PLENTY,
    "network_guesses": PLENTY,
    "mails_an_hour": PLENTY,
    "max_body_bytes": 4 * 1024 * 1024,
    "max_sync_bytes": 4 * 1024 * 1024,
}


@pytest.fixture(scope="module")
def crowded(backend: Backend, furnished: URL) -> Iterator[Service]:
    """One service for a file of tests, without the limits that their many and long requests would meet."""
    url = backend.create(furnished)
    service = Service.of(settings_for(url, **ROOMY))
    with service.client:
        yield service
    service.database.close()
    backend.drop(url)
