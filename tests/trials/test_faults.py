"""Short version of the fault trial, a long-running reliability check, with brief database faults."""

from functools import partial
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL

from bench.client.journey_members import add_walkers
from tests.conftest import Backend
from trials.disconnects import run_hang_ups, running_application
from trials.faults import (
    Fault,
    check_connections_released,
    create_client_groups,
    run_fault,
    running_server,
    sqlite_file_locked,
)
from trials.postgresql import FaultyPostgresql
from trials.verdict import Verdict

FAULT_SECONDS = 3.3  # longer than the time limit of responses


@pytest.fixture
def database_url(backend: Backend, shipped_template: URL) -> str:
    url = backend.create(shipped_template).set(drivername=shipped_template.get_backend_name())
    database_url = url.render_as_string(hide_password=False)
    if url.get_backend_name() == "postgresql":  # the test server has no durable commits
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(f'ALTER DATABASE "{url.database}" SET synchronous_commit = on'.encode())
    return database_url


def test_database_fault_returns_503_and_loses_no_write(database_url: str, tmp_path: Path) -> None:
    faults: dict[str, tuple[Fault, float]] = {"file locked": (partial(sqlite_file_locked, database_url), FAULT_SECONDS)}
    if database_url.startswith("postgresql"):
        database = FaultyPostgresql(database_url)
        faults = {"stopped": (partial(database.stopped, "immediate"), 0.5), "frozen": (database.frozen, FAULT_SECONDS)}
    verdict = Verdict()
    groups = create_client_groups(database_url, members_per_client=2)
    with running_server(tmp_path, database_url) as server:
        for name, (fault, seconds) in faults.items():
            traffic = run_fault(
                verdict, name, server.url, groups, fault, seconds=seconds, seconds_before=0.5, seconds_after=1.0
            )
            assert any(response.is_unavailable for response in traffic.member_responses), name
            if database_url.startswith("postgresql"):
                check_connections_released(verdict, name, FaultyPostgresql(database_url))

    assert verdict.failed == []


def test_disconnecting_clients_release_all_resources(database_url: str, tmp_path: Path) -> None:
    verdict = Verdict()
    members = add_walkers(database_url, 10, completed=0)
    with running_application(database_url, tmp_path) as (app, port):
        run_hang_ups(verdict, app, port, members)

    assert verdict.failed == []
