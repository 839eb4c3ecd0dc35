"""Short versions of the trials under load: database faults, shutdown and backup."""

from functools import partial

import pytest

from bench.client.journey_members import add_walkers
from trials.backup import run_round
from trials.disconnects import disconnecting_clients
from trials.environment import Environment
from trials.faults import Fault, run_faults, running_server, sqlite_file_locked
from trials.stopping import run_stop
from trials.writers import create_writers

pytestmark = pytest.mark.trial

FAULT_SECONDS = 3.3  # longer than the time limit of responses
CLIENTS = 9  # more than the connections of the pool


def test_database_fault_returns_503_and_loses_no_write(environment: Environment) -> None:
    writers = create_writers(environment.database_url, CLIENTS, environment.random)
    members = add_walkers(environment.database_url, 5, completed=0)
    faults: dict[str, Fault] = {"file locked": partial(sqlite_file_locked, environment.database_url)}
    if postgresql := environment.postgresql:
        faults = {"killed": postgresql.killed, "frozen": postgresql.frozen}
    with running_server(environment) as server:
        run_faults(environment, server.url, faults, writers, seconds=FAULT_SECONDS, seconds_after=1)
        assert not [check for check in environment.verdict.checks if check.details.startswith("0 of")]  # without effect
        hang_ups: dict[str, Fault] = {"disconnects": partial(disconnecting_clients, server.url, members)}
        run_faults(environment, server.url, hang_ups, writers, seconds=0, seconds_after=1)

    assert environment.verdict.failed == []


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)  # the database doesn't affect the shutdown
def test_stop_under_load_fails_no_request(environment: Environment) -> None:
    run_stop(environment)

    assert environment.verdict.failed == []
    assert len(environment.verdict.checks) == 4


def test_backup_round_under_load_passes_all_checks(environment: Environment) -> None:
    run_round(environment)

    assert environment.verdict.failed == []
    assert len(environment.verdict.checks) == 6
