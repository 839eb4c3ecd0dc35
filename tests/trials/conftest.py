"""A database with the shipped content for the short versions of the trials."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL

from bench.servers.processes import Sandbox
from tests.conftest import Backend
from trials.environment import Environment
from trials.verdict import Verdict


@pytest.fixture
def environment(backend: Backend, shipped_template: URL, tmp_path: Path) -> Iterator[Environment]:
    created: list[URL] = []

    def create(template: URL | None = None) -> str:
        url = backend.create(template)
        created.append(url)
        return url.set(drivername=url.get_backend_name()).render_as_string(hide_password=False)

    database_url = create(shipped_template)
    if created[0].get_backend_name() == "postgresql":  # the test server has no durable commits
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(f'ALTER DATABASE "{created[0].database}" SET synchronous_commit = on'.encode())
    yield Environment("test", Sandbox(tmp_path), database_url, Verdict(), lambda _name: create())
    for url in created:
        backend.drop(url)
