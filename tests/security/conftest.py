from collections.abc import Iterator

import pytest
from sqlalchemy import URL

from tests.conftest import Backend, settings_for
from tests.factories.services import Service

NO_LIMIT = 1_000_000
WITHOUT_LIMITS = {
    "registrations_a_minute": NO_LIMIT,
    "sign_ins_a_minute": NO_LIMIT,
    "requests_a_minute": NO_LIMIT,
    "guesses_free": NO_LIMIT,
    "account_guesses": NO_LIMIT,
    "network_guesses": NO_LIMIT,
    "mails_an_hour": NO_LIMIT,
    "mails_a_day": NO_LIMIT,
    "max_body_bytes": 4 * 1024 * 1024,
    "max_sync_bytes": 4 * 1024 * 1024,
}

# For tests of requests that are rejected before they use the database, and of headers that middleware adds.
ON_SQLITE_ONLY = pytest.mark.parametrize("backend", ["sqlite"], indirect=True, scope="session")


@pytest.fixture(scope="module")
def unlimited_service(backend: Backend, sample_template: URL) -> Iterator[Service]:
    """Run a service without rate limits, shared by the tests of a module."""
    url = backend.create(sample_template)
    service = Service.create(settings_for(url, **WITHOUT_LIMITS))
    with service.client:
        yield service
    service.database.close()
    backend.drop(url)
